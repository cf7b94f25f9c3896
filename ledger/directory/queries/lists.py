"""Who is at an organisation: ids alone, in their order, some at a time."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ledger.directory.models import Enrolment, Membership, Patient, Person
from ledger.directory.succession.queries import standing_ids


def listed_patients(
    session: Session, organisation_id: UUID, *, on: date, after: UUID | None, limit: int
) -> list[UUID]:
    """Return the patients on an organisation's list, or on those it stands for, by id."""
    here = Enrolment.organisation_id.in_(standing_ids(session, organisation_id, on))
    query = select(Enrolment.patient_id).join(Patient, Patient.id == Enrolment.patient_id)
    query = query.where(here, Patient.erased_at.is_(None)).distinct()
    if after is not None:
        query = query.where(Enrolment.patient_id > after)
    return list(session.scalars(query.order_by(Enrolment.patient_id).limit(limit)))


def people_at(
    session: Session, organisation_id: UUID, *, on: date, after: UUID | None, limit: int
) -> list[UUID]:
    """Return the people who have a role at an organisation on a day, by id."""
    query = (
        select(Membership.person_id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.organisation_id == organisation_id,
            Membership.from_on <= on,
            or_(Membership.until_on.is_(None), Membership.until_on >= on),
            Person.erased_at.is_(None),
        )
        .distinct()
    )
    if after is not None:
        query = query.where(Membership.person_id > after)
    return list(session.scalars(query.order_by(Membership.person_id).limit(limit)))


def on_list(
    session: Session, organisation_id: UUID, patient_ids: Collection[UUID]
) -> frozenset[UUID]:
    """Return those of *patient_ids* that an organisation has on its list, and are not erased."""
    found = (
        select(Enrolment.patient_id)
        .join(Patient, Patient.id == Enrolment.patient_id)
        .where(Enrolment.organisation_id.in_(standing_ids(session, organisation_id)))
        .where(Enrolment.patient_id.in_(set(patient_ids)), Patient.erased_at.is_(None))
    )
    return frozenset(session.scalars(found))
