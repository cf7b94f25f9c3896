"""What time brings to overspends: they are told of, days come near, forecasts turn."""

from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

from sqlalchemy import and_, select

from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.models import Period, Pool, PoolAccount, PoolBalance, Scheme
from ledger.funding.overspend.entries import (
    EarlyWarningCleared,
    EarlyWarningRaised,
    OverspendNoted,
    OverspendReminded,
)
from ledger.funding.overspend.forecasts import forecasts
from ledger.funding.overspend.models import ActionPlan, EarlyWarning, OverspendClock
from ledger.funding.overspend.rules.days import Duty, Forecast, reminders_due
from ledger.funding.payment_tables import Overspend
from ledger.funding.queries.pools import PeriodView
from ledger.funding.rules.chart import Head
from ledger.funding.service.posting import hold_pool


def note(work: UnitOfWork, *, limit: int) -> int:
    """Tell of each overspend that began, or grew, since it was told of; return how many."""
    found = (
        select(Overspend, PoolBalance.balance_minor, OverspendClock.told_minor)
        .join(
            PoolAccount,
            and_(PoolAccount.of == Overspend.scheme_id, PoolAccount.head == Head.AVAILABLE),
        )
        .join(PoolBalance, PoolBalance.account_id == PoolAccount.id)
        .outerjoin(
            OverspendClock,
            and_(
                OverspendClock.scheme_id == Overspend.scheme_id,
                OverspendClock.transaction_id == Overspend.transaction_id,
            ),
        )
        .where(Overspend.ended_at.is_(None))
        .order_by(Overspend.scheme_id)
    )
    due = [
        (one.scheme_id, one.transaction_id, one.pool_id)
        for one, balance_minor, told_minor in work.session.execute(found)
        if -balance_minor > (told_minor or 0)
    ]
    return sum(_note(work, *one) for one in due[:limit])


def _note(work: UnitOfWork, scheme_id: UUID, transaction_id: UUID, pool_id: UUID) -> bool:
    work.load(Pool, pool_id)  # To change: two clocks never tell of the same thing.
    pool, key = hold_pool(work, pool_id), (scheme_id, transaction_id)
    overspend = work.load(Overspend, key)
    held = select(PoolBalance.balance_minor).join(
        PoolAccount, PoolAccount.id == PoolBalance.account_id
    )
    held = held.where(PoolAccount.of == scheme_id, PoolAccount.head == Head.AVAILABLE)
    overspent_minor = -work.session.scalars(held).one()
    clock = work.session.get(OverspendClock, key, populate_existing=True)
    if overspend.ended_at is not None or overspent_minor <= (clock.told_minor if clock else 0):
        return False
    days = pool.fund.overspends
    work.authorise(Permission.POOL_LAPSE, on=pool.resource)
    work.record(
        OverspendNoted(
            pool_id=pool_id,
            scheme_id=scheme_id,
            transaction_id=transaction_id,
            overspent_minor=overspent_minor,
            notice_by=clock.notice_by if clock else work.today + timedelta(days.notice_days),
            plan_by=clock.plan_by if clock else work.today + timedelta(days.plan_days),
        )
    )
    return True


def remind(work: UnitOfWork, *, limit: int) -> int:
    """Remind whoever must act of days that come near or have passed; return how many times."""
    running = (
        select(OverspendClock)
        .join(
            Overspend,
            and_(
                OverspendClock.scheme_id == Overspend.scheme_id,
                OverspendClock.transaction_id == Overspend.transaction_id,
            ),
        )
        .where(Overspend.ended_at.is_(None))
        .order_by(OverspendClock.noted_at, OverspendClock.scheme_id)
    )
    done = 0
    for row in work.session.scalars(running).all():
        if done < limit:
            done += _remind(work, row.scheme_id, row.transaction_id)
    return done


def _remind(work: UnitOfWork, scheme_id: UUID, transaction_id: UUID) -> int:
    row = work.load(OverspendClock, (scheme_id, transaction_id))
    plan = select(ActionPlan.id).where(
        ActionPlan.scheme_id == scheme_id, ActionPlan.transaction_id == transaction_id
    )
    duties: list[tuple[Duty, date, int]] = []
    if row.explained_at is None:
        duties.append((Duty.NOTICE, row.notice_by, row.notice_reminders))
    if work.session.scalar(plan.limit(1)) is None:
        duties.append((Duty.PLAN, row.plan_by, row.plan_reminders))
    done, pool = 0, hold_pool(work, row.pool_id)
    for duty, due_on, sent in duties:
        count = reminders_due(due_on, work.today)
        if count > sent:
            work.authorise(Permission.POOL_LAPSE, on=pool.resource)
            work.record(
                OverspendReminded(
                    pool_id=row.pool_id,
                    scheme_id=scheme_id,
                    transaction_id=transaction_id,
                    duty=duty,
                    due_on=due_on,
                    overdue=work.today > due_on,
                )
            )
            done += 1
    return done


def warn(work: UnitOfWork, pool_id: UUID) -> int:
    """Raise and clear the early warnings of a pool as its forecast has it; return how many."""
    work.load(Pool, pool_id)  # To change: a warning is raised once.
    pool = hold_pool(work, pool_id)
    row = Period
    open_now = select(row).where(
        row.pool_id == pool_id,
        row.first_day <= work.today,
        row.last_day >= work.today,
        row.closed_at.is_(None),
    )
    period = work.session.scalar(open_now)
    if period is None:
        return 0
    view = PeriodView(
        id=period.id, first_day=period.first_day, last_day=period.last_day, closed_at=None
    )
    schemes = work.session.scalars(select(Scheme.id).where(Scheme.pool_id == pool_id)).all()
    standing = {
        one.scheme_id: one.id
        for one in work.session.scalars(
            select(EarlyWarning).where(
                EarlyWarning.pool_id == pool_id, EarlyWarning.cleared_at.is_(None)
            )
        )
    }
    done, above = 0, pool.fund.overspends.warning_percent / 100
    for scheme_id, said in forecasts(work.session, pool_id, view, schemes, work.today).items():
        if said.warns(above) is not (scheme_id in standing):
            work.authorise(Permission.POOL_LAPSE, on=pool.resource)
            work.record(_turned(pool_id, scheme_id, standing.get(scheme_id), said, above))
            done += 1
    return done


def _turned(
    pool_id: UUID, scheme_id: UUID, standing: UUID | None, said: Forecast, above: Fraction
) -> EarlyWarningRaised | EarlyWarningCleared:
    if standing is not None:
        return EarlyWarningCleared(
            pool_id=pool_id,
            scheme_id=scheme_id,
            warning_id=standing,
            forecast_minor=said.forecast_minor,
            budget_minor=said.budget_minor,
        )
    return EarlyWarningRaised(
        pool_id=pool_id,
        scheme_id=scheme_id,
        warning_id=new_id(),
        spent_minor=said.spent_minor,
        committed_minor=said.committed_minor,
        to_come_minor=said.to_come_minor,
        budget_minor=said.budget_minor,
        threshold=above,
    )
