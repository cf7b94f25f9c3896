"""Erasing somebody: their key is destroyed, and with it all that is private of them."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from ledger.core import blobs, destroying, privacy, retention
from ledger.core.authority import Resource
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory import erasing
from ledger.directory.identity.before import came_before
from ledger.directory.models import Membership, Patient, PatientLink, Person
from ledger.directory.queries import hold_records
from ledger.directory.retention import held
from ledger.directory.retention.entries import Erased, ErasureRefused
from ledger.directory.retention.rules import Held
from ledger.directory.service.held import of_patient


def erase(work: UnitOfWork, *, patient_id: UUID) -> UUID | None:
    """Make everything private of a patient unreadable, for ever, but what the law wants kept.

    All records that are one patient's are erased together, and those that were closed when
    one of them was begun anew: see `identity.restricted`.

    The patient cannot be found any more. What was recorded stays in the log, under an id
    that leads to nobody; the receipts that people hold still verify. Whoever signs in only
    as this patient is erased with them; somebody who works here too stays who they are.
    What other areas have to do first is done first, and what lets the person in ends: see
    `ledger.directory.erasing`. What is exempt (``policies/retention.csv``) is kept under a
    key of its own until its period is over. Returns the person who was erased with the patient.

    Raises:
        NotFound: there is no such patient, or they are erased already.
        Forbidden: the actor may not do that.
        Held: a retention hold stands; the attempt is recorded.
    """
    records = hold_records(work, patient_id, to_change=True)
    resource = of_patient(work, patient_id)
    work.authorise(Permission.PATIENT_ERASE, on=resource)
    people = {one: _only_this_patient(work, one) for one in sorted(records)}
    before = _closed_before(work, records)
    for record_id in before:
        _must_not_be_held(work, patient_id=record_id, person_id=None)
    for record_id, person_id in people.items():
        _must_not_be_held(work, patient_id=record_id, person_id=person_id)
    for record_id in people:
        erasing.prepare(work, record_id)
    for record_id, person_id in people.items():
        work.authorise(Permission.PATIENT_ERASE, on=resource)
        _erase(work, patient_id=record_id, person_id=person_id)
    for record_id in before:
        work.authorise(Permission.PATIENT_ERASE, on=resource)
        _erase(work, patient_id=record_id, person_id=None)
    return next((person_id for person_id in people.values() if person_id), None)


def erase_person(work: UnitOfWork, *, person_id: UUID) -> None:
    """Make the name and address of somebody who signed in unreadable, for ever; end their way in.

    Raises:
        NotFound: there is no such person, or they are erased already.
        Forbidden: the actor may not do that.
        Held: a retention hold stands; the attempt is recorded.
    """
    person = work.load(Person, person_id)
    if person.erased_at is not None:
        raise NotFound("no such person")
    work.authorise(Permission.PATIENT_ERASE, on=Resource(person_id=person_id))
    _must_not_be_held(work, patient_id=None, person_id=person_id)
    _erase(work, patient_id=None, person_id=person_id)


def _must_not_be_held(work: UnitOfWork, *, patient_id: UUID | None, person_id: UUID | None) -> None:
    found = held.standing(work.session, [each for each in (patient_id, person_id) if each])
    if not found:
        return
    refused = Held(hold.reason for hold in found)
    refused.fact = ErasureRefused(
        patient_id=patient_id,
        person_id=person_id,
        hold_ids=tuple(hold.id for hold in found),
        reasons=refused.reasons,
    )
    raise refused


def _erase(work: UnitOfWork, *, patient_id: UUID | None, person_id: UUID | None) -> None:
    subject_ids = [each for each in (patient_id, person_id) if each]
    for subject_id in subject_ids:
        privacy.hold_key(work.session, subject_id)
    parts = destroying.parts_of(work.session, subject_ids)
    gone, kept = held.reached(work.session, parts, retention.schedule(work.policy), work.today)
    work.record(
        Erased(
            patient_id=patient_id,
            person_id=person_id,
            parts=len(gone),
            kept=len(kept),
            list_sha256=blobs.keep(work.session, destroying.listing(gone), "text/plain"),
        )
    )
    if person_id is not None:
        erasing.forget_all(work.session, person_id)


def _closed_before(work: UnitOfWork, records: Collection[UUID]) -> list[UUID]:
    """Return the records, held, that these came after. What was agreed to there counts no more."""
    found = sorted(came_before(work.session, records))
    return [one for one in found if work.load(Patient, one).erased_at is None]


def _only_this_patient(work: UnitOfWork, patient_id: UUID) -> UUID | None:
    """Return the person who signs in as this patient and never had a role here."""
    found = select(PatientLink.person_id).where(PatientLink.patient_id == patient_id)
    person_id = work.session.scalar(found)
    if person_id is None or work.load(Person, person_id).erased_at is not None:
        return None
    member = select(Membership.id).where(Membership.person_id == person_id).limit(1)
    return None if work.session.scalar(member) else person_id
