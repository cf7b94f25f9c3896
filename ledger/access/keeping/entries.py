"""What is written about the register, who stands aside, and what is settled.

Each change of standing says its number, *n*: decisions name the number that they saw, and
whoever rebuilds it need not read every change before.
"""

from datetime import datetime
from uuid import UUID

from audit import Entry, about, entry, private
from ledger.access.keeping.rules import Ground, Lists, RecusalReason

WORDS = "words"


@entry("access.register-imported")
class RegisterImported(Entry):
    """A new copy of the opt-out register counts. Who is on it, each patient's own chain says.

    Attributes:
        n: Its number, from 1.
        digest: SHA-256 of the file, in hex.
        listed: Numbers on it.
        unknown: Those of them that nobody here has; not kept.
        opted_out: Patients here who have opted out by it.
        changed: Those of whom the copy before said otherwise.
        checked_at: When the register was asked, which the copy is judged by.
    """

    n: int
    lists: Lists
    digest: str
    listed: int
    unknown: int
    opted_out: int
    changed: int
    checked_at: datetime


@entry("access.recused")
class Recused(Entry):
    """Somebody steps aside, or has to: they do not look at this patient as staff."""

    person_id: UUID = about("person")
    patient_id: UUID = about("patient")
    organisation_id: UUID
    n: int
    reason_code: RecusalReason | None = private(WORDS, of="patient_id")
    words: str | None = private(WORDS, of="patient_id")


@entry("access.recusal-ended")
class RecusalEnded(Entry):
    """They may look again, as far as everything else lets them."""

    n: int
    person_id: UUID = about("person")
    patient_id: UUID = about("patient")


@entry("access.suspended")
class Suspended(Entry):
    """Nobody of an organisation sees anything, or one person acting for it does not."""

    suspension_id: UUID
    organisation_id: UUID = about("organisation")
    person_id: UUID | None = about("person")
    n: int
    reason: str


@entry("access.suspension-lifted")
class SuspensionLifted(Entry):
    """It is over."""

    suspension_id: UUID
    organisation_id: UUID = about("organisation")
    person_id: UUID | None = about("person")
    n: int


@entry("access.conflict-settled")
class ConflictSettled(Entry):
    """A privacy officer has looked at what decisions met, and says what was done about it."""

    conflict_id: UUID
    patient_id: UUID = about("patient")
    finding: str | None = private(WORDS, of="patient_id")


@entry("access.telling-withheld")
class TellingWithheldV1(Entry):
    """A patient is not told, until a moment, that the glass was broken for their record.

    DPA 2018 Sch. 2 and 3: telling them would harm somebody. It ends by itself.
    """

    override_id: UUID
    patient_id: UUID = about("patient")
    person_id: UUID = about("person")
    ground: Ground
    ends_at: datetime
    words: str | None = private(WORDS, of="patient_id")


@entry("access.telling-withheld", version=2)
class TellingWithheld(Entry):
    """A patient is not told, until a moment, that the glass was broken for their record.

    As version 1, and:

    Attributes:
        alone_until: It ends then already, unless a second person confirms it.
    """

    override_id: UUID
    patient_id: UUID = about("patient")
    person_id: UUID = about("person")
    ground: Ground
    ends_at: datetime
    alone_until: datetime
    words: str | None = private(WORDS, of="patient_id")


@entry("access.withholding-confirmed")
class WithholdingConfirmed(Entry):
    """A second person has looked at why a patient is not told, and stands by it."""

    override_id: UUID
    patient_id: UUID = about("patient")
    person_id: UUID = about("person")
    words: str | None = private(WORDS, of="patient_id")
