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
BROUGHT_FORWARD: Final = "Brought forward from the year before"
AUTHORISED: Final = "Overspends authorised and not yet shared"
SHARED: Final = "Shares of overspends"
OWN_SOURCES: Final = (BROUGHT_FORWARD, SHARED, AUTHORISED)
"""Rows of income that comes from no source that the agreement names."""

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


def sources(found: Figures) -> list[str]:
    """Return the rows of income by source: the agreement's own, then others that made some."""
    rows = {row: minor for (of, row, _), minor in found.items() if of == "source"}
    named = sorted(row for row in rows if row not in OWN_SOURCES)
    return [*named, *(row for row in OWN_SOURCES if rows.get(row))]


def _said_by(one: Moved, fenced: set[UUID]) -> list[tuple[tuple[str, str], str, int]]:
    pool, row, minor = ("", ""), str(one.of), one.amount_minor
    said: list[tuple[tuple[str, str], str, int]] = []
    if one.head in _AGREED:
        said += [(pool, "agreed", -minor), (("source", _source(one)), "agreed", -minor)]
        partner = ("partner", row if one.of else UNSAID)
        said.append((partner, "agreed", -minor))
    if one.head in {Head.INCOME, Head.INCOME_RISKSHARE}:
        said.append((("partner", row), "due", -minor))
    if one.head is Head.RECEIVABLE:
        said.append((("partner", row), "owed", minor))
        if one.event is Event.GAIN_LOSS_SETTLED:  # Its share of a loss: no income, and owed.
            said.append((("partner", row), "due", minor))
    if _paid_in(one):
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


def _source(one: Moved) -> str:
    if one.source:
        return one.source
    if one.head is Head.FUNDING_BROUGHT_FORWARD:
        return BROUGHT_FORWARD
    if one.head is Head.FUNDING_OVERSPEND or one.event is Event.OVERSPEND_SHARED:
        return SHARED if one.head is Head.FUNDING else AUTHORISED
    return UNSAID


def _paid_in(one: Moved) -> bool:
    """Say whether a movement is of what partners paid in; a position brings it in already paid."""
    if one.event is Event.OPENING_BROUGHT_IN:
        return one.head in {Head.RECEIVABLE, Head.INCOME, Head.INCOME_RISKSHARE}
    return one.event is Event.CONTRIBUTION_RECEIVED and one.head is Head.RECEIVABLE
