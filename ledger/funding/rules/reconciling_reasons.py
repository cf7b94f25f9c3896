"""Why two lines differ, and why a line is alone: one named reason each, judged in one order."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from ledger.funding.rules.reconciling import Finding, Line, Reason, Source, Window
from ledger.funding.rules.reconciling_sides import Sides, near, only_pairs

PENNIES_MAX: Final = 2
"""So many minor units are a matter of rounding."""

_CODES: Final = (Reason.CAPITAL_AS_REVENUE, Reason.WRONG_NOMINAL, Reason.WRONG_COST_CENTRE)
_ORDER: Final = (
    *_CODES,
    Reason.WRONG_PERIOD,
    Reason.SIGN_REVERSED,
    Reason.PENNY_ROUNDING,
    Reason.VAT_DIFFERENCE,
    Reason.DIGITS_SWAPPED,
    Reason.AMOUNT_DIFFERS,
)


def why(there: Line, here: Line, window: Window) -> Reason | None:
    """Return how two lines of one paper differ; None if they say the same."""
    return _why_code(there, here, window) or _why_amount(there, here, window)


def _why_code(there: Line, here: Line, window: Window) -> Reason | None:
    if there.amount_minor != here.amount_minor:
        return None
    if there.nominal != here.nominal:
        as_revenue = here.capital and there.nominal == here.revenue_nominal
        return Reason.CAPITAL_AS_REVENUE if as_revenue else Reason.WRONG_NOMINAL
    if there.cost_centre != here.cost_centre:
        return Reason.WRONG_COST_CENTRE
    month = (there.day.year, there.day.month) == (here.day.year, here.day.month)
    return Reason.WRONG_PERIOD if window.source is Source.LEDGER and not month else None


def _why_amount(there: Line, here: Line, window: Window) -> Reason | None:
    a, b = there.amount_minor, here.amount_minor
    if a == b:
        return None
    if a == -b:
        return Reason.SIGN_REVERSED
    if abs(a - b) <= PENNIES_MAX:
        return Reason.PENNY_ROUNDING
    if with_tax(a, b, window.vat_rate_percent) or with_tax(b, a, window.vat_rate_percent):
        return Reason.VAT_DIFFERENCE
    return Reason.DIGITS_SWAPPED if swapped(a, b) else Reason.AMOUNT_DIFFERS


def with_tax(gross_minor: int, net_minor: int, percent: int) -> bool:
    """Say whether one amount is the other with value added tax upon it, to the penny."""
    return percent > 0 and abs(gross_minor * 100 - net_minor * (100 + percent)) <= 100  # noqa: PLR2004


def swapped(a_minor: int, b_minor: int) -> bool:
    """Say whether two amounts have the same digits, two neighbours having changed places."""
    a, b = str(abs(a_minor)), str(abs(b_minor))
    if len(a) != len(b) or (a_minor > 0) is not (b_minor > 0):
        return False
    apart = [n for n in range(len(a)) if a[n] != b[n]]
    return (
        len(apart) == 2  # noqa: PLR2004  (two neighbours)
        and apart[1] == apart[0] + 1
        and a[apart[0]] == b[apart[1]]
        and a[apart[1]] == b[apart[0]]
    )


def differing(sides: Sides) -> None:
    """Suggest pairs that name one paper and differ; then those that differ in a telling way."""
    found = [
        (reason, a, b)
        for a, b in _of_one_paper(sides)
        if (reason := why(a, b, sides.window)) is not None
    ]
    found.sort(key=lambda one: (_ORDER.index(one[0]), abs(one[1].day - one[2].day),
                                abs(one[1].amount_minor - one[2].amount_minor),
                                one[1].key, one[2].key))  # fmt: skip
    for reason, a, b in found:
        if sides.free(a, b):
            sides.take(reason, [a], [b])

    only_pairs(
        sides, Reason.SIGN_REVERSED, lambda one: -one.amount_minor, partial(near, sides), _amount
    )
    for reason in _CODES:
        only_pairs(sides, reason, _amount, partial(_near_because, sides, reason))


def _near_because(sides: Sides, reason: Reason, there: Line, here: Line) -> bool:
    return near(sides, there, here) and _why_code(there, here, sides.window) is reason


def _of_one_paper(sides: Sides) -> Iterator[tuple[Line, Line]]:
    naming: dict[str, list[Line]] = {}
    for here in sides.ours.values():
        for paper in here.papers:
            naming.setdefault(paper, []).append(here)
    seen = set()
    for there in sides.theirs.values():
        for here in (one for paper in sorted(there.papers) for one in naming.get(paper, ())):
            if (there.key, here.key) not in seen:
                seen.add((there.key, here.key))
                yield there, here


def alone(sides: Sides, later: Sequence[Line]) -> None:
    """Say of each line that is left why it is alone. Nobody can reject that."""
    with_theirs = [one for finding in sides.found for one in finding.theirs]
    with_ours = [one for finding in sides.found for one in finding.ours]
    for there in [*sides.theirs.values()]:
        reason = Reason.MISSING_HERE
        if any(_same(there, one) for one in later):
            reason = Reason.TIMING_HERE
        elif any(_same(there, one) for one in with_theirs):
            reason = Reason.TWICE_THERE
        with_theirs.append(there)
        sides.found.append(Finding(reason=reason, theirs=(there,)))
    for here in [*sides.ours.values()]:
        reason = Reason.MISSING_THERE
        if any(_same(here, one) for one in with_ours):
            reason = Reason.TWICE_HERE
        elif (sides.window.last_day - here.day).days <= sides.window.near:
            reason = Reason.TIMING_THERE
        with_ours.append(here)
        sides.found.append(Finding(reason=reason, ours=(here,)))
    sides.theirs, sides.ours = {}, {}


def _same(a: Line, b: Line) -> bool:
    paper = bool(a.papers & b.papers)
    return paper and a.amount_minor == b.amount_minor and a.code == b.code


def _amount(line: Line) -> int:
    return line.amount_minor
