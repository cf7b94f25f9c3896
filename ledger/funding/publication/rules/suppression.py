"""Small numbers in public tables: which lines are shown together, so that none can be worked out.

A table is published by one dimension at a time (months, schemes, …) with its total. A line made
of few payments may be about few people, so its count and its amount are not shown. Neither is
that enough, as a single hidden line is the total less the others: the two smallest of the larger
lines are hidden with it, always two, so that how many were needed tells nothing. What is hidden
is shown as one line. Where a reader who knew which hidden lines were the small ones could still
work one of them out, the whole dimension is withheld.

A line that is almost all one organisation's would tell what that organisation was paid for just
that; it is hidden like a small one.
"""

from collections.abc import Collection, Hashable, Mapping
from fractions import Fraction
from math import inf
from typing import Final, TypeVar

FLOOR: Final = 10
"""A line of fewer payments than this is small."""
WITH_THEM: Final = 2
"""So many larger lines are hidden with the small ones."""
DOMINANT: Final = Fraction(9, 10)
"""An organisation that makes up more of a line's amount than this has it to itself."""

Key = TypeVar("Key", bound=Hashable)


def dominated(amounts_minor: Mapping[str, int], *, beside_minor: int = 0) -> bool:
    """Say whether one organisation makes up almost all of a line.

    Args:
        amounts_minor: What each organisation is owed on it; credits count by their size.
        beside_minor: What of the line is no single organisation's, by its size.
    """
    sizes = [abs(amount) for amount in amounts_minor.values()]
    return bool(sizes) and max(sizes) > DOMINANT * (sum(sizes) + beside_minor)


def hidden(
    counts: Mapping[Key, int], *, floor: int = FLOOR, of_one: Collection[Key] = ()
) -> frozenset[Key] | None:
    """Return the lines that are shown together; None where the whole dimension is withheld.

    Args:
        counts: How many payments each line is made of; each above zero, smallest keys first
            among equals. Their sum is published.
        floor: Fewer are small.
        of_one: Lines that are almost all one organisation's.
    """
    small = [key for key, count in counts.items() if count < floor]
    single = [key for key, count in counts.items() if count >= floor and key in of_one]
    if not small and not single:
        return frozenset()
    others = set(counts) - {*small, *single}
    large = sorted((key for key in counts if key in others), key=lambda key: counts[key])
    beside, shown = large[:WITH_THEM], large[WITH_THEM:]
    if not shown:
        return None
    most = min(counts[key] for key in shown)
    # Among equals the first in order is taken: one that comes after a shown line is smaller.
    order = {key: at for at, key in enumerate(counts)}
    first = min(order[key] for key in shown if counts[key] == most)
    could_be: dict[Key, tuple[float, float]] = {
        **dict.fromkeys(small, (1, floor - 1)),
        **dict.fromkeys(single, (floor, inf)),
        **{key: (floor, most if order[key] < first else most - 1) for key in beside},
    }
    total = sum(counts[key] for key in could_be)
    kept = all(_several(key, could_be, total) for key in (*small, *single))
    return frozenset(could_be) if kept else None


def _several(key: Key, could_be: Mapping[Key, tuple[float, float]], total: int) -> bool:
    """Say whether a line could be of more than one size, if all of them are *total* together."""
    low, high = could_be[key]
    least = sum(one for other, (one, _) in could_be.items() if other != key)
    most = sum(one for other, (_, one) in could_be.items() if other != key)
    return min(high, total - least) > max(low, total - most)
