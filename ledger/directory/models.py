"""Tables of the directory. Only this package's own modules touch them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Enum, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.actor import Role
from ledger.core.db import Projected, Sealed
from ledger.directory.rules.care import CareSource, DeclaredReason
from ledger.directory.rules.names import NAME_MAX
from ledger.directory.rules.organisations import OrganisationKind
from ledger.directory.rules.periods import Period


def _words(kind: type) -> Enum:
    """The column type of one of our StrEnums: its value, as text."""
    return Enum(kind, native_enum=False, length=32, values_callable=lambda e: [m.value for m in e])


class Installation(Projected):
    """What was founded here. One row, of id 1, once there is any."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    host_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    demonstration: Mapped[bool]
    founded_at: Mapped[datetime]


class Organisation(Projected):
    """A body that can be party to something."""

    __tablename__ = "organisations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_MAX))
    kind: Mapped[OrganisationKind] = mapped_column(_words(OrganisationKind))
    ods_code: Mapped[str | None] = mapped_column(String(12), unique=True)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    town: Mapped[str | None] = mapped_column(String(NAME_MAX))
    postcode: Mapped[str | None] = mapped_column(String(8))
    registered_at: Mapped[datetime]


class Person(Projected):
    """Somebody who signs in.

    `version` counts the changes of what they may be: roles and teams. A decision names the
    version that it saw, and holds the row while it is recorded.
    """

    __tablename__ = "people"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    identity_entry_id: Mapped[UUID]
    """The entry whose private fields say who it is."""
    registered_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]


class PersonLookup(Sealed):
    """How a person is found by their e-mail address."""

    __tablename__ = "person_lookups"

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    email_hmac: Mapped[bytes] = mapped_column(LargeBinary, unique=True)


class Membership(Projected):
    """One role of one person in one organisation. Both days are included."""

    __tablename__ = "memberships"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    role: Mapped[Role] = mapped_column(_words(Role))
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    cut_by_succession: Mapped[bool]
    """Another organisation took the place of this one, and the role ended by that."""
    was_until_on: Mapped[date | None]
    """Its last day before that."""

    @property
    def period(self) -> Period:
        """Its days, as rules take them."""
        return Period(self.from_on, self.until_on)


class Patient(Projected):
    """The subject of a record. Nothing here says who it is.

    `care_version` counts the changes of who looks after them, as `Person.version` does.
    """

    __tablename__ = "patients"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    care_version: Mapped[int]
    identity_entry_id: Mapped[UUID]
    """The entry whose private fields say who it is."""
    registered_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    """From when nobody finds the record any more: see `ledger.directory.identity.restricted`."""

    @property
    def gone(self) -> bool:
        """Say whether to everybody who asks there is no such patient."""
        return self.erased_at is not None or self.closed_at is not None


class PatientLookup(Sealed):
    """How a patient is found: by NHS number alone, or with the date of birth."""

    __tablename__ = "patient_lookups"

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    nhs_number_hmac: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    identity_hmac: Mapped[bytes] = mapped_column(LargeBinary, index=True)


class Enrolment(Projected):
    """An organisation has a patient on its list."""

    __tablename__ = "enrolments"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(
        ForeignKey("organisations.id"), primary_key=True, index=True
    )


class PatientLink(Projected):
    """A person's sign-in is this patient's own. At most one of each."""

    __tablename__ = "patient_links"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), unique=True)
    linked_at: Mapped[datetime]


class Team(Projected):
    """Some people of one organisation who look after the same patients."""

    __tablename__ = "teams"
    __table_args__ = (UniqueConstraint("organisation_id", "name_key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    name: Mapped[str] = mapped_column(String(NAME_MAX))
    name_key: Mapped[str] = mapped_column(String(4 * NAME_MAX))
    """The name as it is compared: see `rules.names.key`, which may lengthen it."""


class TeamMembership(Projected):
    """A person is in a team. Both days are included."""

    __tablename__ = "team_memberships"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    from_on: Mapped[date]
    until_on: Mapped[date | None]

    @property
    def period(self) -> Period:
        """Its days, as rules take them."""
        return Period(self.from_on, self.until_on)


class Care(Projected):
    """Somebody looks after a patient. Both days are included."""

    __tablename__ = "care_relationships"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), index=True)
    source: Mapped[CareSource] = mapped_column(_words(CareSource))
    declared_reason: Mapped[DeclaredReason | None] = mapped_column(_words(DeclaredReason))
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    entry_id: Mapped[UUID]
    """The entry whose private fields hold the words of who declared it."""
    reviewed_at: Mapped[datetime | None]
    justified: Mapped[bool | None]
    """What the review of a declared relationship found; None before it."""

    @property
    def period(self) -> Period:
        """Its days, as rules take them."""
        return Period(self.from_on, self.until_on)
