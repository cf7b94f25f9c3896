"""What is laid side by side in a reconciliation: lines of theirs, lines of ours, and findings.

*Theirs* is what a bank, or an organisation's general ledger, says; *ours* is what is posted
here. A finding joins some of theirs to some of ours, and each line is in exactly one. So the
difference between the two sides is the sum of the differences of the findings, always.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from uuid import UUID


class Source(StrEnum):
    """What theirs are: lines of a bank, or of a general ledger."""

    BANK = "bank"
    LEDGER = "ledger"


class Reason(StrEnum):
    """Why lines are together, or why one is alone. The value is stored: never rename one."""

    EXACT = "exact"
    REVERSED_HERE = "reversed-here"
    REVERSED_THERE = "reversed-there"
    OTHER_REFERENCE = "other-reference"
    ONE_OF_THEIRS = "one-of-theirs-is-several-of-ours"
    ONE_OF_OURS = "one-of-ours-is-several-of-theirs"
    WRONG_PERIOD = "wrong-period"
    WRONG_NOMINAL = "wrong-nominal"
    WRONG_COST_CENTRE = "wrong-cost-centre"
    CAPITAL_AS_REVENUE = "capital-as-revenue"
    SIGN_REVERSED = "sign-reversed"
    PENNY_ROUNDING = "penny-rounding"
    VAT_DIFFERENCE = "vat-difference"
    DIGITS_SWAPPED = "digits-swapped"
    AMOUNT_DIFFERS = "amount-differs"
    TIMING_THERE = "not-there-yet"
    TIMING_HERE = "not-here-yet"
    TWICE_THERE = "twice-there"
    TWICE_HERE = "twice-here"
    MISSING_HERE = "missing-here"
    MISSING_THERE = "missing-there"


CERTAIN = frozenset({Reason.EXACT, Reason.REVERSED_HERE, Reason.REVERSED_THERE})
"""What counts as a match by itself. Everything else waits for a person, or stays unmatched."""

EXPLAINS_ITSELF = frozenset({Reason.TIMING_HERE, Reason.TIMING_THERE})
"""What only waits for the other side to record it needs nobody's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of either side; debit of the pool's account > 0, money into the bank > 0.

    Attributes:
        key: What it is known by: made of what it says, never of its place in a file.
        papers: Its reference, and other numbers of papers that it names, folded.
        nominal: In a general ledger: which account.
        row: The line of the file that it came from; 0 for a line of ours.
        transaction_id: Of ours: the transaction.
        undoes: Of ours: the transaction that this one reverses.
        capital: Of ours: whether an asset was bought.
        revenue_nominal: Of capital: the code that the same would have as revenue.
        flagged: Of ours: it took its scheme beyond its budget, unauthorised.
    """

    key: str
    day: date
    amount_minor: int
    papers: frozenset[str] = frozenset()
    reference: str = ""
    nominal: str = ""
    cost_centre: str = ""
    row: int = 0
    transaction_id: UUID | None = None
    undoes: UUID | None = None
    capital: bool | None = None
    revenue_nominal: str = ""
    flagged: bool = False

    @property
    def code(self) -> tuple[str, str]:
        """Nominal code and cost centre."""
        return self.nominal, self.cost_centre


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Lines that belong together, or one that belongs to nothing.

    Attributes:
        accepted: A person said that it is a match.
    """

    reason: Reason
    theirs: tuple[Line, ...] = ()
    ours: tuple[Line, ...] = ()
    accepted: bool = False

    @property
    def key(self) -> str:
        """What it is known by: the same lines make the same finding, whoever computes it."""
        text = "\n".join((*sorted(one.key for one in self.theirs), "", *self.our_keys))
        return sha256(text.encode()).hexdigest()[:24]

    @property
    def our_keys(self) -> tuple[str, ...]:
        """Of ours, in order."""
        return tuple(sorted(one.key for one in self.ours))

    @property
    def their_keys(self) -> tuple[str, ...]:
        """Of theirs, in order."""
        return tuple(sorted(one.key for one in self.theirs))

    @property
    def theirs_minor(self) -> int:
        """What theirs come to."""
        return sum(one.amount_minor for one in self.theirs)

    @property
    def ours_minor(self) -> int:
        """What ours come to."""
        return sum(one.amount_minor for one in self.ours)

    @property
    def by_minor(self) -> int:
        """Theirs less ours."""
        return self.theirs_minor - self.ours_minor

    @property
    def matched(self) -> bool:
        """Whether it counts as a match."""
        return self.accepted or self.reason in CERTAIN

    @property
    def suggested(self) -> bool:
        """Whether it joins two sides, and waits for a person to say yes."""
        return bool(self.theirs and self.ours) and not self.matched


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The days that are compared, the first and the last included.

    Attributes:
        near: How many days the same thing may be apart.
        vat_rate_percent: The standard rate of value added tax.
    """

    source: Source
    first_day: date
    last_day: date
    near: int = 5
    vat_rate_percent: int = 20


def order(line: Line) -> tuple[date, int, str, str, str, str]:
    """Return by what lines stand in order, whatever the order of a file."""
    return (
        line.day, line.amount_minor, line.reference, line.nominal, line.cost_centre, line.key,
    )  # fmt: skip


def folded(text: str) -> str:
    """Return a reference so that ``INV-0042`` and ``inv 0042`` are the same."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())
