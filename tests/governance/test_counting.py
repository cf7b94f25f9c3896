"""Counting votes: against a naive count, and every vote there can be on a small body."""

from dataclasses import replace
from fractions import Fraction
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.governance.motions.counting import (
    Because,
    RollSeat,
    check_reachable,
    named,
    secret,
)
from ledger.governance.motions.rules import (
    BadRules,
    Basis,
    Choice,
    QuorumOutOfReach,
    State,
    VotingRules,
    check_rules,
)
from ledger.governance.rules import StakeholderClass

CLASSES = (StakeholderClass.PAYER, StakeholderClass.PATIENT, StakeholderClass.PROVIDER)
FOR, AGAINST, ABSTAIN = Choice


def roll_of(classes: list[StakeholderClass]) -> list[RollSeat]:
    return [
        RollSeat(seat_id=UUID(int=n + 1), person_id=UUID(int=n + 100), stakeholder=one)
        for n, one in enumerate(classes)
    ]


some = st.frozensets(st.sampled_from(CLASSES), max_size=2)
thresholds = st.sampled_from([Fraction(1, 2), Fraction(2, 3), Fraction(4, 5), Fraction(1)])


@st.composite
def votes(draw: st.DrawFn) -> tuple[VotingRules, list[RollSeat], list[Choice | None], list[bool]]:
    roll = roll_of(draw(st.lists(st.sampled_from(CLASSES), min_size=1, max_size=7)))
    size = len(roll)
    threshold = draw(thresholds)
    rules = VotingRules(
        quorum_seats=draw(st.integers(1, size)),
        quorum_classes=draw(some),
        threshold=threshold,
        more_than=draw(st.booleans()) and threshold < 1,
        basis=draw(st.sampled_from(Basis)),
        majority_classes=draw(some),
        veto_classes=draw(some),
    )
    if rules.basis is Basis.CAST and threshold == Fraction(1, 2) and rules.more_than:
        chair = draw(st.none() | st.sampled_from([one.seat_id for one in roll]))
        rules = replace(rules, casting_seat_id=chair)
    ballots = draw(st.lists(st.none() | st.sampled_from(Choice), min_size=size, max_size=size))
    recused = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    return rules, roll, ballots, recused


def naive(
    rules: VotingRules, roll: list[RollSeat], ballots: list[Choice | None], recused: list[bool]
) -> State:
    """The same, written as somebody with a pencil would."""
    there = [(s, b) for s, b, r in zip(roll, ballots, recused, strict=True) if not r]
    yes = [s for s, b in there if b is FOR]
    no = [s for s, b in there if b is AGAINST]
    present = [s for s, b in there if b is not None]
    if len(present) < rules.quorum_seats:
        return State.NO_QUORUM
    for wanted in rules.quorum_classes:
        if not any(s.stakeholder is wanted for s in present):
            return State.NO_QUORUM
    if any(s.stakeholder in rules.veto_classes for s in no):
        return State.LOST
    for wanted in rules.majority_classes:
        ayes = sum(s.stakeholder is wanted for s in yes)
        if ayes <= sum(s.stakeholder is wanted for s in no):
            return State.LOST
    ayes, noes = len(yes), len(no)
    if rules.casting_seat_id and ayes == noes:
        ayes += any(s.seat_id == rules.casting_seat_id for s in yes)
        noes += any(s.seat_id == rules.casting_seat_id for s in no)
    base = {"cast": ayes + noes, "present": len(present), "seats": len(there)}[rules.basis]
    top, bottom = rules.threshold.numerator, rules.threshold.denominator
    enough = ayes * bottom > top * base if rules.more_than else ayes * bottom >= top * base
    return State.PASSED if enough and ayes else State.LOST


@given(votes())
def test_a_count_is_what_somebody_with_a_pencil_gets(
    vote: tuple[VotingRules, list[RollSeat], list[Choice | None], list[bool]],
) -> None:
    rules, roll, ballots, recused = vote
    cast = {s.seat_id: b for s, b in zip(roll, ballots, strict=True) if b is not None}
    aside = frozenset(s.seat_id for s, r in zip(roll, recused, strict=True) if r)
    decision = named(rules, roll, recused=aside, ballots=cast)
    assert decision.outcome is naive(rules, roll, ballots, recused)
    count = decision.count
    assert count.votes_for is not None
    assert count.against is not None
    assert count.votes_for + count.against + (count.abstained or 0) == count.voted <= count.seats
    assert sum(one.seats for one in count.classes) == count.seats
    assert sum(one.votes_for for one in count.classes) == count.votes_for
    assert count.seats + count.recused == len(roll)


@given(votes())
def test_one_voice_more_for_it_never_defeats_it(
    vote: tuple[VotingRules, list[RollSeat], list[Choice | None], list[bool]],
) -> None:
    rules, roll, ballots, recused = vote
    cast = {s.seat_id: b for s, b in zip(roll, ballots, strict=True) if b is not None}
    aside = frozenset(s.seat_id for s, r in zip(roll, recused, strict=True) if r)
    if named(rules, roll, recused=aside, ballots=cast).outcome is not State.PASSED:
        return
    for one in roll:
        more = {**cast, one.seat_id: FOR}
        assert named(rules, roll, recused=aside, ballots=more).outcome is State.PASSED


