"""Commands on the library of notices."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ledger.consent.notices import entries as facts
from ledger.consent.notices.models import NoticeText
from ledger.consent.notices.rules import Format, NoticeRetired, NoticeThere, check
from ledger.core import blobs
from ledger.core.authority import Resource
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork

MEDIA_TYPE = "text/plain; charset=utf-8"


def author(
    work: UnitOfWork,
    *,
    notice_id: str,
    version: int,
    language: str,
    format: Format,  # noqa: A002 - what it is called everywhere
    title: str,
    text: str,
) -> UUID:
    """Keep a text of a notice: a new version, or the newest in another language or format.

    Returns:
        The id of the entry.

    Raises:
        NotFound: the notice is another organisation's.
        NoticeNotPossible, NoticeThere, NoticeRetired, Forbidden: see each.
    """
    texts = _texts(work, notice_id)
    own = _own(work, texts)
    work.authorise(Permission.NOTICE_KEEP, on=Resource(organisation_ids=frozenset({own})))
    newest = max((row.version for row in texts), default=0)
    check(
        notice_id=notice_id,
        version=version,
        newest=newest,
        language=language,
        title=title,
        text=text,
    )
    same = [row for row in texts if row.version == version]
    if any(row.retired_at is not None for row in same):
        raise NoticeRetired("write its next version")
    if any((row.language, row.format) == (language, format.value) for row in same):
        raise NoticeThere("a changed word is a new version")
    entry = facts.NoticeAuthored(
        organisation_id=own,
        notice_id=notice_id,
        number=version,
        language=language,
        format=format,
        title=title,
        digest=blobs.keep(work.session, text.encode(), MEDIA_TYPE),
    )
    try:
        return work.record(entry).id
    except IntegrityError as error:
        raise NoticeThere("somebody has just written it") from error


def retire(work: UnitOfWork, *, notice_id: str, version: int) -> UUID:
    """Have a version of a notice shown to nobody any more; return the id of the entry.

    Raises:
        NotFound: there is no such version, or it is another organisation's.
        NoticeRetired: it was retired before.
        Forbidden: the actor may not.
    """
    same = [row for row in _texts(work, notice_id) if row.version == version]
    if not same:
        raise NotFound("no such notice")
    own = _own(work, same)
    work.authorise(Permission.NOTICE_KEEP, on=Resource(organisation_ids=frozenset({own})))
    if same[0].retired_at is not None:
        raise NoticeRetired("it was retired before")
    entry = facts.NoticeRetired(organisation_id=own, notice_id=notice_id, number=version)
    return work.record(entry).id


def _texts(work: UnitOfWork, notice_id: str) -> Sequence[NoticeText]:
    """Return all texts of a notice, held until *work* ends."""
    found = select(NoticeText).where(NoticeText.notice_id == notice_id[:64])
    ordered = found.order_by(NoticeText.version, NoticeText.language, NoticeText.format)
    held = ordered.with_for_update().execution_options(populate_existing=True)
    return work.session.scalars(held).all()


def _own(work: UnitOfWork, texts: Sequence[NoticeText]) -> UUID:
    own = work.actor.organisation_id
    if own is None or any(row.organisation_id != own for row in texts):
        raise NotFound("no such notice")
    return own
