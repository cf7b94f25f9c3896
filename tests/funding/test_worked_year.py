"""The worked year, to the penny."""

from fractions import Fraction
from uuid import UUID

from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.payment_models import award_bonus, capitation_gross
from ledger.funding.rules.postings import movements
from ledger.funding.rules.sharing import share
from tests.funding.worked_year import (
    COUNTY,
    DISTRICT,
    HUB,
    ICB,
    S1,
    S2,
    S3,
    S4,
    WEIGHTS,
    first_pool,
    second_pool,
)


def test_the_first_pool_underspends_and_ends_with_what_is_carried_forward() -> None:
    pool = first_pool()
    carried = share(43_746_760, WEIGHTS)

    expected: dict[tuple[Head, UUID | None], int] = {
        (Head.FUNDING, ICB): -490_960_000,
        (Head.FUNDING, COUNTY): -240_080_000,
        (Head.FUNDING, DISTRICT): -68_960_000,
        (Head.SPENT, S1): 395_123_456,
        (Head.SPENT, S3): 281_132_965,
        (Head.SPENT, S4): 36_250_058,
        (Head.LAPSED, None): 87_493_521,
        (Head.CASH, None): 43_746_760,
        **{(Head.FUND_BROUGHT_FORWARD, partner): -part for partner, part in carried.items()},
    }
    assert pool.left() == expected
    assert share(43_746_761, WEIGHTS) == {
        ICB: 26_847_387,
        COUNTY: 13_128_403,
        DISTRICT: 3_770_971,
    }


def test_the_second_pool_overspends_and_ends_with_nothing() -> None:
    assert second_pool().left() == {
        (Head.FUNDING, ICB): -132_703_154,
        (Head.FUNDING, COUNTY): -64_891_993,
        (Head.FUNDING, DISTRICT): -18_639_420,
        (Head.SPENT, S2): 216_234_567,
    }


def test_a_month_of_capitation_is_rounded_once() -> None:
    gross_minor, lines = capitation_gross(
        {
            "0-64": (1, 1, Fraction("7153429.776")),
            "65-84": (1, 1, Fraction("10013202.848")),
            "85+": (1, 1, Fraction("6661033.704")),
        }
    )

    assert gross_minor == 23_827_666
    assert lines == {"0-64": 7_153_430, "65-84": 10_013_203, "85+": 6_661_033}


def test_what_was_not_earned_of_the_pot_returns_to_the_scheme() -> None:
    moved = movements(award_bonus(S3, HUB, 14_281_580, 9_782_882))

    assert moved[Account(head=Head.PAYABLE, of=HUB)] == -9_782_882
    assert moved[Account(head=Head.AVAILABLE, of=S3)] == 4_498_698
