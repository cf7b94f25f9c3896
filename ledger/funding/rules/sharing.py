"""Sharing an amount by weights, to the last penny (Hamilton's method of largest remainders)."""

from collections.abc import Mapping
from fractions import Fraction
from math import floor
from typing import TypeVar

from ledger.core.errors import Invalid

K = TypeVar("K")


class NothingToShareBy(Invalid):
    """Weights that are negative, or all zero."""

    slug = "nothing-to-share-by"
    title = "These weights cannot divide an amount"


def share(total_minor: int, weights: Mapping[K, int | Fraction]) -> dict[K, int]:
    """Share *total_minor* in proportion to *weights*, whose order is the partners' order.

    Each share is rounded down; the pence left over go one each to the largest fractional
    parts, between equal ones to the larger weight, then to whoever comes first. A negative
    total is shared as its mirror image, and a weight of zero gets nothing.

    Returns:
        Shares in minor units, in the order of *weights*. They sum to *total_minor*.

    Raises:
        NothingToShareBy: a negative weight, or no positive one.
    """
    whole = sum(weights.values(), Fraction(0))
    if whole <= 0 or min(weights.values()) < 0:
        raise NothingToShareBy("give weights of zero or more, at least one of them above zero")
    if total_minor < 0:
        return {key: -part for key, part in share(-total_minor, weights).items()}

    exact = {key: total_minor * weight / whole for key, weight in weights.items()}
    shares = {key: int(part) for key, part in exact.items()}
    left_over = total_minor - sum(shares.values())
    # Sorting is stable, so what is equal in both stays in the order of the partners.
    by_remainder = sorted(exact, key=lambda key: (shares[key] - exact[key], -weights[key]))
    for key in by_remainder[:left_over]:
        shares[key] += 1
    return shares


def rounded(total_minor: int, exact: Mapping[K, Fraction]) -> dict[K, int]:
    """Round exact amounts, which may have either sign, so that they sum to *total_minor*.

    The total is their sum, rounded. Each is rounded down, and the pence left over go one each
    to the largest fractional parts, as in `share`; a negative total is the mirror image.
    """
    if total_minor < 0:
        mirror = {key: -amount for key, amount in exact.items()}
        return {key: -part for key, part in rounded(-total_minor, mirror).items()}
    parts = {key: floor(amount) for key, amount in exact.items()}
    left_over = total_minor - sum(parts.values())
    by_remainder = sorted(exact, key=lambda key: (parts[key] - exact[key], -exact[key]))
    for key in by_remainder[:left_over]:
        parts[key] += 1
    return parts


def half_even(exact: Fraction) -> int:
    """Round to the nearest whole minor unit, a half to the even one. The only rounding there is."""
    return round(exact)
