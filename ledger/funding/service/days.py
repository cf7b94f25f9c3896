"""Which days a pool may post to, and what at each stage of a period's closing."""

from datetime import date
from uuid import UUID

from sqlalchemy import select

from ledger.core.errors import Conflict, Invalid
from ledger.core.work import UnitOfWork
from ledger.funding.models import Period
from ledger.funding.rules.events import Event
from ledger.funding.rules.periods import Stage, takes
from ledger.funding.service.holding import held


class PeriodNotOpen(Conflict):
    """A day that nothing may be posted to."""

    slug = "period-not-open"
    title = "Nothing can be posted to that day"


class NotYet(Invalid):
    """A day that has not come."""

    slug = "effective-day-in-future"
    title = "That day has not come yet"


class NotInClosedPeriod(Invalid):
    """A day that a correction says it is about, and that may still be posted to."""

    slug = "not-in-closed-period"
    title = "That day is not in a closed period"


def check_day(work: UnitOfWork, pool_id: UUID, day: date, event: Event) -> None:
    """Check that a pool may post *event*, or its reversal, to *day*.

    Raises:
        PeriodNotOpen: no period has it, or that period is closed, or takes no such event more.
        NotYet: it is after today.
    """
    if day > work.today:
        raise NotYet(f"{day} is after today: record it when it happens")
    period = period_of(work, pool_id, day)
    if period is None:
        raise PeriodNotOpen(f"no period of this pool has {day} in it: open one first")
    if period.closed_at is not None:
        raise PeriodNotOpen(f"the period of {day} is closed: post to an open one")
    if not takes(Stage(period.stage), event):
        raise PeriodNotOpen(f"the period of {day} is {period.stage}: it takes no {event} any more")


def check_closed(work: UnitOfWork, pool_id: UUID, day: date, event: Event) -> None:
    """Check that a correction may say it is about *day*. Raises `NotInClosedPeriod`."""
    period = period_of(work, pool_id, day)
    if period is None or not closed_to(period, event):
        raise NotInClosedPeriod("post it to that day itself: its period is not closed")


def closed_to(period: Period, event: Event) -> bool:
    """Say whether *event*, or its reversal, can be posted to the days of a period no more.

    So it is from the day the period has its result, before it is closed for good.
    """
    return period.closed_at is not None or not takes(Stage(period.stage), event)


def period_of(work: UnitOfWork, pool_id: UUID, day: date) -> Period | None:
    """Return the period that has *day* in it, held as it is until *work* ends."""

    def read() -> Period | None:
        return work.session.scalar(
            select(Period)
            .where(Period.pool_id == pool_id, Period.first_day <= day, Period.last_day >= day)
            .with_for_update(read=True)
            .execution_options(populate_existing=True)
        )

    return held(work, ("period", pool_id, day), read)
