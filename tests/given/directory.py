"""Organisations, people and patients for any test, made by the commands a user would call.

organisation()                    an organisation's id; the first one founds a demonstration
member(Role.CLINICIAN)            an Actor: somebody new with that role, somewhere new
member(Role.STEWARD, at=trust)    the same, at an organisation that is there
patient(at=trust)                 a patient's id, and the Actor who signs in as them
cared_for(patient_id, by=actor)   a care relationship by roster
"""

from datetime import date
from itertools import count
from uuid import UUID

from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.directory import queries, service
from ledger.directory.entries import Assurance
from ledger.directory.rules.imports import Identity
from ledger.directory.rules.nhs_number import check_digit
from ledger.directory.rules.organisations import OrganisationDetails, OrganisationKind
from ledger.directory.rules.periods import Period

SYSTEM = Actor.system("tests")

_numbers = count(1)


def nhs_number() -> str:
    """Return a number of the demonstration range that no other call returns."""
    while True:
        nine = f"999{next(_numbers):06}"
        check = check_digit(nine)
        if check is not None:
            return f"{nine}{check}"


def organisation(
    name: str = "", kind: OrganisationKind = OrganisationKind.TRUST, ods_code: str | None = None
) -> UUID:
    """Register an organisation; the first in a database hosts a demonstration."""
    number = next(_numbers)
    details = OrganisationDetails(
        name=name or f"Demonstration Trust {number}",
        kind=kind,
        ods_code=ods_code or f"DEM{number}",
    )
    founded = queries.installation(db.session()) is not None
    with unit_of_work(SYSTEM) as work:
        if founded:
            return service.register_organisation(work, details=details)
        return service.found(work, details=details, demonstration=True)


def member(role: Role, *, at: UUID | None = None, name: str = "") -> Actor:
    """Return somebody new who has accepted a role and acts in it."""
    number = next(_numbers)
    at = at or organisation()
    with unit_of_work(SYSTEM) as work:
        invited = service.invite(
            work,
            name=name or f"Person {number}",
            email=f"person.{number}@demonstration.example",
            organisation_id=at,
            role=role,
        )
        service.accept_invitation(work, person_id=invited.person_id)
    return queries.actor_for(db.session(), invited.person_id, invited.membership_id)


def another_role(actor: Actor, role: Role, *, at: UUID) -> Actor:
    """Give a person one role more; return them acting in it."""
    with unit_of_work(SYSTEM) as work:
        membership_id = service.give_role(work, person_id=actor.id, organisation_id=at, role=role)
    return queries.actor_for(db.session(), actor.id, membership_id)


def patient(
    *,
    at: UUID | None = None,
    number: str = "",
    name: str = "Iris Moss",
    born_on: date = date(1948, 3, 1),
) -> tuple[UUID, Actor]:
    """Return a new patient's id, and the person whose sign-in leads to their record."""
    at = at or organisation()
    identity = Identity(name=name, date_of_birth=born_on, nhs_number=number or nhs_number())
    with unit_of_work(SYSTEM) as work:
        patient_id = service.register_patient(work, organisation_id=at, identity=identity)
    email = f"patient.{next(_numbers)}@demonstration.example"
    with unit_of_work(member(Role.STEWARD, at=at)) as work:
        invited = service.invite_patient(
            work, patient_id=patient_id, email=email, assurance=Assurance.IN_PERSON
        )
    with unit_of_work(SYSTEM) as work:
        service.accept_invitation(work, person_id=invited.person_id)
    return patient_id, queries.actor_for(db.session(), invited.person_id, None)


def cared_for(patient_id: UUID, *, by: Actor, from_on: date | None = None) -> UUID:
    """Put the patient on a roster of the actor's organisation, for the actor alone."""
    assert by.organisation_id is not None
    identity = queries.patient_identities(db.session(), [patient_id])[patient_id]
    assert identity is not None
    today = clock.civil_date(clock.now())
    with unit_of_work(SYSTEM) as work:
        service.register_patient(work, organisation_id=by.organisation_id, identity=identity)
        return service.begin_care(
            work,
            patient_id=patient_id,
            organisation_id=by.organisation_id,
            person_id=by.id,
            period=Period(from_on or today),
        )
