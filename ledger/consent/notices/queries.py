"""Reads of the library of notices. Its texts are impersonal: whoever signs in may read them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.consent.notices.models import NoticeText
from ledger.consent.notices.rules import Format
from ledger.core import blobs
from ledger.core.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """A text of a notice; the text itself is read by its digest."""

    id: str
    version: int
    language: str
    format: str
    organisation_id: UUID
    title: str
    digest: str
    authored_at: datetime
    retired_at: datetime | None


def notices(
    session: Session,
    *,
    retired: bool = False,
    notice_id: str | None = None,
    language: str | None = None,
    how: Format | None = None,
) -> tuple[NoticeView, ...]:
    """Return the texts of every notice, the newest version first; the retired only if asked.

    *notice_id*, *language* and *how* leave out all others.
    """
    row = NoticeText
    found = select(row).order_by(row.notice_id, row.version.desc(), row.language, row.format)
    if not retired:
        found = found.where(row.retired_at.is_(None))
    if notice_id is not None:
        found = found.where(row.notice_id == notice_id)
    if language is not None:
        found = found.where(row.language == language)
    if how is not None:
        found = found.where(row.format == how.value)
    return tuple(map(_view, session.scalars(found)))


def to_show(session: Session, notice_id: str, language: str, how: Format) -> NoticeView:
    """Return the newest version of a notice that is shown, in a language and a format.

    Raises:
        NotFound: there is none.
    """
    row = NoticeText
    found = session.scalar(
        select(row)
        .where(row.notice_id == notice_id, row.language == language, row.format == how.value)
        .where(row.retired_at.is_(None))
        .order_by(row.version.desc())
        .limit(1)
    )
    if found is None:
        raise NotFound("there is no such notice in that language and format")
    return _view(found)


def one(session: Session, notice_id: str, version: int, language: str, how: Format) -> NoticeView:
    """Return one text, retired or not.

    Raises:
        NotFound: there is none.
    """
    return _view(_row(session, notice_id, version, language, how))


def text_of(session: Session, notice_id: str, version: int, language: str, how: Format) -> str:
    """Return a text to the letter, retired or not.

    Raises:
        NotFound: there is none.
    """
    row = _row(session, notice_id, version, language, how)
    return blobs.read(session, row.digest).decode()


def _row(session: Session, notice_id: str, version: int, language: str, how: Format) -> NoticeText:
    row = session.get(NoticeText, (notice_id, version, language, how.value))
    if row is None:
        raise NotFound("there is no such notice in that language and format")
    return row


def _view(row: NoticeText) -> NoticeView:
    return NoticeView(
        id=row.notice_id,
        version=row.version,
        language=row.language,
        format=row.format,
        organisation_id=row.organisation_id,
        title=row.title,
        digest=row.digest,
        authored_at=row.authored_at,
        retired_at=row.retired_at,
    )
