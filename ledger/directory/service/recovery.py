"""Commands by which a lost way to sign in is given back, and a provider's word is taken."""

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select

from ledger.core import privacy
from ledger.core.authority import Resource
from ledger.core.errors import Conflict, NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.entries import (
    IDENTITY,
    Assurance,
    InvitationAccepted,
    Linked,
    PersonRegistered,
)
from ledger.directory.models import Membership, PatientLink, PatientLookup, Person
from ledger.directory.projection import fingerprints
from ledger.directory.recovering import (
    RecoveryCodesMade,
    RecoveryIssued,
    RecoveryMeans,
    SignInRecovered,
)
from ledger.directory.rules import nhs_number as numbers
from ledger.directory.service.held import (
    of_organisation,
    patient,
    unless_taken,
    visible_patient,
)
from ledger.directory.service.patients import IdentityMismatch
from ledger.directory.service.people import is_ours

_NO_ADDRESS: Final = "provider.invalid"
"""Somebody whom a provider vouches for has no address here: this one reaches nobody (RFC 2606)."""


class NotYoursToRecover(Conflict):
    """The person signs in for others too, or is whoever asks."""

    slug = "not-yours-to-recover"
    title = "You cannot give this sign-in back"


def issue_recovery(work: UnitOfWork, *, person_id: UUID, organisation_id: UUID) -> None:
    """Record that somebody who signs in already gets a link to choose a password anew.

    Raises:
        NotFound: there is no such person at that organisation.
        NotYoursToRecover: it is oneself, or somebody who is here for others too, or somebody
            who has not taken up their invitation yet.
    """
    person = work.load(Person, person_id)
    work.authorise(Permission.PERSON_INVITE, on=of_organisation(work, organisation_id))
    member = select(Membership.id).where(
        Membership.person_id == person_id, Membership.organisation_id == organisation_id
    )
    if person.erased_at is not None or work.session.scalar(member.limit(1)) is None:
        raise NotFound("no such person")
    if work.actor.principal == f"person:{person_id}":
        raise NotYoursToRecover("somebody else gives you back your own sign-in")
    if person.accepted_at is None:
        raise NotYoursToRecover("they have not signed in yet: make them a new invitation")
    if not is_ours(work, person_id, organisation_id):
        raise NotYoursToRecover(
            "they are here for others too, so no one organisation can let somebody in as them; "
            "ask whoever runs the service"
        )
    work.record(RecoveryIssued(person_id=person_id, organisation_id=organisation_id))


def issue_patient_recovery(work: UnitOfWork, *, patient_id: UUID) -> UUID:
    """Record that a patient who was seen in person gets such a link. Returns whose sign-in it is.

    Raises:
        NotFound: there is no such patient, or no sign-in, or the actor may not know of them.
        NotYoursToRecover: the person is staff somewhere too, or has not signed in yet.
    """
    resource = visible_patient(work, patient_id, Permission.PATIENT_LINK)
    linked = select(PatientLink.person_id).where(PatientLink.patient_id == patient_id)
    person_id = work.session.scalar(linked)
    organisation_id = work.actor.organisation_id
    if person_id is None or organisation_id is None:
        raise NotFound("no sign-in is linked to this patient")
    person = work.load(Person, person_id)
    work.authorise(Permission.PATIENT_LINK, on=resource)
    if person.accepted_at is None:
        raise NotYoursToRecover("they have not signed in yet: their invitation still counts")
    staff = select(Membership.id).where(
        Membership.person_id == person_id,
        or_(Membership.until_on.is_(None), Membership.until_on >= work.today),
    )
    if work.session.scalar(staff.limit(1)) is not None:
        raise NotYoursToRecover("they work for an organisation too; ask whoever runs the service")
    work.record(RecoveryIssued(person_id=person_id, organisation_id=organisation_id))
    return person_id


def make_recovery_codes(work: UnitOfWork) -> None:
    """Record that whoever acts has new recovery codes."""
    person_id = work.actor.id
    work.load(Person, person_id, to_change=False)
    work.authorise(Permission.PROFILE_READ, on=Resource(person_id=person_id))
    work.record(RecoveryCodesMade(person_id=person_id))


def record_recovery(work: UnitOfWork, *, person_id: UUID, means: RecoveryMeans) -> None:
    """Record that somebody chose a password anew.

    Raises:
        NotFound: there is no such person.
    """
    person = work.load(Person, person_id, to_change=False)
    if person.erased_at is not None:
        raise NotFound("no such person")
    work.authorise(Permission.PERSON_INVITE, on=Resource(person_id=person_id))
    work.record(SignInRecovered(person_id=person_id, means=means))


def recognise_patient(work: UnitOfWork, *, nhs_number: str, date_of_birth: date | None) -> UUID:
    """Return the person whose own record has this number, which a provider vouches for.

    A record that nobody signs in to yet is linked with a new person. No e-mail address is
    taken from the provider: an address that is somebody's here already would make them one.

    Raises:
        NotAnNhsNumber: it cannot be anybody's.
        NotFound: no record here has it.
        IdentityMismatch: the record is of somebody born on another day.
    """
    number = numbers.parse(nhs_number)
    alone, whole = fingerprints(number, str(date_of_birth))
    known = work.session.scalar(select(PatientLookup).where(PatientLookup.nhs_number_hmac == alone))
    if known is None:
        raise NotFound("no record here has that number")
    if date_of_birth is not None and known.identity_hmac != whole:
        raise IdentityMismatch("the provider names another day of birth")
    patient_id = known.subject_id
    row = patient(work, patient_id)
    linked = select(PatientLink.person_id).where(PatientLink.patient_id == patient_id)
    person_id = work.session.scalar(linked)
    if person_id is not None:
        return person_id
    work.authorise(Permission.PATIENT_LINK, on=Resource(patient_id=patient_id), records=3)
    identity = privacy.opened(work.session, [row.identity_entry_id])
    fields = identity[row.identity_entry_id][IDENTITY]
    if fields is None:
        raise NotFound("no such patient")
    person_id = new_id()
    email = f"{person_id}@{_NO_ADDRESS}"
    with unless_taken("signing in for the first time"):
        work.record(PersonRegistered(person_id=person_id, name=fields["name"], email=email))
        work.record(InvitationAccepted(person_id=person_id))
        work.record(
            Linked(person_id=person_id, patient_id=patient_id, assurance=Assurance.PROVIDER)
        )
    return person_id
