"""The statement of one partner for a year, and that of the host, who sees all of them.

A statement is lines of figures (`figures`), each of a year: what moved in it, or what stood at
its end. Every line adds up: the partners', and what the host holds for nobody in particular,
are the pool's, to the penny.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from ledger.funding.rules.books import Books, Days

IN_YEAR: Final = ("agreed", "contributions", "risk-share", "share-of-spending", "net")
"""What moved in the year."""

AT_END: Final = (
    "owed",
    "share-of-cash",
    "share-of-creditors",
    "owed-back",
    "carried-forward",
    "position",
    "share-of-commitments",
)
"""What stood at the end of its last day."""

WHOLE: Final[Mapping[str, Mapping[str, int]]] = {
    "agreed": {"all-agreed": 1},
    "share-of-spending": {"spending": 1},
    "share-of-cash": {"cash": 1},
    "share-of-creditors": {"creditors": 1},
    "share-of-commitments": {"committed": 1},
    "net": {"due": 1, "spending": -1},
    "position": {"owed": 1, "cash": 1, "creditors": -1, "repayable": -1},
}
"""Out of which figures the whole pool's comes, by accounts alone, where it has another name."""

HELD_BY_HOST: Final[Mapping[str, tuple[str, ...]]] = {
    "agreed": ("brought-forward", "overspend-authorised"),
}
"""What of a line belongs to no partner: budget of the pool itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line: a figure of each partner, of the host, and of the pool, in minor units.

    Attributes:
        key: The figure; see `figures.FIGURES`.
        partners_minor: By partner, in the agreement's order.
        host_minor: What belongs to no partner.
        pool_minor: The whole pool's, from its own accounts.
    """

    key: str
    days: Days
    partners_minor: Mapping[UUID, int]
    host_minor: int
    pool_minor: int


def lines(books: Books, year: Days) -> tuple[Line, ...]:
    """Return every line for a year, first what moved and then what stood at its end."""
    moved = tuple(_line(books, key, year) for key in IN_YEAR)
    return (*moved, *(_line(books, key, Days(last=year.last)) for key in AT_END))


def _line(books: Books, key: str, days: Days) -> Line:
    whole = WHOLE.get(key, {key: 1})
    return Line(
        key=key,
        days=days,
        partners_minor={one: books.value(key, one, days) for one in books.partners},
        host_minor=sum(books.value(one, None, days) for one in HELD_BY_HOST.get(key, ())),
        pool_minor=sum(sign * books.value(one, None, days) for one, sign in whole.items()),
    )
