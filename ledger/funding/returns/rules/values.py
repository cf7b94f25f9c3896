"""What may stand in a cell of a return: one spelling for each value, and what is refused.

A value is kept as text in its one spelling: money in minor units, a count in digits, a
percentage with at most two decimals and no idle zeros, ``yes`` or ``no``, a word of a closed
list, or words. What is wrong with one is said before it is recorded.
"""

import re
from enum import StrEnum
from fractions import Fraction
from typing import Final

from ledger.core.errors import Invalid
from ledger.core.money import MINOR_MAX
from ledger.funding.rules.impersonal import names_person

_PERCENTAGE: Final = re.compile(r"\d{1,3}(\.\d{1,2})?", re.ASCII)


class ValueKind(StrEnum):
    """What sort of value a cell holds."""

    MONEY = "money"
    COUNT = "count"
    PERCENTAGE = "percentage"
    YES_NO = "yes-no"
    CHOICE = "choice"
    WORDS = "words"


NUMBERS: Final = frozenset({ValueKind.MONEY, ValueKind.COUNT, ValueKind.PERCENTAGE})


class AnswerRefused(Invalid):
    """A value that its cell does not take."""

    slug = "return-answer-refused"
    title = "This cell does not take that"


class WordsNamePerson(Invalid):
    """Words of a return that seem to name a person: it is signed, sent on and kept for ever."""

    slug = "return-words-personal"
    title = "Leave out what could name a person"


def spelled(kind: ValueKind, text: str, *, options: tuple[str, ...] = ()) -> str:
    """Return the one spelling of a value.

    Raises:
        AnswerRefused: it is no such value.
        WordsNamePerson: words with an NHS number or an e-mail address in them.
    """
    said = text.strip()
    if kind in {ValueKind.MONEY, ValueKind.COUNT}:
        return _whole(said)
    if kind is ValueKind.PERCENTAGE:
        return _percentage(said)
    if kind is ValueKind.WORDS:
        return _words(said)
    options = ("yes", "no") if kind is ValueKind.YES_NO else options
    if said not in options:
        raise AnswerRefused(f"choose one of: {', '.join(options)}")
    return said


def number(kind: ValueKind, value: str) -> Fraction:
    """Return what a value of `NUMBERS` amounts to, exactly. Money is in minor units."""
    return Fraction(value) if kind is ValueKind.PERCENTAGE else Fraction(int(value))


def check_impersonal(said: str) -> None:
    """Check that words hold no NHS number and no e-mail address. Raises `WordsNamePerson`."""
    if names_person(said):
        raise WordsNamePerson("write no NHS number and no e-mail address: a return is for all")


def _whole(said: str) -> str:
    if not (said.isascii() and said.isdecimal() and int(said[:20] or 0) <= MINOR_MAX):
        raise AnswerRefused("give a whole number, not below 0")
    return str(int(said))


def _percentage(said: str) -> str:
    if not _PERCENTAGE.fullmatch(said) or Fraction(said) > 100:  # noqa: PLR2004
        raise AnswerRefused("give a percentage from 0 to 100, with at most two decimals")
    major, _, minor = said.partition(".")
    minor = minor.rstrip("0")
    return f"{int(major)}.{minor}" if minor else str(int(major))


def _words(said: str) -> str:
    if not said or any(not letter.isprintable() and letter not in "\n\r" for letter in said):
        raise AnswerRefused("write words, without control characters")
    check_impersonal(said)
    return said.replace("\r\n", "\n").replace("\r", "\n")
