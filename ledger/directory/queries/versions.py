"""The versions of what a decision saw, of many patients and people in two statements."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.directory.models import Patient, Person


@dataclass(frozen=True, slots=True)
class Versions:
    """Versions by id, as this transaction sees them. Who is not there, or erased, is left out."""

    rosters: dict[UUID, int]
    people: dict[UUID, int]


def versions(
    session: Session, *, patient_ids: Iterable[UUID], person_ids: Iterable[UUID]
) -> Versions:
    """Return the versions of rosters and of what people may be."""
    patients, people = set(patient_ids), set(person_ids)
    rosters = select(Patient.id, Patient.care_version).where(
        Patient.id.in_(patients), Patient.erased_at.is_(None)
    )
    persons = select(Person.id, Person.version).where(
        Person.id.in_(people), Person.erased_at.is_(None)
    )
    return Versions(
        {row.id: row.care_version for row in session.execute(rosters)} if patients else {},
        {row.id: row.version for row in session.execute(persons)} if people else {},
    )
