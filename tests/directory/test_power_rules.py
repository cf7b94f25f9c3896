"""When a power holds: against a model that looks at one instant at a time."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.directory.acting.ages import AgeBand, age, band, birthday, reaches
from ledger.directory.acting.checks import check_finding, check_power
from ledger.directory.acting.rules import (
    BadFinding,
    BadPower,
    Finding,
    HelperOnlySaysNo,
    Life,
    Power,
    PowerKind,
    Scope,
    Step,
    may_act,
    speaks,
    windows,
)

LONDON = ZoneInfo("Europe/London")
T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
TICK = timedelta(microseconds=1)
MOMENTS = st.integers(0, 40).map(lambda n: T0 + timedelta(hours=n))


@st.composite
def lives(draw: st.DrawFn) -> Life:
    sixteen = draw(st.none() | MOMENTS)
    findings = draw(st.lists(st.builds(Finding, MOMENTS, st.booleans()), max_size=3))
    return Life(
        presumed_from=sixteen,
        adult_from=None if sixteen is None else sixteen + timedelta(hours=10),
        died_at=draw(st.none() | MOMENTS),
        findings=tuple(sorted(findings, key=lambda one: one.at)),
    )


@st.composite
def powers(draw: st.DrawFn) -> Power:
    starts_at = draw(MOMENTS)
    later = draw(st.lists(st.tuples(st.sampled_from(list(Step)[1:]), MOMENTS), max_size=4))
    return Power(
        id=UUID(int=1),
        person_id=UUID(int=2),
        kind=draw(st.sampled_from(PowerKind)),
        scope=frozenset(Scope),
        starts_at=starts_at,
        ends_at=draw(st.none() | MOMENTS.filter(lambda t: t > starts_at)),
        steps=((Step.RECORDED, T0), *sorted(later, key=lambda one: one[1])),
    )


def naive(power: Power, life: Life, t: datetime) -> bool:  # noqa: PLR0911
    """Read aloud from the law, with no regard for anything but *t*."""
    happened = [step for step, at in power.steps if at <= t]
    if t < power.starts_at or (power.ends_at and t >= power.ends_at):
        return False
    if Step.ENDED in happened or Step.VOIDED in happened:
        return False
    pauses = [step for step in happened if step in {Step.SUSPENDED, Step.RESUMED}]
    if pauses and pauses[-1] is Step.SUSPENDED:
        return False
    if life.died_at and t >= life.died_at:
        return False
    child = life.presumed_from is not None and t < life.presumed_from
    since = [f for f in life.findings if f.at <= t]
    if not child and life.presumed_from is not None:
        since = [f for f in since if f.at >= life.presumed_from]
    decides = since[-1].decides if since else not child
    if power.kind in {PowerKind.ATTORNEY, PowerKind.DEPUTY}:
        return Step.VERIFIED in happened and not decides
    if power.kind is PowerKind.PARENT:
        minor = life.adult_from is not None and t < life.adult_from
        return child or (minor and not decides)
    return True


@given(powers(), lives(), MOMENTS)
def test_p16_a_power_speaks_when_the_law_says_so(power: Power, life: Life, t: datetime) -> None:
    for instant in (t - TICK, t, t + TICK):
        assert speaks(power, life, instant) is naive(power, life, instant)


@given(powers(), lives(), MOMENTS)
def test_p16_windows_say_the_same_at_every_boundary(power: Power, life: Life, t: datetime) -> None:
    for instant in (t - TICK, t, t + TICK):
        inside = any(a <= instant and (b is None or instant < b) for a, b in windows(power, life))
        assert inside is speaks(power, life, instant)


def test_a_parent_of_a_competent_child_neither_looks_nor_says_anything_new() -> None:
    parent = Power(
        id=UUID(int=1),
        person_id=UUID(int=2),
        kind=PowerKind.PARENT,
        scope=frozenset(Scope),
        starts_at=T0,
        ends_at=None,
        steps=((Step.RECORDED, T0),),
    )
    child = Life(presumed_from=T0 + timedelta(days=1), adult_from=T0 + timedelta(days=700))
    competent = Life(
        presumed_from=child.presumed_from,
        adult_from=child.adult_from,
        findings=(Finding(T0 + timedelta(hours=1), decides=True),),
    )
    assert may_act(parent, child, T0 + timedelta(hours=1))
    assert may_act(parent, competent, T0)
    assert not may_act(parent, competent, T0 + timedelta(hours=1))
    assert speaks(parent, competent, T0 + timedelta(hours=1))


@pytest.mark.parametrize(
    ("born", "on"),
    [(date(2010, 3, 29), date(2026, 3, 29)), (date(2010, 10, 25), date(2026, 10, 25))],
)
def test_an_age_begins_at_midnight_where_the_service_is_also_when_clocks_change(
    born: date, on: date
) -> None:
    at = reaches(born, 16, LONDON)
    assert at.astimezone(LONDON).date() == on
    assert at.astimezone(LONDON).hour == 0
    assert band(born, at, LONDON) is AgeBand.FROM_16
    assert band(born, at.astimezone(UTC) - TICK, LONDON) is AgeBand.FROM_14


def test_who_was_born_on_29_february_comes_of_age_on_1_march() -> None:
    assert birthday(date(2008, 2, 29), 18) == date(2026, 3, 1)
    assert birthday(date(2008, 2, 29), 16) == date(2024, 2, 29)


@given(st.dates(date(1950, 1, 1), date(2026, 1, 1)), st.integers(0, 100))
def test_an_age_is_the_number_of_birthdays(born: date, years: int) -> None:
    at = reaches(born, years, LONDON)
    assert age(born, at, LONDON) == years
    assert age(born, at.astimezone(UTC) - TICK, LONDON) == years - 1


def test_bands() -> None:
    born = date(2000, 6, 1)
    found = [band(born, reaches(born, years, LONDON), LONDON) for years in (10, 11, 14, 16, 18)]
    assert found == list(AgeBand)


@pytest.mark.parametrize(
    ("kind", "scope", "changes", "error"),
    [
        (PowerKind.HELPER, {Scope.READ, Scope.DECIDE}, {}, HelperOnlySaysNo),
        (PowerKind.ATTORNEY, {Scope.DECIDE}, {}, BadPower),
        (PowerKind.ATTORNEY, {Scope.READ}, {"until_on": date(2025, 1, 1)}, BadPower),
        (PowerKind.PARENT, {Scope.READ}, {"until_on": date(2027, 1, 1)}, BadPower),
        (PowerKind.PARENT, {Scope.READ}, {"evidence": " "}, BadPower),
        (PowerKind.PARENT, {Scope.READ}, {"evidence": "x" * 2001}, BadPower),
    ],
)
def test_what_is_no_power(
    kind: PowerKind, scope: set[Scope], changes: dict[str, object], error: type[Exception]
) -> None:
    given_ = {"evidence": "Seen", "from_on": date(2026, 1, 1), "until_on": None, **changes}
    with pytest.raises(error):
        check_power(kind, scope, **given_)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"words": ""},
        {"found_on": date(2026, 3, 3)},
        {"review_on": date(2026, 3, 2)},
        {"review_on": date(2028, 3, 2)},
    ],
)
def test_what_is_no_finding(changes: dict[str, object]) -> None:
    today = date(2026, 3, 2)
    given_ = {"words": "Why", "found_on": today, "review_on": date(2026, 6, 2), **changes}
    with pytest.raises(BadFinding):
        check_finding(today=today, **given_)  # type: ignore[arg-type]
