"""What is written about marks."""

from uuid import UUID

from audit import Entry, about, entry, private

MARK = "mark"


@entry("consent.opt-out-noted")
class OptOutNoted(Entry):
    """A new copy of the opt-out register says otherwise of a patient than the one before.

    Attributes:
        register: The number of the copy.
        opted_out: Whether they have opted out of uses beyond their own care.
    """

    patient_id: UUID = about("patient")
    register: int
    opted_out: bool | None = private(MARK, of="patient_id")


@entry("consent.opt-out-carried")
class OptOutCarried(Entry):
    """Whoever this is had opted out under another number, which no copy of the register joins.

    So none ends it: it counts beside what copies say.
    """

    patient_id: UUID = about("patient")
    opted_out: bool | None = private(MARK, of="patient_id")


@entry("consent.hiding-chosen")
class HidingChosen(Entry):
    """A patient chose whether those who care for them are told that something is withheld."""

    patient_id: UUID = about("patient")
    hidden: bool | None = private(MARK, of="patient_id")
