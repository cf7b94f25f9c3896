"""Matching in ordered passes: what is certain first, then what a person may accept.

Each pass takes lines off the two sides, and nothing comes back. Pairs are tried in an order
made of what lines say, so the order of rows in a file changes nothing.
"""

from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import Final

from ledger.funding.reconciliation.rules.findings import Finding, Line, Reason, Source, Window
from ledger.funding.reconciliation.rules.parts import Days
from ledger.funding.reconciliation.rules.reasons import alone, differing
from ledger.funding.reconciliation.rules.sides import Pair, Sides, only_pairs, take_nearest

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

    def says(line: Line) -> list[Hashable]:
        if sides.window.source is Source.BANK:
            return [(paper, line.amount_minor) for paper in line.papers]
        month = (line.day.year, line.day.month)
        return [(paper, line.amount_minor, line.code, month) for paper in line.papers]

    take_nearest(sides, Reason.EXACT, says, days_max=EXACT_DAYS)


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
    back: dict[Hashable, dict[int, Line]] = {}
    for place, one in enumerate(fresh):
        for paper in one.papers:
            back.setdefault((paper, one.amount_minor, one.code), {})[place] = one
    for there in (one for one in fresh if one.amount_minor > 0):
        says = [(paper, -there.amount_minor, there.code) for paper in there.papers]
        at = [found for one in says if (found := back.get(one))]
        if at:
            place, other = min(next(iter(each.items())) for each in at)
            if sides.take(Reason.REVERSED_THERE, [there, other], []):
                for paper in other.papers:
                    del back[paper, other.amount_minor, other.code][place]


def _only_candidate(sides: Sides) -> None:
    """Suggest the only line of that amount, that code and about that day."""

    def says(line: Line) -> Hashable:
        return line.amount_minor, line.code

    only_pairs(sides, Reason.OTHER_REFERENCE, says, says)


def _several(sides: Sides) -> None:
    """Suggest what is one line on one side and several of a day on the other."""
    here = Days.of(sides.ours.values())
    for whole in [*sides.theirs.values()]:
        found = here.parts(whole, sides.window.near)
        if found and sides.take(Reason.ONE_OF_THEIRS, [whole], found):
            here.remove(found)
    there = Days.of(sides.theirs.values())
    for whole in [*sides.ours.values()]:
        found = there.parts(whole, sides.window.near)
        if found and sides.take(Reason.ONE_OF_OURS, found, [whole]):
            there.remove(found)
