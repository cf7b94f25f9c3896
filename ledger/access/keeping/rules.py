"""What may be kept, and how a copy of the opt-out register is read. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from ledger.core.errors import Conflict, Fault, Forbidden, Invalid
from ledger.directory.rules import nhs_number as numbers

WORDS_MAX: Final = 2000
FAULTS_MAX: Final = 50
NUMBERS_MAX: Final = 5_000_000


class Lists(StrEnum):
    """Whom the file names. The value is logged: never rename one."""

    OPTED_OUT = "opted-out"
    UPHELD = "upheld"
    """Those of ours about whom the central service was asked, without those who opted out."""


class RecusalReason(StrEnum):
    """Why somebody must not look. The value is logged: never rename one."""

    FAMILY = "family"
    NEIGHBOUR = "neighbour"
    COMPLAINT = "complaint"
    OTHER = "other"


class Ground(StrEnum):
    """Why a patient is not told for now. The value is logged: never rename one."""

    ABUSE = "abuse"
    SAFEGUARDING = "safeguarding"
    SERIOUS_HARM = "serious-harm"


class BadRegister(Invalid):
    """A line of the file is no NHS number, so nothing was imported. What it says is not shown."""

    slug = "opt-out-register-unreadable"
    title = "This is no list of NHS numbers"


class RegisterOlder(Conflict):
    """A copy that was checked later is in use: an older one would let people in again."""

    slug = "opt-out-register-older"
    title = "A later copy of the register is in use"


class OwnStanding(Forbidden):
    """Nobody says of themselves that they may look again."""

    slug = "own-standing"
    title = "Somebody else has to end this"


class AlreadyStanding(Conflict):
    """It is recorded already, or is over already."""

    slug = "standing-already-so"
    title = "This is recorded already"


class WithholdingTooLong(Invalid):
    """Not telling a patient ends by itself, and soon enough to be looked at again."""

    slug = "withholding-too-long"
    title = "Choose an earlier day to look at this again"


def read(content: bytes) -> frozenset[str]:
    """Return the NHS numbers of a file: one a line, in the first column; a heading may come first.

    Raises:
        BadRegister: naming lines, never what is in them.
    """
    found: set[str] = set()
    faults: list[Fault] = []
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise BadRegister("it is not UTF-8 text; save it as CSV in UTF-8") from error
    for number, line in enumerate(lines, start=1):
        word = line.partition(",")[0].strip().strip('"')
        if not word or (number == 1 and not any(c.isdecimal() for c in word)):
            continue
        try:
            found.add(numbers.parse(word))
        except Invalid:
            faults.append(Fault(f"line {number}", "is no NHS number"))
        if len(faults) >= FAULTS_MAX:
            break
    if faults:
        raise BadRegister("nothing was imported", faults=faults)
    if len(found) > NUMBERS_MAX:
        raise BadRegister(f"it has more than {NUMBERS_MAX:,} numbers")
    return frozenset(found)


def check_checked(checked_at: datetime, *, before: datetime | None, now: datetime) -> None:
    """Check when the register was asked.

    Raises:
        BadRegister: in the future.
        RegisterOlder: before the copy that is in use.
    """
    if checked_at > now:
        raise BadRegister("it says that the register was asked in the future")
    if before is not None and checked_at < before:
        raise RegisterOlder("import the newest answer of the central service")


def check_words(words: str) -> str:
    """Return words that say why. Raises `Invalid` if they say nothing, or at too great length."""
    if not 0 < len(words.strip()) <= WORDS_MAX:
        raise Invalid(f"say why, in 1 to {WORDS_MAX} characters")
    return words.strip()


def check_ends(ends_at: datetime, *, now: datetime, most: timedelta) -> None:
    """Check when withholding ends. Raises `WithholdingTooLong`."""
    if not now < ends_at <= now + most:
        raise WithholdingTooLong(f"it ends after now and within {most.days} days")
