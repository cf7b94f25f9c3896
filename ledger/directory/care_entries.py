"""What the directory writes about teams, and about who cares for whom."""

from datetime import date
from uuid import UUID

from audit import Entry, about, entry, private
from ledger.directory.entries import EndReason
from ledger.directory.rules.care import DeclaredReason


@entry("directory.team-formed")
class TeamFormed(Entry):
    """An organisation has a team."""

    team_id: UUID
    organisation_id: UUID = about("organisation")
    name: str


@entry("directory.team-joined")
class TeamJoined(Entry):
    """A person is in a team, from one day to another, both included."""

    team_membership_id: UUID
    team_id: UUID
    organisation_id: UUID = about("organisation")
    person_id: UUID = about("person")
    from_on: date
    until_on: date | None


@entry("directory.team-left")
class TeamLeft(Entry):
    """A person is in a team only until that day."""

    team_membership_id: UUID
    organisation_id: UUID = about("organisation")
    person_id: UUID = about("person")
    until_on: date
    reason: EndReason


@entry("directory.care-began")
class CareBegan(Entry):
    """By a roster, a person, a team or a whole organisation looks after a patient."""

    relationship_id: UUID
    patient_id: UUID = about("patient")
    organisation_id: UUID = about("organisation")
    team_id: UUID | None
    person_id: UUID | None = about("person")
    from_on: date
    until_on: date | None


@entry("directory.care-declared")
class CareDeclared(Entry):
    """Somebody who is on no roster said that they care for the patient, and why.

    Attributes:
        words: In their own words. Private, as it may say what ails the patient.
    """

    relationship_id: UUID
    patient_id: UUID = about("patient")
    organisation_id: UUID = about("organisation")
    person_id: UUID = about("person")
    from_on: date
    until_on: date
    reason: DeclaredReason
    words: str | None = private("words", of="patient_id")


@entry("directory.care-declaration-reviewed")
class CareDeclarationReviewed(Entry):
    """Somebody other than who declared it looked at a declared care relationship."""

    relationship_id: UUID
    patient_id: UUID = about("patient")
    organisation_id: UUID = about("organisation")
    person_id: UUID = about("person")
    justified: bool
    finding: str | None = private("finding", of="patient_id")


@entry("directory.care-ended")
class CareEnded(Entry):
    """A care relationship has another last day than before, or one at all."""

    relationship_id: UUID
    patient_id: UUID = about("patient")
    organisation_id: UUID = about("organisation")
    until_on: date
    reason: EndReason
