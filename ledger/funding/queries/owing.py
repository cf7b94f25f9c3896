"""Who owes what to whom, and since when."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.funding.models import PoolAccount, PoolBalance, PoolPosting, PoolTransaction
from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.chart import Account, Head

OWING: Final = (
    Head.RECEIVABLE,
    Head.PAYABLE,
    Head.PAYABLE_PARTNER,
    Head.WITHHOLD,
    Head.DUE_HOST,
)
"""Accounts that are debts between the pool and somebody else: debit is owed to the pool."""
FIRST_READ: Final = 50
"""So many postings are read first to find since when something is owed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """What one organisation and the pool owe one another on one account.

    Attributes:
        other: The partner, provider or host.
        amount_minor: Owed to the pool; negative is owed by it. Never zero.
        since: The day that the oldest part still owed counts for, if what was paid first
            settled what was owed first.
    """

    account: Account
    other: UUID
    amount_minor: int
    since: date | None


def debts(session: Session, pool: PoolView) -> list[Debt]:
    """Return what is owed now, by account: those that owe the pool first."""
    held = session.execute(
        select(PoolAccount.id, PoolAccount.head, PoolAccount.of, PoolBalance.balance_minor)
        .join(PoolBalance, PoolBalance.account_id == PoolAccount.id)
        .where(
            PoolAccount.pool_id == pool.id,
            PoolAccount.head.in_(OWING),
            PoolBalance.balance_minor != 0,
        )
    ).all()
    found = [
        Debt(
            account=Account(head=Head(row.head), of=row.of),
            other=row.of or pool.host_id,
            amount_minor=row.balance_minor,
            since=_since(session, row.id, row.balance_minor),
        )
        for row in held
    ]
    return sorted(found, key=lambda one: (-one.amount_minor, one.account.code))


def _since(session: Session, account_id: UUID, balance_minor: int) -> date | None:
    """Return the day of the oldest posting that what an account holds is still made of.

    Postings on the side of the balance are added up from the newest; the first at which they
    come to the balance is the oldest that nothing has settled. Mostly that is a recent one, so
    that an account's past is read only as far as it is needed.
    """
    sign = 1 if balance_minor > 0 else -1
    left, before, some = abs(balance_minor), None, FIRST_READ
    while True:
        newest = (
            select(PoolPosting.account_seq, PoolPosting.amount_minor, PoolPosting.transaction_id)
            .where(PoolPosting.account_id == account_id, PoolPosting.amount_minor * sign > 0)
            .order_by(PoolPosting.account_seq.desc())
            .limit(some)
        )
        if before is not None:
            newest = newest.where(PoolPosting.account_seq < before)
        rows = session.execute(newest).all()
        for row in rows:
            left -= abs(row.amount_minor)
            if left <= 0:
                return session.scalar(
                    select(PoolTransaction.effective_on).where(
                        PoolTransaction.id == row.transaction_id
                    )
                )
        if len(rows) < some:
            return None
        before, some = rows[-1].account_seq, some * 8
