"""Who stands for whom: random orders of successions against a plain model."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.directory.succession.rules import (
    AlreadySucceeded,
    BadSuccessionDay,
    NoOrder,
    OrganisationSucceeded,
    SucceedsItself,
    SuccessionInACircle,
    Successions,
    check_stands,
    check_succession,
    checked_order,
    roles_end_on,
)

TODAY = date(2026, 4, 1)
ORGANISATIONS = [UUID(int=n) for n in range(1, 7)]
A, B, C = ORGANISATIONS[:3]
places = st.integers(0, len(ORGANISATIONS) - 1)
days = st.integers(-8, 8).map(lambda n: TODAY + timedelta(days=n))
orders = st.lists(st.tuples(places, places, days), max_size=12)


def accepted(made: list[tuple[int, int, date]]) -> Successions:
    """Record what the rules let through, in the order in which it comes."""
    known = Successions()
    for number, (one, other, day) in enumerate(made, 1):
        predecessor, successor = ORGANISATIONS[one], ORGANISATIONS[other]
        try:
            check_succession(
                known, predecessor=predecessor, successor=successor, effective_on=day, today=TODAY
            )
        except (SucceedsItself, AlreadySucceeded, SuccessionInACircle):
            continue
        known = Successions(number, {**known.by_predecessor, predecessor: (successor, day)})
    return known


def plain(known: Successions, organisation: UUID, on: date) -> UUID:
    """The model: go on while there is a successor whose day has come."""
    for _ in ORGANISATIONS:
        after = [
            s for p, (s, day) in known.by_predecessor.items() if p == organisation and day <= on
        ]
        organisation = after[0] if after else organisation
    return organisation


@given(orders, days)
def test_each_way_of_asking_agrees_with_a_plain_model(
    made: list[tuple[int, int, date]], on: date
) -> None:
    known = accepted(made)
    for one in ORGANISATIONS:
        assert known.current(one, on) == plain(known, one, on)
        assert known.succeeded(one, on) == (plain(known, one, on) != one)
        standing = {each for each in ORGANISATIONS if plain(known, each, on) == one}
        assert {*known.stood_for(one, on)} == standing - {one}
        windows = {each: window for each, window in known.windows(one) if window.holds(on)}
        assert set(windows) == standing


@given(orders)
def test_nothing_goes_round_and_everybody_has_one_place(made: list[tuple[int, int, date]]) -> None:
    known = accepted(made)
    last = TODAY + timedelta(days=9)
    ends = {known.current(each, last) for each in ORGANISATIONS}
    assert all(known.current(end, last) == end for end in ends)


def test_what_is_refused() -> None:
    known = Successions(1, {A: (B, TODAY), B: (C, TODAY)})
    again = {"effective_on": TODAY, "today": TODAY}
    with pytest.raises(SucceedsItself):
        check_succession(known, predecessor=C, successor=C, **again)
    with pytest.raises(AlreadySucceeded):
        check_succession(known, predecessor=A, successor=C, **again)
    with pytest.raises(SuccessionInACircle):
        check_succession(known, predecessor=C, successor=A, **again)
    with pytest.raises(BadSuccessionDay):
        check_succession(
            Successions(), predecessor=A, successor=B, effective_on=date(1999, 4, 1), today=TODAY
        )
    for title in ("", "  ", "x" * 201):
        with pytest.raises(NoOrder):
            checked_order(title)


def test_roles_end_the_day_before_and_never_on_a_day_that_was_worked() -> None:
    assert roles_end_on(TODAY + timedelta(days=30), today=TODAY) == date(2026, 4, 30)
    assert roles_end_on(TODAY - timedelta(days=30), today=TODAY) == date(2026, 3, 31)


def test_nothing_new_begins_for_who_is_succeeded() -> None:
    known = Successions(1, {A: (B, TODAY)})
    check_stands(known, A, from_on=date(2026, 1, 1), until_on=date(2026, 3, 31))
    for until_on in (None, TODAY):
        with pytest.raises(OrganisationSucceeded):
            check_stands(known, A, from_on=date(2026, 1, 1), until_on=until_on)
