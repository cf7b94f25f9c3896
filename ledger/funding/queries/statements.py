"""The statement of a pool: a pure function of its postings, now or as of a size of the log."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ledger.funding.models import PoolAccount, PoolPosting, PoolTransaction
from ledger.funding.queries.as_of import balances_at, pool_at
from ledger.funding.queries.balances import balances
from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.statement import Statement, statement


def statement_now(session: Session, pool: PoolView) -> Statement:
    """Return the statement that all postings make."""
    return _of(balances(session, pool.id), pool, [scheme.id for scheme in pool.schemes])


def statement_at_size(session: Session, pool: PoolView, size: int) -> Statement:
    """Return the statement that the log's first *size* entries make: the same for ever.

    Raises:
        LogNotThatLong: the log is shorter.
    """
    then = pool_at(session, pool, size)
    held = balances_at(session, pool.id, size)
    return statement(
        held, partners=then.partner_ids, schemes=[scheme.id for scheme in then.schemes]
    )


def spent_by_month(session: Session, pool: PoolView) -> dict[str, int]:
    """Return what was spent in each month, spelled ``2026-04``, oldest first."""
    rows = session.execute(
        select(PoolTransaction.effective_on, func.sum(PoolPosting.amount_minor).label("sum"))
        .join(PoolPosting, PoolPosting.transaction_id == PoolTransaction.id)
        .join(PoolAccount, PoolAccount.id == PoolPosting.account_id)
        .where(PoolTransaction.pool_id == pool.id, PoolAccount.head == Head.SPENT)
        .group_by(PoolTransaction.effective_on)
        .order_by(PoolTransaction.effective_on)
    )
    months: dict[str, int] = {}
    for row in rows:
        month = f"{row.effective_on:%Y-%m}"
        months[month] = months.get(month, 0) + int(row.sum)
    return months


def _of(held: Mapping[Account, int], pool: PoolView, schemes: Sequence[UUID]) -> Statement:
    return statement(held, partners=pool.partner_ids, schemes=schemes)
