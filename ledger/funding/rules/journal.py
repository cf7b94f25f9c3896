"""The journal as auditors want it: what stands out in each transaction, and samples of them.

A sample is a pure function of the journal, a seed and the size of the log: whoever has these
draws the same one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final
from uuid import UUID

from ledger.core.errors import Fault, Invalid
from ledger.funding.rules.events import Event

LATE_DAYS: Final = 30
ROUND_MINOR: Final = 1_000_00
_SATURDAY: Final = 5


class Flag(StrEnum):
    """What stands out in a transaction."""

    LATE = "late"
    """Recorded more than `LATE_DAYS` days after the day it counts for."""
    BACK_DATED = "back-dated"
    """Counts for an earlier month than the one it was recorded in."""
    MANUAL = "manual"
    """Made by a person, and neither by the clock nor by a program."""
    REVERSED = "reversed"
    """Undone by another transaction."""
    REVERSAL = "reversal"
    """Undoes another transaction."""
    ROUND_SUM = "round-sum"
    """A multiple of a thousand pounds."""
    WEEKEND = "weekend"
    """Recorded on a Saturday or Sunday."""
    AFTER_CLOSE = "after-close"
    """Recorded after the year it counts for had its result, or about a closed year."""
    BEYOND_BUDGET = "beyond-budget"
    """Left a scheme with less than nothing available."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journalled:
    """A transaction in the journal.

    Attributes:
        index: The number of its entry in the log.
        recorded_on: The day it was recorded, where the service is.
        maker: Who prepared it, as the log spells people and programs.
        approvers: The people who approved it, in their order.
        financial_minor: Its debits in the financial book; the credits are the same.
        budget_minor: Its debits in the budget book.
        year_closed: Its year had its result already.
        lowest_available_minor: The least that it left available to a scheme; None if it
            moved nothing available.
    """

    index: int
    entry_id: UUID
    id: UUID
    event: Event
    effective_on: date
    recorded_at: datetime
    recorded_on: date
    maker: str
    approvers: tuple[str, ...]
    agreement_version: int
    clause: str
    reference: str | None
    financial_minor: int
    budget_minor: int
    reverses: UUID | None
    reversed_by: UUID | None
    relates_to: date | None
    year_closed: bool
    lowest_available_minor: int | None

    @property
    def amount_minor(self) -> int:
        """What it is about: the debits of the book that has more of them."""
        return max(self.financial_minor, self.budget_minor)

    @property
    def flags(self) -> tuple[Flag, ...]:
        """What stands out in it."""
        month = (self.effective_on.year, self.effective_on.month)
        said = {
            Flag.LATE: (self.recorded_on - self.effective_on).days > LATE_DAYS,
            Flag.BACK_DATED: month < (self.recorded_on.year, self.recorded_on.month),
            Flag.MANUAL: self.maker.startswith("person:"),
            Flag.REVERSED: self.reversed_by is not None,
            Flag.REVERSAL: self.reverses is not None,
            Flag.ROUND_SUM: self.amount_minor % ROUND_MINOR == 0,
            Flag.WEEKEND: self.recorded_on.weekday() >= _SATURDAY,
            Flag.AFTER_CLOSE: self.year_closed or self.relates_to is not None,
            Flag.BEYOND_BUDGET: (self.lowest_available_minor or 0) < 0,
        }
        return tuple(flag for flag, stands_out in said.items() if stands_out)


class Method(StrEnum):
    """How a sample is drawn."""

    MONETARY_UNIT = "monetary-unit"
    RANDOM = "random"
    ALL_FLAGGED = "all-flagged"


HOW: Final = {
    Method.MONETARY_UNIT: (
        "Every penny has the same chance: the transactions stand in the order of the log, and "
        "every so many pence one is taken, from a start that the seed gives. What is larger than "
        "the interval is always taken."
    ),
    Method.RANDOM: (
        "Every transaction has the same chance: those whose SHA-256 of seed, log size and id is "
        "lowest are taken."
    ),
    Method.ALL_FLAGGED: "Every transaction that has one of the flags is taken.",
}
"""Each method in words, as a sample states it."""


class BadSample(Invalid):
    """A sample that cannot be drawn."""

    slug = "bad-sample"
    title = "This sample cannot be drawn"


def sample(
    journal: Sequence[Journalled], method: Method, *, size: int, count: int, seed: str
) -> list[Journalled]:
    """Return a sample of a journal, in its order.

    Args:
        journal: In the order of the log.
        method: How.
        size: The size of the log that the journal is as of.
        count: How many to take, at most; not of those with flags.
        seed: Any words; the same seed gives the same sample.

    Raises:
        BadSample: fewer than one are asked for.
    """
    if count < 1:
        raise BadSample("take one or more", [Fault("count", "give a whole number above zero")])
    if method is Method.ALL_FLAGGED:
        # That a person made it stands out in a list of what programs did, and not by itself.
        return [one for one in journal if set(one.flags) - {Flag.MANUAL}]
    if method is Method.RANDOM:
        ranked = sorted(journal, key=lambda one: _digest(seed, size, str(one.id)))[:count]
        return [one for one in journal if one in ranked]
    return _by_money(journal, size, count, seed)


def _by_money(journal: Sequence[Journalled], size: int, count: int, seed: str) -> list[Journalled]:
    whole = sum(one.amount_minor for one in journal)
    if not whole:
        return []
    start = int.from_bytes(_digest(seed, size, "start")) % whole
    taken, below, number = [], 0, 0
    for one in journal:
        below += one.amount_minor
        hits = 0
        while number < count and (start + number * whole) // count < below:
            number += 1
            hits += 1
        if hits:
            taken.append(one)
    return taken


def _digest(seed: str, size: int, what: str) -> bytes:
    return sha256(f"{seed}\n{size}\n{what}".encode()).digest()
