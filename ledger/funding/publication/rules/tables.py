"""What everybody may see of a pool's spending: a pure function of payments, small lines hidden."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ledger.funding.publication.rules.suppression import dominated, hidden

DIMENSIONS: Final = ("month", "scheme", "type", "provider")
OWN: Final = "provider"
"""The dimension whose lines are one organisation's each: that is what they say."""
SEVERAL: Final = "Several organisations"
NOBODY: Final = "None"
"""Whom a payment is to that owes more than one organisation, or none."""
TOGETHER: Final = "Lines not shown by themselves, together"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """One posting of expenditure: by what it is told apart, and its amount.

    Attributes:
        payment: What it is of. Postings of the same count once; a file's payments that were
            posted together have a name of their own for each posting.
        payments: How many payments that stands for.
    """

    payment: str
    amount_minor: int
    by: Mapping[str, str]
    payments: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of a public table. *hidden* lines are shown together, without their names."""

    name: str
    payments: int
    amount_minor: int
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSpend:
    """What is published.

    Attributes:
        total: None where all of it is fewer payments than the floor.
        tables: By dimension; None where one is withheld.
    """

    total: Row | None
    tables: Mapping[str, tuple[Row, ...] | None]


def public_spend(spent: Iterable[Spent], *, floor: int) -> PublicSpend:
    """Return each dimension's table and the total, with nothing that tells of few payments."""
    known = list(spent)
    total = _row("All", known)
    if total.payments < floor:
        return PublicSpend(total=None, tables=dict.fromkeys(DIMENSIONS))
    return PublicSpend(total=total, tables={one: _table(one, known, floor) for one in DIMENSIONS})


def _table(dimension: str, known: list[Spent], floor: int) -> tuple[Row, ...] | None:
    lines: dict[str, list[Spent]] = {}
    for one in sorted(known, key=lambda one: one.by[dimension]):
        lines.setdefault(one.by[dimension], []).append(one)
    rows = {name: _row(name, those) for name, those in lines.items()}
    of_one = (
        {name for name, those in lines.items() if _of_one(those)} if dimension != OWN else set()
    )
    counts = {name: row.payments for name, row in rows.items()}
    together = hidden(counts, floor=floor, of_one=of_one)
    # A payment that is divided between lines would be counted twice, and the total would not
    # be the sum that the hidden lines are judged by.
    if together is None or sum(row.payments for row in rows.values()) != _payments(known):
        return None
    shown = [row for name, row in rows.items() if name not in together]
    if together:
        those = [rows[name] for name in together]
        payments = sum(row.payments for row in those)
        amount = sum(row.amount_minor for row in those)
        shown.append(Row(name=TOGETHER, payments=payments, amount_minor=amount, hidden=True))
    return tuple(shown)


def _row(name: str, those: list[Spent]) -> Row:
    amount = sum(one.amount_minor for one in those)
    return Row(name=name, payments=_payments(those), amount_minor=amount)


def _payments(those: list[Spent]) -> int:
    return sum({one.payment: one.payments for one in those}.values())


def _of_one(those: list[Spent]) -> bool:
    owed: Counter[str] = Counter()
    for one in those:
        owed[one.by[OWN]] += one.amount_minor
    beside = sum(abs(owed.pop(name, 0)) for name in (SEVERAL, NOBODY))
    return dominated(owed, beside_minor=beside)
