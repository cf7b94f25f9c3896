"""What the entries about possible breaches change."""

from sqlalchemy.orm import Session

from audit import Record
from ledger.access.breaches.entries import BreachSettled, BreachSuspected
from ledger.access.breaches.models import PossibleBreach
from ledger.core.projection import Opened, projects


@projects(BreachSuspected)
def suspected(session: Session, record: Record[BreachSuspected], _: Opened) -> None:
    """The clock runs."""
    entry = record.entry
    session.add(
        PossibleBreach(
            id=entry.breach_id,
            patient_id=entry.patient_id,
            consent_id=entry.consent_id,
            organisation_id=entry.organisation_id,
            decisions=entry.decisions,
            entry_id=record.id,
            found_at=record.at,
            due_at=entry.due_at,
        )
    )


@projects(BreachSettled)
def settled(session: Session, record: Record[BreachSettled], _: Opened) -> None:
    """It is known what came of it."""
    row = session.get_one(PossibleBreach, record.entry.breach_id)
    row.settled_at, row.notified = record.at, record.entry.notified
