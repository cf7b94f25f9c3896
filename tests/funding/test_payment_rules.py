"""Paying by head, by outcome and by gain or loss: what must hold whatever the figures are."""

from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import Event
from ledger.funding.rules.payment_models import (
    Line,
    NotWithinPot,
    RateRefused,
    award_bonus,
    capitate,
    gross,
)
from ledger.funding.rules.periods import AFTER_RESULT, PROMISES, Stage, takes
from ledger.funding.rules.postings import AmountRefused, check_balanced, movements
from ledger.funding.rules.settlement import (
    Inputs,
    Run,
    RunOutOfOrder,
    check_next,
    divided,
    settle,
    settled,
)
from ledger.funding.rules.sharing import half_even, rounded
from ledger.funding.rules.year_end import (
    Cause,
    NotForThisCause,
    carry_forward,
    draw_fund,
    return_underspend,
)

SCHEME, A, B, C = (UUID(int=n) for n in (21, 1, 2, 3))
PARTIES = st.sampled_from((A, B, C))
RATES = st.fractions(0, 1, max_denominator=1000)
LINES = st.lists(
    st.builds(
        Line,
        provider_id=PARTIES,
        stratum=st.just("all"),
        members=st.fractions(-(10**5), 10**5, max_denominator=10**6),
        rate_minor=st.fractions(0, 10**4, max_denominator=1000),
        risk_index=st.fractions(0, 3, max_denominator=1000),
    ),
    min_size=1,
    max_size=12,
)
INPUTS = st.builds(
    Inputs,
    target_minor=st.integers(1, 10**12),
    actual_minor=st.integers(0, 2 * 10**12),
    corridor=RATES,
    gain_rate=RATES,
    loss_rate=RATES,
    quality=RATES,
    cap=RATES,
    weights=st.dictionaries(PARTIES, st.fractions(1, 100, max_denominator=50), min_size=1),
)
few = settings(max_examples=30, deadline=None)


@few
@given(lines=LINES, rate=RATES)
def test_lines_sum_to_the_gross_and_pots_to_what_is_withheld(
    lines: list[Line], rate: Fraction
) -> None:
    found = gross(lines, rate)
    exact = sum((line.exact_minor for line in lines), Fraction(0))
    assert found.gross_minor == half_even(exact) == sum(found.lines_minor)
    assert sum(part for part, _ in found.by_provider.values()) == found.gross_minor
    assert sum(kept for _, kept in found.by_provider.values()) == found.withheld_minor
    assert found.withheld_minor == half_even(found.gross_minor * rate)
    for line, part in zip(lines, found.lines_minor, strict=True):
        assert abs(part - line.exact_minor) < 1
    if postings := capitate(SCHEME, found.by_provider):
        check_balanced(postings)


@few
@given(st.dictionaries(st.integers(0, 9), st.fractions(-100, 100), min_size=1))
def test_rounding_apart_is_its_own_mirror_image(exact: dict[int, Fraction]) -> None:
    total = half_even(sum(exact.values(), Fraction(0)))
    mirror = rounded(-total, {key: -part for key, part in exact.items()})
    if total:
        assert mirror == {key: -part for key, part in rounded(total, exact).items()}
    assert sum(rounded(total, exact).values()) == total


@few
@given(pot=st.integers(1, 10**12), rate=RATES)
def test_earned_and_unearned_are_the_pot(pot: int, rate: Fraction) -> None:
    earned = half_even(pot * rate)
    postings = award_bonus(SCHEME, A, pot, earned)
    check_balanced(postings)
    moved = movements(postings)
    owed = -moved.get(Account(head=Head.PAYABLE, of=A), 0)
    back = moved.get(Account(head=Head.AVAILABLE, of=SCHEME), 0)
    assert owed + back == pot == moved[Account(head=Head.WITHHOLD, of=A)]


def test_an_award_is_within_its_pot() -> None:
    with pytest.raises(NotWithinPot):
        award_bonus(SCHEME, A, 100, 101)


@few
@given(inputs=INPUTS)
def test_a_settlement_is_capped_nothing_inside_the_corridor_and_shared_whole(
    inputs: Inputs,
) -> None:
    result, saved = settled(inputs), inputs.target_minor - inputs.actual_minor
    assert abs(result) <= inputs.cap * inputs.target_minor + Fraction(1, 2)
    assert result == 0 or (result > 0) is (saved > 0)
    if abs(saved) <= inputs.corridor * inputs.target_minor:
        assert result == 0
    assert sum(divided(inputs).values()) == result


@few
@given(inputs=INPUTS, less=st.integers(0, 10**12))
def test_costing_less_never_gives_less(inputs: Inputs, less: int) -> None:
    cheaper = Inputs(
        **{
            name: getattr(inputs, name)
            for name in inputs.__dataclass_fields__
            if name != "actual_minor"
        },
        actual_minor=max(0, inputs.actual_minor - less),
    )
    assert settled(cheaper) >= settled(inputs)


@few
@given(first=INPUTS, last=INPUTS)
def test_the_final_run_posts_the_difference(first: Inputs, last: Inputs) -> None:
    provisional, final = divided(first), divided(last)
    sums: dict[Account, int] = {}
    for postings in (settle(SCHEME, provisional, {}), settle(SCHEME, final, provisional)):
        for account, amount in movements(postings).items():
            sums[account] = sums.get(account, 0) + amount
    at_once = movements(settle(SCHEME, final, {}))
    assert {one: amount for one, amount in sums.items() if amount} == at_once


def test_runs_come_in_their_order() -> None:
    check_next(Run.SHADOW, Run.SHADOW)
    check_next(Run.FINAL, Run.PROVISIONAL)
    for run, before in ((Run.SHADOW, Run.FINAL), (Run.FINAL, Run.FINAL)):
        with pytest.raises(RunOutOfOrder):
            check_next(run, before)


def test_a_run_that_must_be_a_slip_is_refused() -> None:
    huge = {"rate_minor": Fraction(10**15), "risk_index": Fraction(1), "stratum": "all"}
    lines = [Line(provider_id=A, members=Fraction(sign * 10**15), **huge) for sign in (1, -1)]  # type: ignore[arg-type]
    for run in (lines[:1], lines):
        with pytest.raises(AmountRefused):
            gross(run, Fraction(0))


def test_rates_out_of_range_are_refused() -> None:
    line = Line(
        provider_id=A,
        stratum="all",
        members=Fraction(1),
        rate_minor=Fraction(-1),
        risk_index=Fraction(1),
    )
    for lines, rate in (([], 0), ([line], 0)):
        with pytest.raises(RateRefused):
            gross(lines, Fraction(rate))


def test_a_cause_decides_where_an_underspend_goes() -> None:
    parts = {A: 60, B: 40}
    with pytest.raises(NotForThisCause):
        carry_forward(parts, Cause.WINDFALL)
    with pytest.raises(NotForThisCause):
        return_underspend(parts, Cause.RING_FENCED)
    kept = movements(carry_forward(parts, Cause.RING_FENCED))
    assert kept[Account(head=Head.FUND_RINGFENCE, of=A)] == -60
    drawn = movements(draw_fund(parts, ring_fenced=True))
    assert drawn == {account: -amount for account, amount in kept.items()}


@pytest.mark.parametrize("event", list(Event))
def test_a_period_takes_less_the_further_it_is_closed(event: Event) -> None:
    assert takes(Stage.OPEN, event)
    assert takes(Stage.SOFT_CLOSED, event) is (event not in PROMISES)
    assert takes(Stage.YEAR_CLOSED, event) is (event in AFTER_RESULT)
