"""One example of each rule of matching, and the edges of days."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.consent.rules import (
    Conditions,
    Data,
    Effect,
    Labels,
    Node,
    Outcome,
    Period,
    Request,
    Terms,
    answer,
)
from ledger.vocabulary.categories import Category
from tests.consent.strategies import SUBJECT, T0, version

LONDON = ZoneInfo("Europe/London")
P, D, NA, IND, RES = (
    Outcome.PERMIT,
    Outcome.DENY,
    Outcome.NOT_APPLICABLE,
    Outcome.INDETERMINATE,
    Outcome.RESIDUAL,
)

BASE = Request(
    subject=SUBJECT,
    actors=frozenset({"person:a", "role:clinician", "organisation:x"}),
    action="access",
    purpose="TREAT",
    at=T0,
)


def about(**known: object) -> Request:
    return replace(BASE, data=Data(**known))  # type: ignore[arg-type]


def labelled(confidentiality: str | None, *sensitivities: str) -> Request:
    return about(labels=Labels(confidentiality, frozenset(sensitivities)))


UP_TO_N = Terms(base=Effect.PERMIT, scope=Conditions(confidentiality="N"))
FROM_R = Terms(base=Effect.DENY, scope=Conditions(confidentiality="R"))
ALL_BUT_MENTAL_HEALTH = Terms(
    base=Effect.PERMIT,
    exceptions=(Node(Conditions(categories=frozenset({Category.MENTAL_HEALTH}))),),
)
ALL_BUT_HIV = Terms(
    base=Effect.PERMIT, exceptions=(Node(Conditions(sensitivities=frozenset({"HIV"}))),)
)


@pytest.mark.parametrize(
    ("terms", "request_", "expected"),
    [
        (UP_TO_N, labelled("L"), P),
        (UP_TO_N, labelled("N"), P),
        (UP_TO_N, labelled("R"), NA),
        (UP_TO_N, labelled(None), IND),
        (UP_TO_N, BASE, RES),
        (replace(UP_TO_N, unlabelled_is_normal=True), labelled(None), P),
        (replace(UP_TO_N, closed=True), labelled("V"), D),
        (FROM_R, labelled("N"), NA),
        (FROM_R, labelled("R"), D),
        (FROM_R, labelled("V"), D),
        (ALL_BUT_MENTAL_HEALTH, about(category=Category.TESTS), P),
        (ALL_BUT_MENTAL_HEALTH, about(category=Category.MENTAL_HEALTH), D),
        (ALL_BUT_MENTAL_HEALTH, BASE, RES),
        (ALL_BUT_HIV, labelled("N", "HIV"), D),
        (ALL_BUT_HIV, labelled("N"), P),
        (ALL_BUT_HIV, labelled(None), IND),
        (replace(ALL_BUT_HIV, unlabelled_is_normal=True), labelled(None), P),
        (
            Terms(base=Effect.PERMIT, scope=Conditions(actors=frozenset({"role:clinician"}))),
            BASE,
            P,
        ),
        (
            Terms(base=Effect.PERMIT, scope=Conditions(actors=frozenset({"organisation:y"}))),
            BASE,
            NA,
        ),
        (Terms(base=Effect.PERMIT, scope=Conditions(actions=frozenset({"disclose"}))), BASE, NA),
    ],
)
def test_a_rule(terms: Terms, request_: Request, expected: Outcome) -> None:
    assert answer(version(terms), request_).outcome is expected


def test_the_path_names_the_exception_that_decided() -> None:
    found = answer(version(ALL_BUT_MENTAL_HEALTH), about(category=Category.MENTAL_HEALTH))
    assert found.path == (0,)
    assert found.why == "denied"


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 3, 28, 23, 59, 59, tzinfo=LONDON), False),
        (datetime(2026, 3, 29, 0, 0, tzinfo=LONDON), True),
        (datetime(2026, 3, 29, 23, 59, 59, 999999, tzinfo=LONDON), True),  # A day of 23 hours.
        (datetime(2026, 3, 30, 0, 0, tzinfo=LONDON), False),
        (datetime(2026, 3, 29, 22, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 29, 23, 0, tzinfo=UTC), False),  # Midnight in British summer.
    ],
)
def test_p8_a_last_day_is_included_as_the_time_zone_counts_it(
    at: datetime,
    expected: bool,  # noqa: FBT001
) -> None:
    day = date(2026, 3, 29)
    assert Period.of_days(day, day, LONDON).covers(at) is expected


@given(
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    st.integers(0, 400),
    st.datetimes(datetime(2000, 1, 1), datetime(2101, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_p8_a_moment_is_inside_if_its_day_is(first: date, length: int, at: datetime) -> None:
    last = first + timedelta(days=length)
    inside = first <= at.astimezone(LONDON).date() <= last
    assert Period.of_days(first, last, LONDON).covers(at) is inside


def test_p8_exact_boundaries() -> None:
    period = Period(T0, T0 + timedelta(hours=1))
    tick = timedelta(microseconds=1)
    assert not period.covers(T0 - tick)
    assert period.covers(T0)
    assert period.covers(T0 + timedelta(hours=1) - tick)
    assert not period.covers(T0 + timedelta(hours=1))
