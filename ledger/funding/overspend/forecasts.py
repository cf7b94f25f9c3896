"""What schemes are going to have spent by the end of the period; see `rules.overspend.Forecast`.

A scheme's spending without a commitment is what its liabilities took from what was available
to it; transactions that were said not to recur have no rate. Credit notes and claw-backs
count against it, and a reversal against what it reverses.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from ledger.funding.models import PoolAccount, PoolPosting, PoolTransaction
from ledger.funding.overspend.rules.days import RATE_FROM_DAY, Forecast, days_gone, to_come
from ledger.funding.queries.as_of import balances_at, within
from ledger.funding.queries.balances import balances
from ledger.funding.queries.pools import PeriodView
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import TAKES_BACK

_original = aliased(PoolTransaction)


def period_of(periods: Sequence[PeriodView], day: date) -> PeriodView | None:
    """Return the period that has *day* in it."""
    return next((one for one in periods if one.first_day <= day <= one.last_day), None)


def held(session: Session, pool_id: UUID, size: int | None) -> dict[Account, int]:
    """Return what every account of a pool holds: now, or as of a size of the log."""
    return balances(session, pool_id) if size is None else balances_at(session, pool_id, size)


def forecasts(
    session: Session,
    pool_id: UUID,
    period: PeriodView,
    schemes: Sequence[UUID],
    today: date,
    *,
    size: int | None = None,
) -> dict[UUID, Forecast]:
    """Return the forecast of each scheme for *period* as of *today*.

    Args:
        session: To read by.
        pool_id: Which pool; the caller may see it.
        period: The period that has *today* in it.
        schemes: Which schemes.
        today: As of when the rate is taken.
        size: As of which size of the log; now, if not given.
    """
    accounts = held(session, pool_id, size)
    spent = _sums(session, pool_id, period, Head.SPENT, size)
    owing = or_(
        PoolTransaction.liability,
        _original.liability,
        PoolTransaction.event.in_(TAKES_BACK),
        _original.event.in_(TAKES_BACK),
    )
    leg = aliased(PoolPosting)
    one_off = exists(
        select(leg.seq).where(leg.transaction_id == PoolTransaction.id, leg.recurrent.is_(False))
    )
    drawn = _sums(session, pool_id, period, Head.AVAILABLE, size, owing, ~one_off)
    found, gone = {}, days_gone(period.first_day, period.last_day, today)
    for scheme in schemes:
        available, committed = (
            accounts.get(Account(head=head, of=scheme), 0)
            for head in (Head.AVAILABLE, Head.COMMITTED)
        )
        found[scheme] = Forecast(
            spent_minor=spent.get(scheme, 0),
            committed_minor=committed,
            to_come_minor=to_come(
                -drawn.get(scheme, 0),
                first_day=period.first_day,
                last_day=period.last_day,
                today=today,
            ),
            budget_minor=available + committed + spent.get(scheme, 0),
            rated=gone >= RATE_FROM_DAY and (spent.get(scheme, 0) > 0 or committed > 0),
        )
    return found


def _sums(
    session: Session,
    pool_id: UUID,
    period: PeriodView,
    head: Head,
    size: int | None,
    *such: ColumnElement[bool],
) -> dict[UUID, int]:
    query = in_period(session, period, pool_id, size).where(PoolAccount.head == head, *such)
    return {row.of: int(row.sum) for row in session.execute(query) if row.of}


def in_period(
    session: Session, period: PeriodView, pool_id: UUID, size: int | None
) -> Select[UUID | None, int]:
    """Return a select of (of, sum) of a pool's postings that count for the days of a period."""
    query = (
        select(PoolAccount.of, func.sum(PoolPosting.amount_minor).label("sum"))
        .join(PoolPosting, PoolPosting.account_id == PoolAccount.id)
        .join(PoolTransaction, PoolTransaction.id == PoolPosting.transaction_id)
        .outerjoin(_original, _original.id == PoolTransaction.reverses)
        .where(
            PoolTransaction.pool_id == pool_id,
            PoolTransaction.effective_on.between(period.first_day, period.last_day),
        )
        .group_by(PoolAccount.of)
    )
    return query if size is None else query.where(within(session, size))


def of_event(event: str) -> ColumnElement[bool]:
    """Return the condition on `in_period` that a transaction is an event, or undoes one."""
    return or_(PoolTransaction.event == event, _original.event == event)
