"""What the library's entries change."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Record
from ledger.consent.notices.entries import NoticeAuthored, NoticeRetired
from ledger.consent.notices.models import NoticeText
from ledger.core.projection import Opened, projects


@projects(NoticeAuthored)
def authored(session: Session, record: Record[NoticeAuthored], _: Opened) -> None:
    """There is a text more."""
    entry = record.entry
    session.add(
        NoticeText(
            notice_id=entry.notice_id,
            version=entry.number,
            language=entry.language,
            format=entry.format.value,
            organisation_id=entry.organisation_id,
            title=entry.title,
            digest=entry.digest,
            authored_at=record.at,
        )
    )


@projects(NoticeRetired)
def retired(session: Session, record: Record[NoticeRetired], _: Opened) -> None:
    """The version is shown to nobody any more."""
    row, entry = NoticeText, record.entry
    texts = select(row).where(row.notice_id == entry.notice_id, row.version == entry.number)
    for text in session.scalars(texts):
        text.retired_at = record.at
