"""Commands on patients: their record, how it is found, and whose sign-in leads to it."""

from datetime import date
from uuid import UUID

from sqlalchemy import select

from ledger.core import privacy
from ledger.core.authority import Resource
from ledger.core.errors import Conflict, NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.entries import (
    IDENTITY,
    Assurance,
    EndReason,
    Linked,
    PatientEnrolled,
    PatientLookedUp,
    PatientRegistered,
    Unlinked,
)
from ledger.directory.models import Enrolment, Patient, PatientLink, PatientLookup, Person
from ledger.directory.projection import fingerprints
from ledger.directory.queries.patients import patient_by_nhs_number
from ledger.directory.rules import nhs_number as numbers
from ledger.directory.rules.imports import Identity, check_identity
from ledger.directory.service.held import (
    installation,
    of_organisation,
    of_patient,
    unless_taken,
    visible_patient,
)
from ledger.directory.service.people import Invited, is_ours, register_for_link
from ledger.directory.succession.queries import must_stand


class IdentityMismatch(Conflict):
    """The NHS number is here, and belongs to somebody who was born on another day."""

    slug = "identity-mismatch"
    title = "The NHS number and the date of birth do not belong together"


class AlreadyLinked(Conflict):
    """A sign-in leads to one record, and a record has one sign-in."""

    slug = "sign-in-already-linked"
    title = "This is already linked"


def register_patient(work: UnitOfWork, *, organisation_id: UUID, identity: Identity) -> UUID:
    """Put a patient on an organisation's list, with a record if they have none. Returns its id.

    Raises:
        NotFound: there is no such organisation.
        Invalid: see `rules.imports.check_identity`.
        IdentityMismatch: the number is another person's, or the date of birth is wrong.
        OrganisationSucceeded: another organisation stands in its place.
    """
    founded = installation(work)
    work.authorise(Permission.PATIENT_REGISTER, on=of_organisation(work, organisation_id))
    must_stand(work, organisation_id, from_on=work.today, until_on=work.today)
    identity = check_identity(identity, today=work.today, demonstration=founded.demonstration)
    number, whole = fingerprints(identity.nhs_number, str(identity.date_of_birth))
    known = work.session.scalar(
        select(PatientLookup).where(PatientLookup.nhs_number_hmac == number)
    )
    if known is None:
        return record_registration(work, organisation_id=organisation_id, identity=identity)
    if known.identity_hmac != whole:
        raise IdentityMismatch("check the NHS number and the date of birth with the patient")
    if work.session.get(Enrolment, (known.subject_id, organisation_id)) is None:
        work.load(Patient, known.subject_id, to_change=False)
        work.record(PatientEnrolled(patient_id=known.subject_id, organisation_id=organisation_id))
    return known.subject_id


def record_registration(work: UnitOfWork, *, organisation_id: UUID, identity: Identity) -> UUID:
    """Record a new patient, whose identity is checked and known to be new. Returns their id."""
    patient_id = new_id()
    with unless_taken("registering a patient"):
        work.record(
            PatientRegistered(
                patient_id=patient_id,
                organisation_id=organisation_id,
                name=identity.name,
                date_of_birth=identity.date_of_birth,
                nhs_number=identity.nhs_number,
            )
        )
    return patient_id


def find_patient(work: UnitOfWork, *, nhs_number: str, date_of_birth: date) -> UUID | None:
    """Return who has this NHS number and was born on this day, and record that it was asked.

    None means that nobody here is that, or that the actor may not know of them: to the actor
    the two are the same, in words and in the time they take. The log keeps them apart.

    Raises:
        NotAnNhsNumber: it cannot be anybody's.
        Forbidden: the actor looks nobody up.
    """
    actor = work.actor
    organisations = {actor.organisation_id} if actor.organisation_id else set()
    work.authorise(Permission.PATIENT_FIND, on=Resource(organisation_ids=frozenset(organisations)))
    _, whole = fingerprints(numbers.parse(nhs_number), str(date_of_birth))
    patient_id = work.session.scalar(
        select(PatientLookup.subject_id).where(PatientLookup.identity_hmac == whole)
    )
    resource = of_patient(work, patient_id or new_id())
    answered = patient_id is not None and work.may(Permission.PATIENT_FIND, on=resource)
    work.record(PatientLookedUp(patient_id=patient_id, answered=answered))
    return patient_id if answered else None


