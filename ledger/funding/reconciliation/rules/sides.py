"""The two sides while they are being matched: what is left on each, and what was found."""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge

from ledger.funding.reconciliation.rules.findings import Finding, Line, Reason, Window, order

Pair = tuple[tuple[str, ...], tuple[str, ...]]
"""The keys of theirs and of ours that a person joined, or put asunder."""


@dataclass(slots=True)
class Sides:
    """Lines still to be matched, by key, in the order of what they say."""

    window: Window
    theirs: dict[str, Line]
    ours: dict[str, Line]
    rejected: Collection[Pair] = ()
    found: list[Finding] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        window: Window,
        theirs: Iterable[Line],
        ours: Iterable[Line],
        rejected: Collection[Pair] = (),
    ) -> "Sides":
        """Return two sides, nothing of them matched yet."""
        there, here = ({one.key: one for one in sorted(side, key=order)} for side in (theirs, ours))
        return cls(window, there, here, rejected)

    def free(self, there: Line, here: Line) -> bool:
        """Say whether neither is matched."""
        return there.key in self.theirs and here.key in self.ours

    def take(
        self,
        reason: Reason,
        theirs: Sequence[Line],
        ours: Sequence[Line],
        *,
        accepted: bool = False,
    ) -> bool:
        """Take lines off both sides as one finding; not if a person said that they are none."""
        made = Finding(reason=reason, theirs=tuple(theirs), ours=tuple(ours), accepted=accepted)
        if (made.their_keys, made.our_keys) in self.rejected:
            return False
        for one in theirs:
            del self.theirs[one.key]
        for one in ours:
            del self.ours[one.key]
        self.found.append(made)
        return True


def take_nearest(
    sides: Sides, reason: Reason, having: Callable[[Line], Collection[Hashable]], *, days_max: int
) -> None:
    """Take pairs that have something in common, the nearest days first.

    Args:
        sides: The two sides.
        reason: Why they are taken.
        having: What a line has, of which two must share one.
        days_max: So many days they may be apart.
    """
    index: dict[tuple[Hashable, int], dict[str, Line]] = {}
    for here in sorted(sides.ours.values(), key=_key):
        for one in having(here):
            index.setdefault((one, here.day.toordinal()), {})[here.key] = here
    wanted = {there.key: having(there) for there in sides.theirs.values()}
    for apart in range(days_max + 1):
        for there in [*sides.theirs.values()]:
            day = there.day.toordinal()
            days = (day - apart, day + apart) if apart else (day,)
            at = [
                found for one in wanted[there.key] for on in days if (found := index.get((one, on)))
            ]
            for here in merge(*(each.values() for each in at), key=_key):
                if sides.take(reason, [there], [here]):
                    for one in having(here):
                        del index[one, here.day.toordinal()][here.key]
                    break


def only_pairs(
    sides: Sides,
    reason: Reason,
    of_theirs: Callable[[Line], Hashable],
    of_ours: Callable[[Line], Hashable],
    fits: Callable[[Line, Line], bool] = lambda _there, _here: True,
) -> None:
    """Suggest each pair of near days that fits, where neither of the two fits any other.

    Args:
        sides: The two sides.
        reason: Why they are suggested.
        of_theirs: What a line of theirs has; None if it is no candidate.
        of_ours: What a line of ours must have to be its counterpart.
        fits: What must hold besides; it looks at codes alone.
    """
    near, theirs, ours = sides.window.near, sides.theirs.values(), sides.ours.values()
    here_of = _only(theirs, _by_day(ours, of_ours), of_theirs, near, fits)
    there_of = _only(ours, _by_day(theirs, of_theirs), of_ours, near, lambda b, a: fits(a, b))
    for key, here in here_of.items():
        if (there := there_of.get(here.key)) is not None and there.key == key:
            sides.take(reason, [there], [here])


_Alike = dict[Hashable, list[Line]]
_ByDay = dict[tuple[Hashable, int], _Alike]


def _by_day(lines: Iterable[Line], having: Callable[[Line], Hashable]) -> _ByDay:
    """Return lines by what they have and their day; within it, by what `fits` can look at."""
    made: _ByDay = {}
    for line in lines:
        if (one := having(line)) is not None:
            alike = (line.code, line.capital, line.revenue_nominal)
            made.setdefault((one, line.day.toordinal()), {}).setdefault(alike, []).append(line)
    return made


def _only(
    lines: Iterable[Line],
    others: _ByDay,
    having: Callable[[Line], Hashable],
    near: int,
    fits: Callable[[Line, Line], bool],
) -> Mapping[str, Line]:
    """Return the one other line that fits each line, of those that only one fits."""
    only = {}
    for line in lines:
        one, day, found = having(line), line.day.toordinal(), list[Line]()
        for on in range(day - near, day + near + 1):
            for alike in others.get((one, on), {}).values():
                if fits(line, alike[0]):
                    found += alike[:2]
                if len(found) > 1:
                    break
        if one is not None and len(found) == 1:
            only[line.key] = found[0]
    return only


def _key(line: Line) -> str:
    return line.key
