"""The versions of what a decision saw, of many patients and people in two statements."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.orm import Session

from ledger.directory.models import Patient, Person


@dataclass(frozen=True, slots=True)
class Versions:
    """Versions by id, as this transaction sees them. Who is not there, or erased, is left out."""

    rosters: dict[UUID, int]
    people: dict[UUID, int]


# Made once and run past the ORM: every group of decisions asks.
_IDS: Final = bindparam("ids", type_=Uuid(), expanding=True)
_ROSTERS = select(Patient.id, Patient.care_version).where(
    Patient.id.in_(_IDS), Patient.erased_at.is_(None)
)
_PEOPLE = select(Person.id, Person.version).where(Person.id.in_(_IDS), Person.erased_at.is_(None))


def versions(
    session: Session, *, patient_ids: Iterable[UUID], person_ids: Iterable[UUID]
) -> Versions:
    """Return the versions of rosters and of what people may be."""
    connection = session.connection()
    patients, people = list(set(patient_ids)), list(set(person_ids))
    rosters = connection.execute(_ROSTERS, {"ids": patients}).all() if patients else ()
    persons = connection.execute(_PEOPLE, {"ids": people}).all() if people else ()
    return Versions(
        {row.id: row.care_version for row in rosters}, {row.id: row.version for row in persons}
    )
