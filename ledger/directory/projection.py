"""What the directory's entries change."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from audit import Record
from ledger.core import privacy
from ledger.core.projection import Opened, changes_nothing, projects
from ledger.directory import entries as facts
from ledger.directory.models import (
    Enrolment,
    Installation,
    Membership,
    Organisation,
    Patient,
    PatientLink,
    PatientLookup,
    Person,
    PersonLookup,
)
from ledger.directory.succession.models import OrganisationName


def fingerprints(nhs_number: str, date_of_birth: str) -> tuple[bytes, bytes]:
    """Return the keyed HMACs of an NHS number alone and with an (ISO) date of birth."""
    alone = privacy.lookup_hmac("nhs-number", nhs_number)
    return alone, privacy.lookup_hmac("nhs-number+born", f"{nhs_number} {date_of_birth}")


@projects(facts.InstallationFounded)
def founded(session: Session, record: Record[facts.InstallationFounded], _: Opened) -> None:
    """There is an installation."""
    entry = record.entry
    session.add(
        Installation(
            id=1,
            host_id=entry.organisation_id,
            demonstration=entry.demonstration,
            founded_at=record.at,
        )
    )


@projects(facts.OrganisationRegistered)
def organisation(session: Session, record: Record[facts.OrganisationRegistered], _: Opened) -> None:
    """There is one organisation more."""
    entry = record.entry
    session.add(
        Organisation(
            id=entry.organisation_id,
            name=entry.name,
            kind=entry.organisation_kind,
            ods_code=entry.ods_code,
            parent_id=entry.parent_id,
            town=entry.town,
            postcode=entry.postcode,
            registered_at=record.at,
        )
    )
    session.flush()  # The name refers to it.
    _named(session, record, entry.organisation_id, entry.name)


@projects(facts.OrganisationRenamed)
def renamed(session: Session, record: Record[facts.OrganisationRenamed], _: Opened) -> None:
    """The organisation has another name from now on."""
    session.get_one(Organisation, record.entry.organisation_id).name = record.entry.name
    _named(session, record, record.entry.organisation_id, record.entry.name)


def _named(session: Session, record: Record[Any], organisation_id: UUID, name: str) -> None:
    session.add(
        OrganisationName(
            organisation_id=organisation_id, entry_id=record.id, name=name, from_at=record.at
        )
    )


@projects(facts.PersonRegistered)
def person(session: Session, record: Record[facts.PersonRegistered], opened: Opened) -> None:
    """There is one person more, who is found by their address."""
    entry = record.entry
    session.add(
        Person(
            id=entry.person_id,
            version=0,
            identity_entry_id=record.id,
            registered_at=record.at,
            accepted_at=None,
            erased_at=None,
        )
    )
    if identity := opened[facts.IDENTITY]:
        email = privacy.lookup_hmac("e-mail", identity["email"])
        session.add(PersonLookup(subject_id=entry.person_id, email_hmac=email))


changes_nothing(facts.PersonInvited, because="the invitation itself is kept where one signs in")


@projects(facts.InvitationAccepted)
def accepted(session: Session, record: Record[facts.InvitationAccepted], _: Opened) -> None:
    """The person can sign in, and is not invited again."""
    session.get_one(Person, record.entry.person_id).accepted_at = record.at


@projects(facts.RoleGiven)
def role_given(session: Session, record: Record[facts.RoleGiven], _: Opened) -> None:
    """The person has one membership more."""
    entry = record.entry
    session.add(
        Membership(
            id=entry.membership_id,
            person_id=entry.person_id,
            organisation_id=entry.organisation_id,
            role=entry.role,
            from_on=entry.from_on,
            until_on=entry.until_on,
            cut_by_succession=False,
            was_until_on=None,
        )
    )
    session.get_one(Person, entry.person_id).version += 1


@projects(facts.RoleEnded)
def role_ended(session: Session, record: Record[facts.RoleEnded], _: Opened) -> None:
    """The membership has that last day."""
    session.get_one(Membership, record.entry.membership_id).until_on = record.entry.until_on
    session.get_one(Person, record.entry.person_id).version += 1


@projects(facts.PatientRegistered)
def patient(session: Session, record: Record[facts.PatientRegistered], opened: Opened) -> None:
    """There is one patient more, who is found by NHS number and date of birth."""
    entry = record.entry
    session.add(
        Patient(
            id=entry.patient_id,
            care_version=0,
            identity_entry_id=record.id,
            registered_at=record.at,
            erased_at=None,
            closed_at=None,
        )
    )
    session.flush()  # The enrolment refers to it, and no relationship tells the ORM so.
    session.add(Enrolment(patient_id=entry.patient_id, organisation_id=entry.organisation_id))
    if identity := opened[facts.IDENTITY]:
        number, whole = fingerprints(identity["nhs_number"], str(identity["date_of_birth"]))
        session.add(
            PatientLookup(subject_id=entry.patient_id, nhs_number_hmac=number, identity_hmac=whole)
        )


@projects(facts.NumberChanged)
def number_changed(session: Session, record: Record[facts.NumberChanged], opened: Opened) -> None:
    """The patient is found by the new number alone; what led from the old one is deleted."""
    entry = record.entry
    row = session.get_one(Patient, entry.patient_id)
    row.identity_entry_id = record.id
    lookup = session.get(PatientLookup, entry.patient_id)
    if lookup is not None:
        session.delete(lookup)
        session.flush()
    if identity := opened[facts.IDENTITY]:
        number, whole = fingerprints(identity["nhs_number"], str(identity["date_of_birth"]))
        session.add(
            PatientLookup(subject_id=entry.patient_id, nhs_number_hmac=number, identity_hmac=whole)
        )


@projects(facts.PatientEnrolled)
def enrolled(session: Session, record: Record[facts.PatientEnrolled], _: Opened) -> None:
    """The patient is on one list more."""
    entry = record.entry
    session.add(Enrolment(patient_id=entry.patient_id, organisation_id=entry.organisation_id))


changes_nothing(
    facts.ClientRegistered, because="the client, with its secret, is kept where tokens are given"
)
changes_nothing(facts.ClientClosed, because="the client is kept where tokens are given")
changes_nothing(facts.PatientLookedUp, because="looking changes nothing; that it was done is kept")


@projects(facts.Linked)
def linked(session: Session, record: Record[facts.Linked], _: Opened) -> None:
    """The record is the person's own."""
    entry = record.entry
    session.add(
        PatientLink(person_id=entry.person_id, patient_id=entry.patient_id, linked_at=record.at)
    )
    session.get_one(Person, entry.person_id).version += 1


@projects(facts.Unlinked)
def unlinked(session: Session, record: Record[facts.Unlinked], _: Opened) -> None:
    """The record is not the person's own any more."""
    session.delete(session.get_one(PatientLink, record.entry.person_id))
    session.get_one(Person, record.entry.person_id).version += 1


@projects(facts.ErasedV1)
def erased(session: Session, record: Record[facts.ErasedV1], _: Opened) -> None:
    """Key and fingerprints are gone. Replaying a restored backup makes them go again."""
    entry = record.entry
    if entry.patient_id is not None:
        subject = session.get_one(Patient, entry.patient_id)
        subject.erased_at, subject.care_version = record.at, subject.care_version + 1
    if entry.person_id is not None:
        somebody = session.get_one(Person, entry.person_id)
        somebody.erased_at, somebody.version = record.at, somebody.version + 1
    session.flush()  # What follows writes other sorts of table.
    for subject_id in filter(None, (entry.patient_id, entry.person_id)):
        privacy.erase(session, subject_id)
