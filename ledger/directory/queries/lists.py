"""Whose list a patient is on."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.directory.models import Enrolment, Patient
from ledger.directory.succession.queries import standing_ids


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
