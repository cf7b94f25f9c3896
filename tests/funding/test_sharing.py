"""Sharing: what must hold for every amount, then the golden figures."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.funding.rules.sharing import NothingToShareBy, half_even, share

TOTALS = st.integers(-(10**15), 10**15)
WEIGHTS = st.dictionaries(
    st.integers(), st.fractions(0, 10**6, max_denominator=1000), min_size=1, max_size=12
).filter(lambda weights: any(weights.values()))


@given(TOTALS, WEIGHTS)
def test_not_a_penny_is_lost_and_nobody_is_a_penny_off(
    total_minor: int, weights: dict[int, Fraction]
) -> None:
    shares = share(total_minor, weights)
    whole = sum(weights.values(), Fraction(0))

    assert sum(shares.values()) == total_minor
    assert list(shares) == list(weights)
    for key, weight in weights.items():
        assert abs(shares[key] - total_minor * weight / whole) < 1
        assert weight or not shares[key]


@given(TOTALS, WEIGHTS, st.fractions(Fraction(1, 1000), 1000))
def test_only_the_proportions_matter(
    total_minor: int, weights: dict[int, Fraction], scale: Fraction
) -> None:
    scaled = {key: weight * scale for key, weight in weights.items()}

    assert share(total_minor, scaled) == share(total_minor, weights)


@given(TOTALS, WEIGHTS)
def test_what_is_owed_and_what_is_due_mirror_each_other(
    total_minor: int, weights: dict[int, Fraction]
) -> None:
    mirrored = {key: -part for key, part in share(total_minor, weights).items()}

    assert share(-total_minor, weights) == mirrored


@pytest.mark.parametrize(
    ("total_minor", "weights", "shares"),
    [
        (16_234_567, (6137, 3001, 862), (9_963_154, 4_871_993, 1_399_420)),
        (490_960_000, (1,) * 12, (40_913_334,) * 4 + (40_913_333,) * 8),
        (
            23_827_666,
            (
                Fraction("7153429.776"),
                Fraction("10013202.848"),
                Fraction("6661033.704"),
            ),
            (7_153_430, 10_013_203, 6_661_033),
        ),
        (625_001, (68, 21, 11), (425_001, 131_250, 68_750)),
        (43_746_761, (6137, 3001, 862), (26_847_387, 13_128_403, 3_770_971)),
        (1, (1, 1), (1, 0)),
        (
            2,
            (1, 2, 1),
            (1, 1, 0),
        ),  # Equal remainders: the larger weight, then the order.
        (5, (0, 1, 0), (0, 5, 0)),
        (0, (3, 4), (0, 0)),
    ],
)
def test_golden_figures(
    total_minor: int, weights: tuple[int | Fraction, ...], shares: tuple[int, ...]
) -> None:
    assert tuple(share(total_minor, dict(enumerate(weights))).values()) == shares


@pytest.mark.parametrize("weights", [{}, {1: 0}, {1: 2, 2: -1}])
def test_weights_that_divide_nothing(weights: dict[int, int]) -> None:
    with pytest.raises(NothingToShareBy):
        share(100, weights)


def test_a_half_goes_to_the_even_penny() -> None:
    assert [half_even(Fraction(n, 2)) for n in (1, 3, 5, -1)] == [0, 2, 2, 0]
