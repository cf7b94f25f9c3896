"""What the log keeps of matters: who asked, when, and what came of it; every word is private."""

from datetime import date
from uuid import UUID

from audit import Entry, about, entry, private
from ledger.access.matters.rules import Outcome, Sort

WORDS = "words"


@entry("access.matter-raised")
class MatterRaised(Entry):
    """A patient, or who speaks for them, asks why somebody looked, or complains of it.

    Attributes:
        look_id: The entry of the decision that it is about.
        asking_id: Whose people asked to look.
        owner_id: Whose privacy officers answer.
        looked_by: Who asked to look; None for a program.
    """

    matter_id: UUID
    patient_id: UUID = about("patient")
    owner_id: UUID = about("organisation")
    asking_id: UUID
    look_id: UUID
    looked_by: UUID | None
    sort: Sort
    acknowledge_by: date
    answer_by: date
    words: str | None = private(WORDS, of="patient_id")


@entry("access.matter-acknowledged")
class MatterAcknowledged(Entry):
    """A privacy officer has read it, and says that it will be answered."""

    matter_id: UUID
    patient_id: UUID = about("patient")


@entry("access.matter-answered")
class MatterAnswered(Entry):
    """A privacy officer found out, and says so to the patient in plain words."""

    matter_id: UUID
    patient_id: UUID = about("patient")
    outcome: Outcome
    words: str | None = private(WORDS, of="patient_id")


@entry("access.matter-reopened")
class MatterReopened(Entry):
    """The answer did not settle it; the days begin anew."""

    matter_id: UUID
    patient_id: UUID = about("patient")
    owner_id: UUID = about("organisation")
    acknowledge_by: date
    answer_by: date
    words: str | None = private(WORDS, of="patient_id")


@entry("access.matter-escalated")
class MatterEscalated(Entry):
    """A day passed without it, so another organisation's privacy officers look at it too."""

    matter_id: UUID
    patient_id: UUID = about("patient")
    to_id: UUID = about("organisation")
