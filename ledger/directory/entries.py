"""What the directory writes to the audit log. Whoever a person or a patient is, is private."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from audit import Entry, about, entry, private
from ledger.core.actor import Role
from ledger.directory.rules.organisations import OrganisationKind

IDENTITY = "identity"
"""The private group that says who somebody is."""


class Assurance(StrEnum):
    """How it was made sure that a sign-in is the patient's. Never rename one."""

    IN_PERSON = "in-person"
    """A member of staff saw the person and proof of who they are."""

    PROVIDER = "identity-provider"
    """The provider that the person signed in with vouches for the NHS number."""


class EndReason(StrEnum):
    """Why something is over before its day. Never rename one."""

    LEFT = "left"
    CHANGED_DUTIES = "changed-duties"
    DISCHARGED = "discharged"
    MISTAKE = "mistake"
    SECURITY = "security"


@entry("directory.installation-founded")
class InstallationFounded(Entry):
    """The service was set up, and by whom it is hosted.

    Attributes:
        demonstration: No real patient can be registered, and every page says so.
    """

    organisation_id: UUID = about("organisation")
    demonstration: bool


@entry("directory.organisation-registered")
class OrganisationRegistered(Entry):
    """An organisation was added to the directory. All of this is public.

    Attributes:
        parent_id: The trust that a site belongs to.
    """

    organisation_id: UUID = about("organisation")
    name: str
    organisation_kind: OrganisationKind
    ods_code: str | None
    parent_id: UUID | None = about("organisation")
    town: str | None
    postcode: str | None


@entry("directory.organisation-renamed")
class OrganisationRenamed(Entry):
    """An organisation has another name. Older entries keep the one that was true then."""

    organisation_id: UUID = about("organisation")
    name: str


@entry("directory.person-registered")
class PersonRegistered(Entry):
    """Somebody may sign in, once they have chosen how."""

    person_id: UUID = about("person")
    name: str | None = private(IDENTITY, of="person_id")
    email: str | None = private(IDENTITY, of="person_id")


@entry("directory.person-invited")
class PersonInvited(Entry):
    """A one-time invitation to choose how to sign in was made out to a person."""

    person_id: UUID = about("person")
    organisation_id: UUID = about("organisation")


@entry("directory.invitation-accepted")
class InvitationAccepted(Entry):
    """The person has chosen how they sign in."""

    person_id: UUID = about("person")


@entry("directory.role-given")
class RoleGiven(Entry):
    """A person has a role in an organisation, from one day to another, both included."""

    membership_id: UUID
    person_id: UUID = about("person")
    organisation_id: UUID = about("organisation")
    role: Role
    from_on: date
    until_on: date | None


@entry("directory.role-ended")
class RoleEnded(Entry):
    """A membership has another last day than before, or one at all."""

    membership_id: UUID
    person_id: UUID = about("person")
    organisation_id: UUID = about("organisation")
    until_on: date
    reason: EndReason


@entry("directory.patient-registered")
class PatientRegistered(Entry):
    """A patient has a record here, on the list of the organisation that registered them."""

    patient_id: UUID = about("patient")
    organisation_id: UUID = about("organisation")
    name: str | None = private(IDENTITY, of="patient_id")
    date_of_birth: date | None = private(IDENTITY, of="patient_id")
    nhs_number: str | None = private(IDENTITY, of="patient_id")


@entry("directory.number-changed")
class NumberChanged(Entry):
    """A patient is found by another NHS number from now on, and by the old one no more.

    The entry names neither number, and says nothing of the old one: whoever has that finds
    nobody. The record is the same, so this is for a number that was wrong or was replaced, not
    for an adoption or a change of gender, after which nobody may join the two.
    """

    patient_id: UUID = about("patient")
    name: str | None = private(IDENTITY, of="patient_id")
    date_of_birth: date | None = private(IDENTITY, of="patient_id")
    nhs_number: str | None = private(IDENTITY, of="patient_id")


@entry("directory.patient-enrolled")
class PatientEnrolled(Entry):
    """Another organisation has the patient on its list."""

    patient_id: UUID = about("patient")
    organisation_id: UUID = about("organisation")


@entry("directory.patient-looked-up")
class PatientLookedUp(Entry):
    """Somebody looked for a patient by NHS number and date of birth.

    Attributes:
        patient_id: Whom they named; None if nobody here is that.
        answered: Whether they were told. To them, absent and not allowed are the same.
    """

    patient_id: UUID | None = about("patient")
    answered: bool


@entry("directory.linked")
class Linked(Entry):
    """A person's sign-in was found to be the patient's own."""

    person_id: UUID = about("person")
    patient_id: UUID = about("patient")
    assurance: Assurance


@entry("directory.unlinked")
class Unlinked(Entry):
    """A person's sign-in does not lead to that record any more."""

    person_id: UUID = about("person")
    patient_id: UUID = about("patient")
    reason: EndReason


@entry("directory.erased")
class ErasedV1(Entry):
    """The key to a patient's or a person's data was destroyed, for ever.

    Attributes:
        person_id: Who was erased; with a patient, the one whose only link here was that.
        private_parts: How many private parts of entries can no longer be read.
        digest: SHA-256 of the ids of those entries, in order: it says which, in few bytes.
    """

    patient_id: UUID | None = about("patient")
    person_id: UUID | None = about("person")
    private_parts: int
    digest: bytes


@entry("directory.client-registered")
class ClientRegistered(Entry):
    """A program may ask for tokens, and act for an organisation with them.

    Attributes:
        scopes: The permissions that its tokens may be narrowed to.
        grants: How it may come by them (OAuth grant types).
        authentication: How it proves that it is itself.
    """

    client_id: UUID
    organisation_id: UUID = about("organisation")
    name: str
    scopes: tuple[str, ...]
    grants: tuple[str, ...]
    authentication: str


@entry("directory.client-closed")
class ClientClosed(Entry):
    """A program gets no tokens any more, and those it has end."""

    client_id: UUID
    organisation_id: UUID = about("organisation")
