"""Facts for tests of the core: the directory's, as the simplest that change state."""

from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ledger.core.actor import Actor, Role
from ledger.core.authority import Resource
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.directory.entries import OrganisationRegistered, PatientRegistered
from ledger.directory.rules.organisations import OrganisationKind

NAME = "Ada Lovelace-Example"
STEWARD = Actor.person(new_id(), roles=frozenset({Role.STEWARD}))


def registered(organisation_id: UUID | None = None) -> OrganisationRegistered:
    """A fact without anything private."""
    return OrganisationRegistered(
        organisation_id=organisation_id or new_id(),
        name="Northmoor Trust",
        organisation_kind=OrganisationKind.TRUST,
        ods_code=None,
        parent_id=None,
        town=None,
        postcode=None,
    )


def authorise(work: UnitOfWork, records: int = 1) -> None:
    """Authorise a steward for what these tests record."""
    work.authorise(Permission.ORGANISATION_REGISTER, on=Resource(), records=records)


def register_organisation() -> UUID:
    """Record one organisation by itself; return its id."""
    entry = registered()
    with unit_of_work(STEWARD) as work:
        authorise(work)
        work.record(entry)
    return entry.organisation_id


def register_patient(organisation_id: UUID, nhs_number: str = "9990000018") -> tuple[UUID, UUID]:
    """Record a patient, whose name is private; return their id and the entry's."""
    patient_id = new_id()
    with unit_of_work(STEWARD) as work:
        authorise(work)
        record = work.record(
            PatientRegistered(
                patient_id=patient_id,
                organisation_id=organisation_id,
                name=NAME,
                date_of_birth=date(1980, 12, 10),
                nhs_number=nhs_number,
            )
        )
    return patient_id, record.id


def count(session: Session, table: type) -> int:
    """Return how many rows there are."""
    return session.scalar(select(func.count()).select_from(table)) or 0
