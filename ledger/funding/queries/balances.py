"""What accounts hold: now, or at a moment. `as_of` has what they held at a size of the log.

Reading one balance, now or at a moment, takes one row by its key, however many postings
there are: each posting keeps the balance of its account after it.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.funding.models import PoolAccount, PoolBalance, PoolPosting
from ledger.funding.rules.chart import Account, Head


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
