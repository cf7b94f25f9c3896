"""What accounts hold: now, at a moment, or as of a size of the log.

Reading one balance, now or at a moment, takes one row by its key, however many postings
there are: each posting keeps the balance of its account after it.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ledger.core.errors import Conflict
from ledger.core.trail import Leaf, LogEntry, LogFrontier
from ledger.funding.models import PoolAccount, PoolBalance, PoolPosting, PoolTransaction
from ledger.funding.rules.chart import Account, Head


class LogNotThatLong(Conflict):
    """A size that the log has not reached."""

    slug = "log-not-that-long"
    title = "The log has not got that far"


def balance(session: Session, account_id: UUID) -> int:
    """Return what an account holds now, in minor units, debit positive."""
    held = select(PoolBalance.balance_minor).where(PoolBalance.account_id == account_id)
    return session.scalars(held).one()


def balance_at(session: Session, account_id: UUID, moment: datetime) -> int:
    """Return what an account held at a moment, as it was recorded by then.

    Later corrections are dated later, so that what was said of the past never changes.
    """
    last = (
        select(PoolPosting.balance_after_minor)
        .where(PoolPosting.account_id == account_id, PoolPosting.recorded_at <= moment)
        .order_by(PoolPosting.recorded_at.desc(), PoolPosting.account_seq.desc())
        .limit(1)
    )
    return session.scalar(last) or 0


def balances(session: Session, pool_id: UUID) -> dict[Account, int]:
    """Return what every account of a pool holds now."""
    rows = session.execute(
        select(PoolAccount.head, PoolAccount.of, PoolBalance.balance_minor)
        .join(PoolBalance, PoolBalance.account_id == PoolAccount.id)
        .where(PoolAccount.pool_id == pool_id)
    )
    return {Account(head=Head(row.head), of=row.of): row.balance_minor for row in rows}


def balances_at_size(session: Session, pool_id: UUID, size: int) -> dict[Account, int]:
    """Return the sums of the postings of the log's first *size* entries, by account.

    Raises:
        LogNotThatLong: the log is shorter.
    """
    reached = log_size(session)
    if size > reached:
        raise LogNotThatLong(f"its size is {reached}: ask again later, or for that size")
    rows = session.execute(
        select(PoolAccount.head, PoolAccount.of, func.sum(PoolPosting.amount_minor).label("sum"))
        .join(PoolPosting, PoolPosting.account_id == PoolAccount.id)
        .join(PoolTransaction, PoolTransaction.id == PoolPosting.transaction_id)
        .join(LogEntry, LogEntry.id == PoolTransaction.entry_id)
        .join(Leaf, Leaf.position == LogEntry.position)
        .where(PoolAccount.pool_id == pool_id, Leaf.log == "ledger", Leaf.index < size)
        .group_by(PoolAccount.head, PoolAccount.of)
    )
    return {Account(head=Head(row.head), of=row.of): int(row.sum) for row in rows}


def log_size(session: Session) -> int:
    """Return how many entries of the ledger have their index."""
    size = session.scalar(select(LogFrontier.size).where(LogFrontier.log == "ledger"))
    return size or 0
