"""Reads of patients. Who they are is opened here and nowhere else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.core import privacy
from ledger.directory.entries import IDENTITY
from ledger.directory.models import Enrolment, Patient, PatientLink, PatientLookup
from ledger.directory.rules import nhs_number as numbers
from ledger.directory.rules.imports import Identity
from ledger.directory.succession.queries import standing_ids


@dataclass(frozen=True, slots=True)
class PatientRow:
    """A patient on an organisation's list; None for who is erased."""

    id: UUID
    identity: Identity | None


def patient_exists(session: Session, patient_id: UUID) -> bool:
    """Say whether there is such a patient, not erased."""
    row = session.get(Patient, patient_id)
    return row is not None and row.erased_at is None


def patient_by_nhs_number(session: Session, nhs_number: str) -> UUID | None:
    """Return who has an NHS number.

    For imports and decisions, which are recorded, never to answer a person who asks.

    Raises:
        NotAnNhsNumber: it cannot be anybody's.
    """
    number = privacy.lookup_hmac("nhs-number", numbers.parse(nhs_number))
    found = select(PatientLookup.subject_id).where(PatientLookup.nhs_number_hmac == number)
    return session.scalar(found)


def patient_identities(session: Session, ids: Iterable[UUID]) -> dict[UUID, Identity | None]:
    """Return who patients are, by their ids; None of who is erased. Strangers are left out."""
    wanted = select(Patient.id, Patient.identity_entry_id).where(Patient.id.in_(set(ids)))
    entry_ids = {row.id: row.identity_entry_id for row in session.execute(wanted)}
    opened = privacy.opened(session, entry_ids.values())
    return {
        patient_id: _identity(opened.get(entry_id, {}).get(IDENTITY))
        for patient_id, entry_id in entry_ids.items()
    }


def patients_of(
    session: Session, organisation_id: UUID, *, after: UUID | None = None, limit: int = 50
) -> list[PatientRow]:
    """Return the patients on an organisation's list, in the order in which they came."""
    query = (
        select(Enrolment.patient_id)
        .where(Enrolment.organisation_id.in_(standing_ids(session, organisation_id)))
        .distinct()  # On the list of both of two that became one.
        .order_by(Enrolment.patient_id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(Enrolment.patient_id > after)
    ids = session.scalars(query).all()
    identities = patient_identities(session, ids)
    return [PatientRow(patient_id, identities.get(patient_id)) for patient_id in ids]


def linked_patient(session: Session, person_id: UUID) -> UUID | None:
    """Return whose record a person's sign-in leads to."""
    return session.scalar(select(PatientLink.patient_id).where(PatientLink.person_id == person_id))


def linked_person(session: Session, patient_id: UUID) -> UUID | None:
    """Return whose sign-in leads to a patient's record."""
    return session.scalar(select(PatientLink.person_id).where(PatientLink.patient_id == patient_id))


def _identity(fields: dict[str, str] | None) -> Identity | None:
    if fields is None:
        return None
    return Identity(
        name=fields["name"],
        date_of_birth=date.fromisoformat(fields["date_of_birth"]),
        nhs_number=fields["nhs_number"],
    )
