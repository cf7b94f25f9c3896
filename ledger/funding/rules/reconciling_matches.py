"""Matching in ordered passes: what is certain first, then what a person may accept.

Each pass takes lines off the two sides, and nothing comes back. Pairs are tried in an order
made of what lines say, so the order of rows in a file changes nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final

from ledger.funding.rules.reconciling import Finding, Line, Reason, Source, Window
from ledger.funding.rules.reconciling_reasons import alone, differing
from ledger.funding.rules.reconciling_sides import Pair, Sides, near, only_pairs, pairs_by

RULES: Final = 1
"""The version of these rules. A change that gives a signed result another digest is a new one."""

TOGETHER_MAX: Final = 12
"""Of so many lines of a day, sums are looked for: at most 4,096 of them."""

EXACT_DAYS: Final = 31
"""With the same reference and amount, a bank may be so many days later."""


def reconcile(
    theirs: Iterable[Line],
    ours: Iterable[Line],
    window: Window,
    *,
    later: Sequence[Line] = (),
    accepted: Sequence[Pair] = (),
    rejected: Collection[Pair] = (),
) -> tuple[Finding, ...]:
    """Return the findings; each line is in exactly one.

    Args:
        theirs: What they say.
        ours: What is posted here on the same days.
        window: Which days, and how near is near.
        later: What is posted here soon after the last day: it explains, and is not matched.
        accepted: What a person joined, in the order in which they did.
        rejected: What a person said does not belong together.
    """
    sides = Sides.of(window, theirs, ours, rejected)
    for pair in accepted:
        _as_accepted(sides, pair)
    _suggest(sides)
    alone(sides, later)
    return tuple(sorted(sides.found, key=_in_order))


def _suggest(sides: Sides) -> None:
    for pass_ in (_exact, _undone_here, _undone_there, _only_candidate, _several, differing):
        pass_(sides)


def _in_order(one: Finding) -> tuple[bool, bool, str, str]:
    day = min(line.day for line in (*one.theirs, *one.ours))
    return not one.matched, not one.suggested, day.isoformat(), one.key


def _as_accepted(sides: Sides, pair: Pair) -> None:
    """Join what a person joined, for the reason for which it was suggested."""
    theirs = [sides.theirs[key] for key in pair[0] if key in sides.theirs]
    ours = [sides.ours[key] for key in pair[1] if key in sides.ours]
    if (len(theirs), len(ours)) != (len(pair[0]), len(pair[1])):
        return  # One of the lines is with others by now, or is not there any more.
    apart = Sides.of(sides.window, theirs, ours)
    _suggest(apart)
    whole = len(apart.found) == 1 and not apart.theirs and not apart.ours
    reason = apart.found[0].reason if whole else Reason.AMOUNT_DIFFERS
    sides.take(reason, theirs, ours, accepted=True)


def _exact(sides: Sides) -> None:
    """Take what has the same paper, amount and code, and a near day: the nearest first."""

    def same(there: Line, here: Line) -> bool:
        if not there.papers & here.papers:
            return False
        if sides.window.source is Source.BANK:
            return abs((there.day - here.day).days) <= EXACT_DAYS
        same_month = (there.day.year, there.day.month) == (here.day.year, here.day.month)
        return same_month and there.code == here.code

    for there, here in pairs_by(sides, _amount):
        if sides.free(there, here) and same(there, here):
            sides.take(Reason.EXACT, [there], [here])


def _undone_here(sides: Sides) -> None:
    """Net what was reversed here, and never got there."""
    legs = {
        (one.transaction_id, one.code, one.amount_minor): one for one in sides.ours.values()
    }  # fmt: skip
    for here in [*sides.ours.values()]:
        first = legs.get((here.undoes, here.code, -here.amount_minor)) if here.undoes else None
        if first is not None and first.key in sides.ours and here.key in sides.ours:
            sides.take(Reason.REVERSED_HERE, [], [first, here])


def _undone_there(sides: Sides) -> None:
    """Net what came and went again under one paper, and never got here."""
    known = {paper for one in sides.ours.values() for paper in one.papers}
    fresh = [one for one in sides.theirs.values() if one.papers and not one.papers & known]
    back: dict[tuple[int, tuple[str, str]], list[Line]] = {}
    for one in fresh:
        back.setdefault((one.amount_minor, one.code), []).append(one)
    for there in fresh:
        for other in back.get((-there.amount_minor, there.code), ()):
            both = there.key in sides.theirs and other.key in sides.theirs
            if both and there.amount_minor > 0 and there.papers & other.papers:
                sides.take(Reason.REVERSED_THERE, [there, other], [])
                break


def _only_candidate(sides: Sides) -> None:
    """Suggest the only line of that amount, that code and about that day."""

    def fits(there: Line, here: Line) -> bool:
        return there.code == here.code and near(sides, there, here)

    only_pairs(sides, Reason.OTHER_REFERENCE, _amount, fits)


def _several(sides: Sides) -> None:
    """Suggest what is one line on one side and several of a day on the other."""

    def parts_of(whole: Line, others: Mapping[str, Line]) -> tuple[Line, ...] | None:
        some = [
            one for one in others.values()
            if near(sides, whole, one) and one.code == whole.code
            and (one.amount_minor > 0) is (whole.amount_minor > 0)
        ]  # fmt: skip
        return parts(whole, some)

    for there in [*sides.theirs.values()]:
        if found := parts_of(there, sides.ours):
            sides.take(Reason.ONE_OF_THEIRS, [there], found)
    for here in [*sides.ours.values()]:
        if found := parts_of(here, sides.theirs):
            sides.take(Reason.ONE_OF_OURS, found, [here])


def parts(whole: Line, some: Sequence[Line]) -> tuple[Line, ...] | None:
    """Return the lines of one day that sum to *whole*, if there is one way only."""
    for day in sorted({one.day for one in some}, key=lambda each: (abs(each - whole.day), each)):
        of_day = [one for one in some if one.day == day]
        if len(of_day) > 1 and _sum(of_day) == whole.amount_minor:
            return tuple(of_day)
        if len(of_day) <= TOGETHER_MAX:
            ways = [way for way in _ways(of_day) if _sum(way) == whole.amount_minor]
            if len(ways) == 1:
                return ways[0]
    return None


def _ways(lines: Sequence[Line]) -> Iterator[tuple[Line, ...]]:
    for size in range(2, len(lines)):
        yield from combinations(lines, size)


def _sum(lines: Sequence[Line]) -> int:
    return sum(one.amount_minor for one in lines)


def _amount(line: Line) -> int:
    return line.amount_minor
