"""What the audit log says of powers, capacity and death. Evidence, words and days are private."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from audit import Entry, about, entry, private
from ledger.directory.acting.basis import Basis
from ledger.directory.acting.rules import PowerEnd, PowerKind, Scope, SuspendReason

WORDS = "words"
"""The private group of what somebody wrote in their own words."""

DAY = "day"
"""The private group of the day of a death."""


class Capable(StrEnum):
    """What a clinician found. Never rename one."""

    HAS_CAPACITY = "has-capacity"
    LACKS_CAPACITY = "lacks-capacity"
    COMPETENT = "gillick-competent"
    NOT_COMPETENT = "not-gillick-competent"


@entry("directory.power-recorded")
class PowerRecorded(Entry):
    """A member of staff recorded that a person may act for a patient.

    Attributes:
        code: What the NHS code system calls the basis; see `acting.basis`.
        until_on: The last day, if it has one of its own; never a birthday.
        words: The evidence that was seen.
    """

    power_id: UUID
    patient_id: UUID = about("patient")
    person_id: UUID = about("person")
    organisation_id: UUID = about("organisation")
    power: PowerKind
    basis: Basis
    code: str
    scope: tuple[Scope, ...]
    from_on: date
    until_on: date | None
    words: str | None = private(WORDS, of="patient_id")


@entry("directory.power-verified")
class PowerVerified(Entry):
    """Somebody other than who recorded a power looked at its evidence."""

    power_id: UUID
    patient_id: UUID = about("patient")
    person_id: UUID = about("person")


@entry("directory.power-suspended")
class PowerSuspended(Entry):
    """A power does not hold for the time being. Why, in words, is told to no proxy."""

    power_id: UUID
    patient_id: UUID = about("patient")
    person_id: UUID = about("person")
    reason: SuspendReason
    words: str | None = private(WORDS, of="patient_id")


@entry("directory.power-resumed")
class PowerResumed(Entry):
    """A suspended power holds again."""

    power_id: UUID
    patient_id: UUID = about("patient")
    person_id: UUID = about("person")
    words: str | None = private(WORDS, of="patient_id")


@entry("directory.power-ended")
class PowerEnded(Entry):
    """A power is over, from now on; recorded by mistake, it never was one."""

    power_id: UUID
    patient_id: UUID = about("patient")
    person_id: UUID = about("person")
    reason: PowerEnd


@entry("directory.power-used")
class PowerUsed(Entry):
    """Somebody said something for a patient, by a power: by what right is said here.

    Attributes:
        consent_id: What they said; the entry before this one in the same unit of work.
    """

    power_id: UUID
    patient_id: UUID = about("patient")
    person_id: UUID = about("person")
    power: PowerKind
    basis: Basis
    consent_id: UUID


@entry("directory.capacity-found")
class CapacityFound(Entry):
    """A clinician who cares for the patient found whether they decide about sharing.

    Attributes:
        found_on: The day of the examination. It counts from when it is recorded.
        words: Which decision it was about, and why it was found so.
    """

    patient_id: UUID = about("patient")
    organisation_id: UUID = about("organisation")
    finding: Capable
    found_on: date
    review_on: date
    words: str | None = private(WORDS, of="patient_id")


@entry("directory.death-recorded")
class DeathRecorded(Entry):
    """A patient has died. Every power over them ended with it."""

    patient_id: UUID = about("patient")
    died_on: date | None = private(DAY, of="patient_id")
