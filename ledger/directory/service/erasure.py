"""Erasing somebody: their key is destroyed, and with it all that is private of them."""

from hashlib import sha256
from uuid import UUID

from sqlalchemy import select

from ledger.core.authority import Resource
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.privacy import PrivatePayload, SubjectKey
from ledger.core.work import UnitOfWork
from ledger.directory.entries import Erased
from ledger.directory.erasing import prepare
from ledger.directory.models import Membership, PatientLink, Person
from ledger.directory.service.held import of_patient, patient


def erase(work: UnitOfWork, *, patient_id: UUID) -> UUID | None:
    """Make everything private of a patient unreadable, for ever.

    The patient cannot be found any more. What was recorded stays in the log, under an id
    that leads to nobody; the receipts that people hold still verify. Whoever signs in only
    as this patient is erased with them; somebody who works here too stays who they are.
    What other areas have to do first is done first: see `ledger.directory.erasing`.
    Returns the person who was erased with the patient: the caller ends their way in.

    Raises:
        NotFound: there is no such patient, or they are erased already.
        Forbidden: the actor may not do that.
    """
    patient(work, patient_id)
    resource = of_patient(work, patient_id)
    work.authorise(Permission.PATIENT_ERASE, on=resource)
    prepare(work, patient_id)
    work.authorise(Permission.PATIENT_ERASE, on=resource)
    person_id = _only_this_patient(work, patient_id)
    _erase(work, patient_id=patient_id, person_id=person_id)
    return person_id


def erase_person(work: UnitOfWork, *, person_id: UUID) -> None:
    """Make the name and address of somebody who signed in unreadable, for ever.

    Raises:
        NotFound: there is no such person, or they are erased already.
        Forbidden: the actor may not do that.
    """
    person = work.load(Person, person_id)
    if person.erased_at is not None:
        raise NotFound("no such person")
    work.authorise(Permission.PATIENT_ERASE, on=Resource(person_id=person_id))
    _erase(work, patient_id=None, person_id=person_id)


def _erase(work: UnitOfWork, *, patient_id: UUID | None, person_id: UUID | None) -> None:
    entry_ids = work.session.scalars(
        select(PrivatePayload.entry_id)
        .join(SubjectKey, SubjectKey.id == PrivatePayload.key_id)
        .where(SubjectKey.subject_id.in_([each for each in (patient_id, person_id) if each]))
        .order_by(PrivatePayload.entry_id)
    ).all()
    work.record(
        Erased(
            patient_id=patient_id,
            person_id=person_id,
            private_parts=len(entry_ids),
            digest=sha256(b"".join(each.bytes for each in entry_ids)).digest(),
        )
    )


def _only_this_patient(work: UnitOfWork, patient_id: UUID) -> UUID | None:
    """Return the person who signs in as this patient and never had a role here."""
    found = select(PatientLink.person_id).where(PatientLink.patient_id == patient_id)
    person_id = work.session.scalar(found)
    if person_id is None or work.load(Person, person_id).erased_at is not None:
        return None
    member = select(Membership.id).where(Membership.person_id == person_id).limit(1)
    return None if work.session.scalar(member) else person_id
