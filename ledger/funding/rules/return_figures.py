"""The figures that a return computes: pure functions of postings.

All are since the year began, up to the last day that the return is about, in minor units.
A year's closing and lapsing are left out: they say what becomes of a year, and not what it was.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from ledger.funding.rules.chart import Head
from ledger.funding.rules.events import Event

UNSAID: Final = "not said"
"""The row of what was spent without saying of which type; and of income without a source."""

_AFTER: Final = frozenset({Event.YEAR_CLOSED, Event.BUDGET_LAPSED})
_BUDGET: Final = frozenset({Head.AVAILABLE, Head.COMMITTED, Head.SPENT})
_AGREED: Final = frozenset({Head.FUNDING, Head.FUNDING_BROUGHT_FORWARD, Head.FUNDING_OVERSPEND})


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What was posted to one account on one day by one sort of event, summed.

    Attributes:
        event: Of a reversal, the event that it undoes.
    """

    effective_on: date
    event: Event
    head: Head
    of: UUID | None
    source: str | None
    nature: str | None
    amount_minor: int


Figures = Mapping[tuple[str, str, str], int]
"""By what there is a row for (such as ``scheme``; empty for the pool), the row, the measure."""


def figures(
    moved: Iterable[Moved], *, first_day: date, last_day: date, ring_fenced: Iterable[UUID] = ()
) -> Figures:
    """Return every figure there is; what was never moved is 0 and not in it."""
    found: dict[tuple[str, str, str], int] = defaultdict(int)
    fenced = set(ring_fenced)
    for one in moved:
        if first_day <= one.effective_on <= last_day and one.event not in _AFTER:
            for row, measure, amount_minor in _said_by(one, fenced):
                found[(*row, measure)] += amount_minor
    found["", "", "variance"] = found["", "", "planned"] - found["", "", "spent"]
    return dict(found)


def _said_by(one: Moved, fenced: set[UUID]) -> list[tuple[tuple[str, str], str, int]]:
    pool, row, minor = ("", ""), str(one.of), one.amount_minor
    said: list[tuple[tuple[str, str], str, int]] = []
    if one.head in _AGREED:
        said += [(pool, "agreed", -minor), (("source", one.source or UNSAID), "agreed", -minor)]
        partner = ("partner", row if one.of else UNSAID)
        said.append((partner, "agreed", -minor))
    if one.head in {Head.INCOME, Head.INCOME_RISKSHARE}:
        said.append((("partner", row), "due", -minor))
    if one.head is Head.RECEIVABLE:
        said.append((("partner", row), "owed", minor))
        if one.event is Event.CONTRIBUTION_RECEIVED:
            said += [(pool, "received", -minor), (("partner", row), "received", -minor)]
    if one.head in _BUDGET:
        schemes = [pool, ("scheme", row)] + ([("ring-fence", row)] if one.of in fenced else [])
        said += [(each, "planned", minor) for each in schemes]
        if one.head is Head.COMMITTED:
            said += [(each, "committed", minor) for each in schemes]
        if one.head is Head.SPENT:
            said += [(each, "spent", minor) for each in schemes]
            said.append((("nature", one.nature or UNSAID), "spent", minor))
    return said
