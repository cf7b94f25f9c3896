"""The two sides while they are being matched: what is left on each, and what was found."""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ledger.funding.rules.reconciling import Finding, Line, Reason, Window, order

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
    ) -> None:
        """Take lines off both sides as one finding; not if a person said that they are none."""
        made = Finding(reason=reason, theirs=tuple(theirs), ours=tuple(ours), accepted=accepted)
        if (made.their_keys, made.our_keys) in self.rejected:
            return
        for one in theirs:
            del self.theirs[one.key]
        for one in ours:
            del self.ours[one.key]
        self.found.append(made)


def near(sides: Sides, there: Line, here: Line) -> bool:
    """Say whether two lines are of days that are near one another."""
    return abs((there.day - here.day).days) <= sides.window.near


def pairs_by(
    sides: Sides, of_theirs: Callable[[Line], Hashable], of_ours: Callable[[Line], Hashable] = hash
) -> Iterator[tuple[Line, Line]]:
    """Return pairs that have something in common: the nearest days first.

    Args:
        sides: The two sides.
        of_theirs: What a line of theirs has.
        of_ours: What a line of ours has; the same, if not given.
    """
    same = of_theirs if of_ours is hash else of_ours
    having: dict[Hashable, list[Line]] = {}
    for here in sides.ours.values():
        having.setdefault(same(here), []).append(here)
    pairs = [(a, b) for a in sides.theirs.values() for b in having.get(of_theirs(a), ())]
    yield from sorted(pairs, key=lambda ab: (abs(ab[0].day - ab[1].day), order(ab[0]), ab[1].key))


def only_pairs(
    sides: Sides,
    reason: Reason,
    having: Callable[[Line], Hashable],
    fits: Callable[[Line, Line], bool],
    of_ours: Callable[[Line], Hashable] = hash,
) -> None:
    """Suggest each pair that fits, where neither of the two fits any other."""
    pairs = [(a, b) for a, b in pairs_by(sides, having, of_ours) if fits(a, b)]
    there, here = Counter(a.key for a, _ in pairs), Counter(b.key for _, b in pairs)
    for a, b in pairs:
        if there[a.key] == here[b.key] == 1:
            sides.take(reason, [a], [b])
