"""Reads of patients. Who they are is opened here and nowhere else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.core import privacy
from ledger.directory.entries import IDENTITY
from ledger.directory.identity.queries import records_of, root_of
from ledger.directory.models import Enrolment, Patient, PatientLink, PatientLookup
from ledger.directory.rules import nhs_number as numbers
from ledger.directory.rules.imports import Identity
from ledger.directory.succession.queries import standing_ids

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class PatientRow:
    """A patient on an organisation's list; None for who is erased."""

    id: UUID
    identity: Identity | None


def patient_exists(session: Session, patient_id: UUID) -> bool:
    """Say whether there is such a patient, not erased."""
    row = session.get(Patient, patient_id)
    return row is not None and not row.gone


def patient_by_nhs_number(session: Session, nhs_number: str) -> UUID | None:
    """Return who has an NHS number; of several records of one patient, the surviving one.

    For imports and decisions, which are recorded, never to answer a person who asks.

    Raises:
        NotAnNhsNumber: it cannot be anybody's.
    """
    number = privacy.lookup_hmac("nhs-number", numbers.parse(nhs_number))
    found = select(PatientLookup.subject_id).where(PatientLookup.nhs_number_hmac == number)
    patient_id = session.scalar(found)
    return None if patient_id is None else root_of(session, patient_id)


def patients_by_nhs_numbers(session: Session, nhs_numbers: Iterable[str]) -> dict[str, UUID]:
    """Return who has each of many NHS numbers, well-formed ones; nobody's are left out.

    For imports, as `patient_by_nhs_number`.
    """
    found: dict[str, UUID] = {}
    wanted = sorted(nhs_numbers)
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        prints = {privacy.lookup_hmac("nhs-number", number): number for number in some}
        row = PatientLookup
        query = select(row.nhs_number_hmac, row.subject_id).where(row.nhs_number_hmac.in_(prints))
        found |= {prints[each.nhs_number_hmac]: each.subject_id for each in session.execute(query)}
    return found


def every_patient(session: Session) -> frozenset[UUID]:
    """Return everybody who is found by an NHS number."""
    return frozenset(session.scalars(select(PatientLookup.subject_id)))


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
    found = select(PatientLink.patient_id).where(PatientLink.person_id == person_id)
    patient_id = session.scalar(found)
    return None if patient_id is None else root_of(session, patient_id)


def linked_person(session: Session, patient_id: UUID) -> UUID | None:
    """Return whose sign-in leads to a patient's record."""
    mine = PatientLink.patient_id.in_(records_of(session, patient_id))
    found = select(PatientLink.person_id).where(mine).order_by(PatientLink.linked_at)
    return session.scalar(found.limit(1))


def _identity(fields: dict[str, str] | None) -> Identity | None:
    if fields is None:
        return None
    return Identity(
        name=fields["name"],
        date_of_birth=date.fromisoformat(fields["date_of_birth"]),
        nhs_number=fields["nhs_number"],
    )
