"""What reported reads change."""

from sqlalchemy.orm import Session

from audit import Record
from ledger.access.reported.entries import ReadReported, ReadSettled
from ledger.access.reported.models import ReportedRead
from ledger.core.projection import Opened, projects


@projects(ReadReported)
def reported(session: Session, record: Record[ReadReported], _: Opened) -> None:
    """There is a read more to show, and perhaps to look at."""
    entry = record.entry
    session.add(
        ReportedRead(
            id=entry.read_id,
            entry_id=record.id,
            patient_id=entry.patient_id,
            organisation_id=entry.organisation_id,
            source_key=entry.source_key,
            person_id=entry.person_id,
            read_at=entry.read_at,
            received_at=record.at,
            action=entry.action,
            purpose=entry.purpose,
            decision_id=entry.decision_id,
            finding=entry.finding,
        )
    )


@projects(ReadSettled)
def settled(session: Session, record: Record[ReadSettled], _: Opened) -> None:
    """It waits for nobody any more."""
    row = session.get_one(ReportedRead, record.entry.read_id)
    row.settled_at = record.at
    row.justified = record.entry.justified
