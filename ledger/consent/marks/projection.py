"""What marks change: the sealed row, and the number by which decisions know that."""

from uuid import UUID

from sqlalchemy.orm import Session

from audit import Record
from ledger.consent.marks.entries import MARK, HidingChosen, OptOutCarried, OptOutNoted
from ledger.consent.marks.models import PatientMark
from ledger.consent.projection import bump as count_change
from ledger.core.projection import Opened, projects


@projects(OptOutNoted)
def opt_out_noted(session: Session, record: Record[OptOutNoted], opened: Opened) -> None:
    """From now on they have opted out, or have not."""
    count_change(session, record.entry.patient_id, record.at)
    if fields := opened[MARK]:
        _row(session, record.entry.patient_id).opt_out_entry_id = (
            record.id if fields["opted_out"] else None
        )


@projects(OptOutCarried)
def opt_out_carried(session: Session, record: Record[OptOutCarried], opened: Opened) -> None:
    """They have opted out, whatever a copy of the register says."""
    count_change(session, record.entry.patient_id, record.at)
    if opened[MARK]:
        _row(session, record.entry.patient_id).carried_entry_id = record.id


@projects(HidingChosen)
def hiding_chosen(session: Session, record: Record[HidingChosen], opened: Opened) -> None:
    """From now on those who care are not told, or are again."""
    count_change(session, record.entry.patient_id, record.at)
    if fields := opened[MARK]:
        _row(session, record.entry.patient_id).hiding_entry_id = (
            record.id if fields["hidden"] else None
        )


def _row(session: Session, patient_id: UUID) -> PatientMark:
    row = session.get(PatientMark, patient_id)
    if row is None:
        row = PatientMark(
            subject_id=patient_id,
            opt_out_entry_id=None,
            carried_entry_id=None,
            hiding_entry_id=None,
        )
        session.add(row)
    return row
