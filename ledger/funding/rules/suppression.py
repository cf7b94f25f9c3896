"""Small numbers in public tables: which lines are shown together, so that none can be worked out.

A table is published by one dimension at a time (months, schemes, …) with its total. A line made
of few payments may be about few people, so its count and its amount are not shown. Neither is
that enough, as a single hidden line is the total less the others: the two smallest of the larger
lines are hidden with it, always two, so that how many were needed tells nothing. What is hidden
is shown as one line. Where a reader who knew which hidden lines were the small ones could still
work one of them out, the whole dimension is withheld.
"""

from collections.abc import Hashable, Mapping
from typing import Final, TypeVar

FLOOR: Final = 10
"""A line of fewer payments than this is small."""
WITH_THEM: Final = 2
"""So many larger lines are hidden with the small ones."""

Key = TypeVar("Key", bound=Hashable)


def hidden(counts: Mapping[Key, int], *, floor: int = FLOOR) -> frozenset[Key] | None:
    """Return the lines that are shown together; None where the whole dimension is withheld.

    Args:
        counts: How many payments each line is made of; each above zero, smallest keys first
            among equals. Their sum is published.
        floor: Fewer are small.
    """
    small = [key for key, count in counts.items() if count < floor]
    if not small:
        return frozenset()
    large = sorted((key for key in counts if counts[key] >= floor), key=lambda key: counts[key])
    beside, shown = large[:WITH_THEM], large[WITH_THEM:]
    if not shown:
        return None
    most = min(counts[key] for key in shown)
    total = sum(counts[key] for key in (*small, *beside))
    low = (len(small) - 1) + floor * len(beside)
    high = (floor - 1) * (len(small) - 1) + most * len(beside)
    could_be = range(max(1, total - high), min(floor - 1, total - low) + 1)
    return frozenset((*small, *beside)) if len(could_be) > 1 else None
