"""Reads of marks."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.consent.marks.models import PatientMark
from ledger.consent.queries.joined import records_of


@dataclass(frozen=True, slots=True)
class Marks:
    """What is known of a patient beside their consents; see the package."""

    opted_out: bool = False
    hidden: bool = False


NO_MARKS: Final = Marks()


def marks(session: Session, patient_id: UUID) -> Marks:
    """Return the marks of a patient. What is erased is not among them.

    Of several records of one patient the safer counts: what any of them is marked by.
    """
    row = PatientMark
    columns = (row.opt_out_entry_id, row.carried_entry_id, row.hiding_entry_id)
    mine = PatientMark.subject_id.in_(records_of(session, patient_id))
    rows = session.execute(select(*columns).where(mine)).all()
    if not rows:
        return NO_MARKS
    return Marks(
        any(row.opt_out_entry_id or row.carried_entry_id for row in rows),
        any(row.hiding_entry_id for row in rows),
    )


def opted_out(session: Session) -> frozenset[UUID]:
    """Return every patient who has opted out, as far as a copy of the register said."""
    found = select(PatientMark.subject_id).where(PatientMark.opt_out_entry_id.is_not(None))
    return frozenset(session.scalars(found))
