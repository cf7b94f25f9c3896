"""What time brings: who is told when, what is forecast, instalments that fall due, stages."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as generated
from hypothesis import settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.trail import LogEntry
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.funding import schedule
from ledger.funding.overspend import clock as overspend_clock
from ledger.funding.overspend import queries as overspends
from ledger.funding.overspend.forecasts import forecasts, period_of
from ledger.funding.overspend.rules.days import Forecast, reminders_due, to_come
from ledger.funding.queries import transactions
from ledger.funding.rules.dimensions import Said
from ledger.funding.rules.events import Event
from ledger.funding.rules.periods import Stage
from ledger.funding.service import approvals, budget, instalments, pools, year_end
from ledger.funding.service.days import PeriodNotOpen, check_day
from ledger.messages.rules.alerts import RULES
from tests.funding.test_overspend import TODAY, now, overspent, stretched
from tests.given.funding import GivenPool, accrued, allocated, pool, posted, received


@pytest.fixture
def given(session: Session) -> GivenPool:
    return stretched()


def by_clock(command: Any, *args: Any, days: int = 0, **said: Any) -> Any:
    """Carry out what time brings, so many days from now."""
    with unit_of_work(Actor.system("clock"), now=clock.now() + timedelta(days=days)) as work:
        return command(work, *args, **said)


def kinds(session: Session) -> list[str]:
    session.rollback()
    found = session.query(LogEntry.kind).order_by(LogEntry.position).all()
    return [kind for (kind,) in found if kind in RULES or kind.startswith("funding.early")]


def test_it_is_told_once_and_again_when_it_grows(session: Session, given: GivenPool) -> None:
    overspent(given, 10_00)
    first = now(given)
    assert first.notice_by == TODAY + timedelta(days=5)
    assert first.plan_by == TODAY + timedelta(days=28)
    accrued(given, 1)
    assert by_clock(overspend_clock.note, limit=9, days=3) == 1
    assert by_clock(overspend_clock.note, limit=9, days=3) == 0
    assert now(given).notice_by == first.notice_by, "the days stay those of the first time"
    assert kinds(session).count("funding.overspend-noted") == 2


def test_days_are_reminded_of_before_and_after_until_done(given: GivenPool) -> None:
    overspent(given, 10_00)
    done = [by_clock(overspend_clock.remind, limit=9, days=day) for day in (0, 2, 3, 4, 5, 6, 7)]
    assert done == [0, 0, 1, 0, 0, 1, 0]
    late = [by_clock(overspend_clock.remind, limit=9, days=day) for day in (25, 26, 28, 29, 400)]
    assert late == [0, 1, 0, 1, 0]


@pytest.mark.parametrize(("gone", "count"), [(-3, 0), (-2, 1), (0, 1), (1, 2), (30, 2)], ids=str)
def test_reminders_due(gone: int, count: int) -> None:
    assert reminders_due(TODAY, TODAY + timedelta(days=gone)) == count


def test_a_forecast_is_what_came_is_promised_and_goes_on(given: GivenPool) -> None:
    accrued(given, 61_00)
    accrued(given, 20_00, said=Said(recurrent=False))
    db.session.rollback()
    period = period_of(given.view.periods, TODAY)
    assert period is not None
    found = forecasts(db.session(), given.id, period, given.schemes, TODAY)[given.schemes[0]]
    # 61 days of 365 are gone, and 304 are to come: £1 a day, and what does not recur, once.
    assert found == Forecast(
        spent_minor=81_00, committed_minor=0, to_come_minor=304_00, budget_minor=100_00
    )
    assert found.warns(Fraction(2, 100))


def test_a_warning_is_raised_once_told_and_clears(session: Session, given: GivenPool) -> None:
    assert schedule.warn() == 0
    accrued(given, 61_00)
    db.session.rollback()
    assert schedule.warn() == 1
    assert schedule.warn() == 0
    (standing,) = overspends.warnings(db.session(), given.view)
    assert (standing.forecast_minor, standing.budget_minor) == (365_00, 100_00)
    said = {"scheme_id": given.schemes[0], "amount_minor": 258_00, "reference": "Board"}
    outcome = posted(given.manager, budget.authorise_overspend, given.id, **said)
    for lead in given.leads:
        posted(lead, approvals.approve, outcome.transaction_id)
    db.session.rollback()
    assert schedule.warn() == 1, "at 2% above the budget or less it clears"
    (cleared,) = overspends.warnings(db.session(), given.view)
    assert cleared.cleared_at is not None
    assert kinds(session)[-1] == "funding.early-warning-cleared"


@generated(st.integers(-1000, 10**9), st.integers(1, 400), st.integers(0, 400), st.integers(1, 500))
@settings(max_examples=100)
def test_the_rate_is_exact_and_rounded_once(spent: int, length: int, gone: int, more: int) -> None:
    first = date(2026, 1, 1)
    last, today = first + timedelta(days=length), first + timedelta(days=gone)
    said = to_come(spent, first_day=first, last_day=last, today=today)
    past = min(gone, length) + 1
    if past < 28 or spent <= 0:
        assert said == 0
        return
    exact = Fraction(spent * (length + 1 - past), past)
    assert abs(said - exact) <= Fraction(1, 2)
    assert to_come(spent + more, first_day=first, last_day=last, today=today) >= said


@pytest.mark.parametrize(("forecast", "warns"), [(102_00, False), (102_01, True), (0, False)])
def test_the_threshold_itself_does_not_warn(forecast: int, *, warns: bool) -> None:
    one = Forecast(spent_minor=forecast, committed_minor=0, to_come_minor=0, budget_minor=100_00)
    assert one.warns(Fraction(2, 100)) is warns


def scheduled(given: GivenPool, *days: date) -> None:
    posted(given.manager, instalments.schedule, given.id, key="C1", due_on=list(days))


def due(given: GivenPool) -> list[tuple[date, date | None]]:
    db.session.rollback()
    return [
        (one.effective_on, one.relates_to)
        for one in transactions.every_transaction(db.session(), given.view)
        if one.event is Event.INSTALMENT_FALLEN_DUE
    ]


def test_instalments_fall_due_by_themselves_and_catch_up(session: Session) -> None:
    given = pool()
    days = [date(2026, month, 1) for month in (1, 2, 3, 4)]
    scheduled(given, *days)
    assert schedule.instalments() == 3, "what fell due while nobody looked, each on its own day"
    assert due(given) == [(day, None) for day in days[:3]]
    assert schedule.instalments() == 0
    done, refused = by_clock(instalments.bring_all_due, days=30)
    assert (done, refused) == (1, [])
    entries = session.query(LogEntry).filter(LogEntry.kind == "funding.instalment-fallen-due")
    assert {one.actor for one in entries} == {"system:clock"}


def test_an_instalment_of_a_closed_period_is_posted_today_and_says_so(session: Session) -> None:
    given = pool()
    scheduled(given, date(2026, 1, 1))
    (year,) = [one.id for one in given.view.periods]
    _next_year(given, pools.close_period, year)
    done, refused = by_clock(instalments.bring_all_due)
    assert (done, len(refused)) == (0, 1), "no period is open for today either"
    _next_year(given, pools.open_period, first_day=date(2027, 1, 1), last_day=date(2027, 12, 31))
    with unit_of_work(Actor.system("clock"), now=JANUARY) as work:
        assert instalments.bring_all_due(work) == (1, [])
    assert due(given) == [(JANUARY.date(), date(2026, 1, 1))]


def test_one_instalment_that_cannot_be_holds_up_no_other(session: Session) -> None:
    bad, good = pool(contributions=False), pool()
    for one in (bad, good):
        scheduled(one, date(2026, 1, 1))
    done, refused = by_clock(instalments.bring_all_due)
    assert done == 1
    assert len(refused) == 1
    assert str(bad.id) in refused[0]
    assert due(good) == [(date(2026, 1, 1), None)]


SOFT_CLOSED_REFUSES = {
    Event.CONTRIBUTION_AGREED,
    Event.RESERVE_SET,
    Event.BUDGET_ALLOCATED,
    Event.BUDGET_VIRED,
    Event.SPENDING_COMMITTED,
    Event.BUNDLE_STARTED,
    Event.BUDGET_BROUGHT_FORWARD,
}
YEAR_CLOSED_TAKES = {
    Event.UNDERSPEND_CARRIED,
    Event.UNDERSPEND_RETURNED,
    Event.FUND_DRAWN,
    Event.BUDGET_LAPSED,
    Event.PAYMENT_MADE,
    Event.CONTRIBUTION_RECEIVED,
    Event.REFUND_RECEIVED,
}


def test_each_event_at_each_stage(session: Session) -> None:
    """The table, written out here from the spec, and held by the service for each event."""
    given = pool()
    received(given, 100_00)
    (period,) = given.view.periods
    refused = {Stage.OPEN: _refused(given)}
    _next_year(given, year_end.soft_close, period.id)
    refused[Stage.SOFT_CLOSED] = _refused(given)
    _next_year(given, year_end.close_year, period.id, reference="Accounts")
    refused[Stage.YEAR_CLOSED] = _refused(given)
    closed = pool()
    _next_year(closed, pools.close_period, closed.view.periods[0].id)
    assert refused[Stage.OPEN] == set()
    assert refused[Stage.SOFT_CLOSED] == SOFT_CLOSED_REFUSES
    assert refused[Stage.YEAR_CLOSED] == set(Event) - YEAR_CLOSED_TAKES
    assert _refused(closed) == set(Event), "what is closed for good takes nothing"


JANUARY = datetime(2027, 1, 5, 9, 30, tzinfo=UTC)


def _next_year(given: GivenPool, command: Any, *args: Any, **said: Any) -> None:
    with unit_of_work(given.manager, now=JANUARY) as work:
        command(work, given.id, *args, **said)


def _refused(given: GivenPool) -> set[Event]:
    with unit_of_work(given.manager, now=JANUARY) as work:
        return {one for one in Event if not _posts(work, given.id, one)}


def _posts(work: UnitOfWork, pool_id: UUID, event: Event) -> bool:
    try:
        check_day(work, pool_id, date(2026, 12, 31), event)
    except PeriodNotOpen:
        return False
    return True


def test_a_scheme_that_has_not_begun_has_no_underspend(session: Session) -> None:
    given = pool()
    allocated(given, first=100_00, second=50_00)
    accrued(given, 6_10, scheme_id=given.schemes[1])
    session.rollback()
    for day, spare in ((TODAY, [0, 50_00 - 36_50]), (date(2026, 1, 20), [0, 0])):
        period = period_of(given.view.periods, day)
        assert period is not None
        found = forecasts(db.session(), given.id, period, given.schemes, day)
        assert [one.underspend_minor for one in found.values()] == spare