def find_by_number(work: UnitOfWork, *, nhs_number: str) -> UUID | None:
    """Return who has this NHS number, if the actor may know of them; record that it was asked.

    For a search whose answer shows nothing else of the patient. None is as in `find_patient`.

    Raises:
        NotAnNhsNumber: it cannot be anybody's.
        Forbidden: the actor looks nobody up.
    """
    own = work.actor.organisation_id
    organisations = frozenset() if own is None else frozenset({own})
    work.authorise(Permission.PATIENT_FIND, on=Resource(organisation_ids=organisations))
    patient_id = patient_by_nhs_number(work.session, nhs_number)
    resource = of_patient(work, patient_id or new_id())
    answered = patient_id is not None and work.may(Permission.PATIENT_FIND, on=resource)
    work.record(PatientLookedUp(patient_id=patient_id, answered=answered))
    return patient_id if answered else None


def invite_patient(
    work: UnitOfWork, *, patient_id: UUID, email: str, assurance: Assurance
) -> Invited:
    """Link a patient's record to the sign-in of the person with this address.

    Raises:
        NotFound: there is no such patient, or the actor may not know of them.
        BadEmail: see `rules.names.email`.
        AlreadyLinked: the record, or the sign-in, is linked already.
    """
    resource = visible_patient(work, patient_id, Permission.PATIENT_LINK)
    work.authorise(Permission.PATIENT_LINK, on=resource, records=1)
    row = work.session.get_one(Patient, patient_id)
    identity = privacy.opened(work.session, [row.identity_entry_id])
    fields = identity[row.identity_entry_id][IDENTITY]
    if fields is None:
        raise NotFound("no such patient")
    person = register_for_link(work, name=fields["name"], email=email)
    ours = is_ours(work, person.id, work.actor.organisation_id)
    link(work, person_id=person.id, patient_id=patient_id, assurance=assurance)
    return Invited(person.id, None, ours and person.accepted_at is None)


def link(work: UnitOfWork, *, person_id: UUID, patient_id: UUID, assurance: Assurance) -> None:
    """Record that a person's sign-in is the patient's own. Nobody links themselves.

    Raises:
        NotFound: there is no such person or patient, or the actor may not know of them.
        AlreadyLinked: the record, or the sign-in, is linked already.
    """
    work.load(Person, person_id)
    resource = visible_patient(work, patient_id, Permission.PATIENT_LINK, person_id=person_id)
    work.authorise(Permission.PATIENT_LINK, on=resource)
    either = (PatientLink.person_id == person_id) | (PatientLink.patient_id == patient_id)
    if work.session.scalar(select(PatientLink.person_id).where(either).limit(1)) is not None:
        raise AlreadyLinked("a sign-in leads to one record: undo the other link first")
    with unless_taken("linking"):
        work.record(Linked(person_id=person_id, patient_id=patient_id, assurance=assurance))


def unlink(work: UnitOfWork, *, patient_id: UUID, reason: EndReason) -> None:
    """Record that a sign-in does not lead to a patient's record any more.

    Raises:
        NotFound: there is no such patient, or no link, or the actor may not know of them.
    """
    resource = visible_patient(work, patient_id, Permission.PATIENT_LINK)
    linked = select(PatientLink.person_id).where(PatientLink.patient_id == patient_id)
    person_id = work.session.scalar(linked)
    if person_id is None:
        raise NotFound("no sign-in is linked to this patient")
    work.load(Person, person_id)
    work.authorise(Permission.PATIENT_LINK, on=resource)
    work.record(Unlinked(person_id=person_id, patient_id=patient_id, reason=reason))
