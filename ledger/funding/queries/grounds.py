"""What later transactions rest on, over all years: what fell due, what is kept, what was charged.

Balances alone do not tell: income ends with each year, and budget that was brought forward
is spent or lapses. What is summed here belongs to accounts whose locks the caller holds.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from ledger.funding.models import Period, PoolAccount, PoolBalance, PoolPosting, PoolTransaction
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import Event
from ledger.funding.rules.periods import Stage


def fallen_due(session: Session, pool_id: UUID, partner_id: UUID) -> int:
    """Return what ever fell due of a partner, in all years, its shares of overspends included."""
    heads = (Head.INCOME, Head.INCOME_RISKSHARE)
    accounts = [Account(head=head, of=partner_id).id_in(pool_id) for head in heads]
    query = _summed(accounts).where(PoolTransaction.event != Event.YEAR_CLOSED)
    return -int(session.scalars(query).one())


def kept_beyond_budget(session: Session, pool_id: UUID) -> int:
    """Return what is carried forward and is not budget of a year that still runs.

    A year's budget out of it is spent, and then it is drawn, or lapses: once the year has its
    result, what is kept is what is left. What such a year is short of is as good as drawn.
    """
    kept = (Head.FUND_BROUGHT_FORWARD, Head.FUND_RINGFENCE, Head.RESULT)
    rows = session.execute(
        select(PoolAccount.head, func.sum(PoolBalance.balance_minor).label("held"))
        .join(PoolBalance, PoolBalance.account_id == PoolAccount.id)
        .where(PoolAccount.pool_id == pool_id, PoolAccount.head.in_(kept))
        .group_by(PoolAccount.head)
    )
    held = {row.head: int(row.held) for row in rows}
    short_minor = max(0, held.pop(Head.RESULT, 0))
    budget = Account(head=Head.FUNDING_BROUGHT_FORWARD).id_in(pool_id)
    running = (
        _summed([budget])
        .join(Period, Period.id == PoolTransaction.period_id)
        .where(Period.stage != Stage.YEAR_CLOSED)
    )
    return -sum(held.values()) - short_minor + int(session.scalars(running).one())


def charged(
    session: Session, pool_id: UUID, scheme_id: UUID, provider_ids: Collection[UUID]
) -> dict[UUID, int]:
    """Return what each provider charged to a scheme, less what it took back, in all years.

    An opening position does not say who charged what was spent before: each may have.
    """
    undone = aliased(PoolTransaction)
    event = func.coalesce(undone.event, PoolTransaction.event)
    expenditure = Account(head=Head.EXPENDITURE, of=scheme_id).id_in(pool_id)
    of_scheme = select(PoolPosting.transaction_id).where(PoolPosting.account_id == expenditure)
    by_id = {
        Account(head=head, of=one).id_in(pool_id): one
        for one in provider_ids
        for head in (Head.PAYABLE, Head.WITHHOLD)
    }
    rows = session.execute(
        select(PoolPosting.account_id, func.sum(PoolPosting.amount_minor).label("moved"))
        .join(PoolTransaction, PoolTransaction.id == PoolPosting.transaction_id)
        .outerjoin(undone, undone.id == PoolTransaction.reverses)
        .where(
            PoolPosting.account_id.in_(by_id),
            PoolPosting.transaction_id.in_(of_scheme),
            event != Event.OPENING_BROUGHT_IN,
        )
        .group_by(PoolPosting.account_id)
    )
    before = _summed([expenditure]).outerjoin(undone, undone.id == PoolTransaction.reverses)
    opened = int(session.scalars(before.where(event == Event.OPENING_BROUGHT_IN)).one())
    found = dict.fromkeys(provider_ids, opened)
    for row in rows:
        found[by_id[row.account_id]] -= int(row.moved)
    return found


def _summed(accounts: Collection[UUID]) -> Select[int]:
    return (
        select(func.coalesce(func.sum(PoolPosting.amount_minor), 0))
        .join(PoolTransaction, PoolTransaction.id == PoolPosting.transaction_id)
        .where(PoolPosting.account_id.in_(accounts))
    )
