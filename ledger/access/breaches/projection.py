"""What the entries about possible breaches change."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit import Record
from ledger.access.breaches.entries import (
    BreachSettled,
    BreachSuspected,
    BreachSuspectedV1,
)
from ledger.access.breaches.models import PossibleBreach
from ledger.core.projection import Opened, projects


@projects(BreachSuspected)
def suspected(session: Session, record: Record[BreachSuspected], _: Opened) -> None:
    """The clock runs."""
    _runs(session, record.entry, record.id, record.at)


@projects(BreachSuspectedV1)
def suspected_v1(session: Session, record: Record[BreachSuspectedV1], _: Opened) -> None:
    """As the version after it."""
    _runs(session, record.entry, record.id, record.at)


def _runs(
    session: Session, entry: BreachSuspected | BreachSuspectedV1, entry_id: UUID, at: datetime
) -> None:
    session.add(
        PossibleBreach(
            id=entry.breach_id,
            patient_id=entry.patient_id,
            consent_id=entry.consent_id,
            organisation_id=entry.organisation_id,
            decisions=entry.decisions,
            entry_id=entry_id,
            found_at=at,
            due_at=entry.due_at,
        )
    )


@projects(BreachSettled)
def settled(session: Session, record: Record[BreachSettled], _: Opened) -> None:
    """It is known what came of it."""
    row = session.get_one(PossibleBreach, record.entry.breach_id)
    row.settled_at, row.notified = record.at, record.entry.notified
