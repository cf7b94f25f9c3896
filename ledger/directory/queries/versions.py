"""The versions of what a decision saw, of many patients and people: each is one statement."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.core.among import among
from ledger.directory.models import Patient, Person


@dataclass(frozen=True, slots=True)
class Versions:
    """Versions by id, as this transaction sees them. Who is not there, or erased, is left out."""

    rosters: dict[UUID, int]
    people: dict[UUID, int]


ROSTERS: Final = select(Patient.id, Patient.care_version.label("version")).where(
    among(Patient.id, "patient_ids"), Patient.erased_at.is_(None), Patient.closed_at.is_(None)
)
"""(id, version) of the roster of each patient of ``patient_ids``."""
PEOPLE: Final = select(Person.id, Person.version).where(
    among(Person.id, "person_ids"), Person.erased_at.is_(None)
)
"""(id, version) of what each person of ``person_ids`` may be."""


def versions(
    session: Session, *, patient_ids: Iterable[UUID], person_ids: Iterable[UUID]
) -> Versions:
    """Return the versions of rosters and of what people may be."""
    connection = session.connection()
    rosters = connection.execute(ROSTERS, {"patient_ids": list(set(patient_ids))})
    people = connection.execute(PEOPLE, {"person_ids": list(set(person_ids))})
    return Versions(
        {row.id: row.version for row in rosters}, {row.id: row.version for row in people}
    )
