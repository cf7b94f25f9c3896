"""What the messages area's entries change."""

from sqlalchemy.orm import Session

from audit import Record
from ledger.core.projection import Opened, projects
from ledger.messages.entries import Acknowledged
from ledger.messages.models import Acknowledgement


@projects(Acknowledged)
def acknowledged(session: Session, record: Record[Acknowledged], _opened: Opened) -> None:
    """The organisation has acted on it."""
    session.add(
        Acknowledgement(
            entry_id=record.entry.entry_id,
            organisation_id=record.entry.organisation_id,
            acknowledged_at=record.at,
            by_entry_id=record.id,
        )
    )
