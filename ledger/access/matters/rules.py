"""When a matter may be raised, answered and raised again. Pure."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from ledger.core.errors import Conflict, Invalid

WORDS_MAX: Final = 2000
OPEN_MAX: Final = 20
"""Matters of one patient that may wait at one moment."""


class Sort(StrEnum):
    """What somebody raises. The value is logged: never rename one."""

    QUESTION = "question"
    COMPLAINT = "complaint"


class Outcome(StrEnum):
    """What came of it. The value is logged: never rename one."""

    EXPLAINED = "explained"
    NOT_UPHELD = "not-upheld"
    UPHELD = "upheld"


class MatterWithoutWords(Invalid):
    """A matter, and each answer to it, is said in words."""

    slug = "matter-without-words"
    title = "Say it in words"


class MatterOpen(Conflict):
    """What waits for an answer is not raised a second time."""

    slug = "matter-open"
    title = "This waits for an answer already"


class TooManyMatters(Conflict):
    """Somebody answers each of them: no more wait at once than can be answered."""

    slug = "too-many-matters"
    title = "Too many of your questions wait for an answer"


class MatterAnswered(Conflict):
    """A matter is answered once, until the patient raises it again."""

    slug = "matter-answered"
    title = "This is answered already"


class MatterAcknowledged(Conflict):
    """It is acknowledged once."""

    slug = "matter-acknowledged"
    title = "This is acknowledged already"


class MatterUnanswered(Conflict):
    """Only what was answered can be raised again."""

    slug = "matter-unanswered"
    title = "This has no answer yet"


class OwnMatter(Conflict):
    """Nobody answers for themselves: neither who looked, nor who asks about it."""

    slug = "own-matter"
    title = "Somebody else has to answer this"


def check_words(words: str) -> str:
    """Return what was said. Raises `MatterWithoutWords`, also at too great length."""
    if not 0 < len(words.strip()) <= WORDS_MAX:
        raise MatterWithoutWords(f"write between 1 and {WORDS_MAX} characters")
    return words.strip()


def check_room(*, same_look: bool, waiting: int) -> None:
    """Check that a patient may raise another matter.

    Args:
        same_look: Whether one about the same look waits.
        waiting: How many of theirs wait.

    Raises:
        MatterOpen, TooManyMatters: see each.
    """
    if same_look:
        raise MatterOpen("wait for the answer; then you can ask again")
    if waiting >= OPEN_MAX:
        raise TooManyMatters("wait until some of them are answered")


def check_answer(*, answered: bool, own: bool) -> None:
    """Check that somebody may answer. Raises `MatterAnswered`, `OwnMatter`."""
    if own:
        raise OwnMatter("it is about you or comes from you; ask a colleague")
    if answered:
        raise MatterAnswered("the patient may raise it again")


def is_overdue(
    today: date, *, acknowledge_by: date, acknowledged: bool, answer_by: date, answered: bool
) -> bool:
    """Say whether one of its days has passed without it. Days are inclusive."""
    late = today > acknowledge_by and not acknowledged
    return not answered and (late or today > answer_by)


def days(today: date, *, acknowledge: timedelta, answer: timedelta) -> tuple[date, date]:
    """Return the last days on which it is acknowledged, and answered, in time."""
    return today + acknowledge, today + answer
