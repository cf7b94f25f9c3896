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
    columns = (PatientMark.opted_out, PatientMark.hidden)
    mine = PatientMark.subject_id.in_(records_of(session, patient_id))
    rows = session.execute(select(*columns).where(mine)).all()
    if not rows:
        return NO_MARKS
    return Marks(any(row.opted_out for row in rows), any(row.hidden for row in rows))


def opted_out(session: Session) -> frozenset[UUID]:
    """Return every patient who has opted out, as far as a copy of the register said."""
    found = select(PatientMark.subject_id).where(PatientMark.opted_out.is_(True))
    return frozenset(session.scalars(found))
