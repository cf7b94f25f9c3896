"""Why two lines differ, and why a line is alone: one named reason each, judged in one order."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Final

from ledger.funding.reconciliation.rules.findings import Finding, Line, Reason, Source, Window
from ledger.funding.reconciliation.rules.sides import Sides, only_pairs

PENNIES_MAX: Final = 2
"""So many minor units are a matter of rounding."""

NAMING_MAX: Final = 50
"""A reference that more lines of one side bear says nothing of which two belong together."""

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

    only_pairs(sides, Reason.SIGN_REVERSED, lambda there: -there.amount_minor, _amount)
    only_pairs(
        sides,
        Reason.CAPITAL_AS_REVENUE,
        lambda there: (there.amount_minor, there.nominal),
        lambda here: (here.amount_minor, here.revenue_nominal) if here.capital else None,
        partial(_because, sides.window, Reason.CAPITAL_AS_REVENUE),
    )
    for reason, having in ((Reason.WRONG_NOMINAL, _amount), (Reason.WRONG_COST_CENTRE, _nominal)):
        only_pairs(sides, reason, having, having, partial(_because, sides.window, reason))


def _because(window: Window, reason: Reason, there: Line, here: Line) -> bool:
    return _why_code(there, here, window) is reason


def _of_one_paper(sides: Sides) -> Iterator[tuple[Line, Line]]:
    """Yield each pair that names one paper, but for papers that all too many lines name."""
    naming_there, naming = _naming(sides.theirs.values()), _naming(sides.ours.values())
    seen = set()
    for there in sides.theirs.values():
        for paper in sorted(there.papers):
            if max(len(naming_there[paper]), len(naming.get(paper, ()))) > NAMING_MAX:
                continue
            for here in naming.get(paper, ()):
                if (there.key, here.key) not in seen:
                    seen.add((there.key, here.key))
                    yield there, here


def _naming(lines: Iterable[Line]) -> dict[str, list[Line]]:
    naming: dict[str, list[Line]] = {}
    for one in lines:
        for paper in one.papers:
            naming.setdefault(paper, []).append(one)
    return naming


def alone(sides: Sides, later: Sequence[Line]) -> None:
    """Say of each line that is left why it is alone. Nobody can reject that."""
    soon = {one for line in later for one in _says(line)}
    with_theirs = {one for each in sides.found for line in each.theirs for one in _says(line)}
    with_ours = {one for each in sides.found for line in each.ours for one in _says(line)}
    for there in [*sides.theirs.values()]:
        reason, says = Reason.MISSING_HERE, _says(there)
        if says & soon:
            reason = Reason.TIMING_HERE
        elif says & with_theirs:
            reason = Reason.TWICE_THERE
        with_theirs |= says
        sides.found.append(Finding(reason=reason, theirs=(there,)))
    for here in [*sides.ours.values()]:
        reason, says = Reason.MISSING_THERE, _says(here)
        if says & with_ours:
            reason = Reason.TWICE_HERE
        elif (sides.window.last_day - here.day).days <= sides.window.near:
            reason = Reason.TIMING_THERE
        with_ours |= says
        sides.found.append(Finding(reason=reason, ours=(here,)))
    sides.theirs, sides.ours = {}, {}


def _says(line: Line) -> set[tuple[str, int, tuple[str, str]]]:
    """Return what two lines share that are the same again: a paper, the amount, the code."""
    return {(paper, line.amount_minor, line.code) for paper in line.papers}


def _amount(line: Line) -> int:
    return line.amount_minor


def _nominal(line: Line) -> tuple[int, str]:
    return line.amount_minor, line.nominal