@pytest.mark.parametrize("basis", Basis)
@pytest.mark.parametrize("threshold", [Fraction(1, 2), Fraction(2, 3), Fraction(1)])
def test_every_vote_of_a_small_body(basis: Basis, threshold: Fraction) -> None:
    roll = roll_of([CLASSES[0], CLASSES[0], CLASSES[1], CLASSES[2]])
    rules = VotingRules(
        quorum_seats=3, threshold=threshold, more_than=threshold < 1, basis=basis,
        quorum_classes=frozenset({CLASSES[1]}), veto_classes=frozenset({CLASSES[2]}),
    )  # fmt: skip
    nobody = [False] * 4
    outcomes = set()
    for ballots in product((None, *Choice), repeat=4):
        cast = {s.seat_id: b for s, b in zip(roll, ballots, strict=True) if b is not None}
        found = named(rules, roll, recused=frozenset(), ballots=cast).outcome
        assert found is naive(rules, roll, list(ballots), nobody)
        outcomes.add(found)
    assert outcomes == {State.PASSED, State.LOST, State.NO_QUORUM}


def test_sums_of_a_secret_vote_decide_as_names_would() -> None:
    roll = roll_of([CLASSES[0]] * 4)
    rules = VotingRules(quorum_seats=3, secret=True)
    for ballots in product((None, *Choice), repeat=4):
        cast = {s.seat_id: b for s, b in zip(roll, ballots, strict=True) if b is not None}
        sums = {one: list(ballots).count(one) for one in Choice}
        hidden = secret(rules, roll, recused=frozenset(), voted=frozenset(cast), sums=sums)
        shown = named(rules, roll, recused=frozenset(), ballots=cast)
        assert (hidden.outcome, hidden.because) == (shown.outcome, shown.because)
        assert hidden.count.classes == ()
        told = hidden.count.votes_for is not None
        assert told is (hidden.outcome is not State.NO_QUORUM), "too few: sums are told to nobody"


def test_a_tie_is_broken_by_the_chair_or_lost() -> None:
    roll = roll_of([CLASSES[0]] * 3)
    chair = roll[2].seat_id
    rules = VotingRules(quorum_seats=2)
    tie = {roll[0].seat_id: FOR, chair: AGAINST}
    assert named(rules, roll, recused=frozenset(), ballots=tie).outcome is State.LOST
    with_chair = replace(rules, casting_seat_id=chair)
    lost = named(with_chair, roll, recused=frozenset(), ballots=tie)
    assert (lost.outcome, lost.because) == (State.LOST, Because.CASTING_VOTE)
    tie = {roll[0].seat_id: AGAINST, chair: FOR}
    won = named(with_chair, roll, recused=frozenset(), ballots=tie)
    assert (won.outcome, won.count.casting) == (State.PASSED, FOR)
    aside = named(
        with_chair, roll, recused=frozenset({chair}), ballots={**tie, roll[1].seat_id: FOR}
    )
    assert aside.outcome is State.LOST, "a chair who has stepped aside breaks no tie"


GOOD = VotingRules(quorum_seats=2)
SEATS = {UUID(int=1): CLASSES[0], UUID(int=2): CLASSES[0], UUID(int=3): CLASSES[1]}


@pytest.mark.parametrize(
    "changed",
    [
        {"quorum_seats": 0},
        {"quorum_seats": 4},
        {"threshold": Fraction(0)},
        {"threshold": Fraction(3, 2)},
        {"threshold": Fraction(1), "more_than": True},
        {"veto_classes": frozenset({CLASSES[2]})},
        {"days_open": 0},
        {"days_open": 91},
        {"casting_seat_id": UUID(int=9)},
        {"casting_seat_id": UUID(int=1), "threshold": Fraction(2, 3)},
        {"casting_seat_id": UUID(int=1), "basis": Basis.SEATS},
        {"secret": True},
        {"secret": True, "quorum_seats": 3, "veto_classes": frozenset({CLASSES[1]})},
        {"secret": True, "quorum_seats": 3, "casting_seat_id": UUID(int=1)},
    ],
)
def test_rules_that_cannot_be_met_or_tell_a_secret_are_refused(changed: dict[str, object]) -> None:
    check_rules(GOOD, classes=SEATS)
    with pytest.raises(BadRules):
        check_rules(replace(GOOD, **changed), classes=SEATS)  # type: ignore[arg-type]


def test_a_vote_that_cannot_reach_its_quorum_is_not_opened() -> None:
    roll = roll_of([CLASSES[0]] * 2)
    check_reachable(GOOD, roll)
    with pytest.raises(QuorumOutOfReach):
        check_reachable(GOOD, roll[:1])
    with pytest.raises(QuorumOutOfReach):
        check_reachable(replace(GOOD, quorum_classes=frozenset({CLASSES[1]})), roll)
