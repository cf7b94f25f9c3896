"""Who owes what to whom, and since when."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import and_, func, or_, select
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
    since = _since(session, pool.id)
    found = [
        Debt(
            account=Account(head=Head(row.head), of=row.of),
            other=row.of or pool.host_id,
            amount_minor=row.balance_minor,
            since=since.get(row.id),
        )
        for row in held
    ]
    return sorted(found, key=lambda one: (-one.amount_minor, one.account.code))


def _since(session: Session, pool_id: UUID) -> dict[UUID, date]:
    """Return, by account, the day of the oldest posting that what it holds is still made of.

    Postings on the side of the balance are added up from the newest; the first at which they
    come to the balance is the oldest that nothing has settled.
    """
    same_side = or_(
        and_(PoolPosting.amount_minor > 0, PoolBalance.balance_minor > 0),
        and_(PoolPosting.amount_minor < 0, PoolBalance.balance_minor < 0),
    )
    so_far = func.sum(func.abs(PoolPosting.amount_minor)).over(
        partition_by=PoolPosting.account_id, order_by=PoolPosting.account_seq.desc()
    )
    added = (
        select(
            PoolPosting.account_id,
            PoolPosting.account_seq,
            so_far.label("so_far"),
            func.abs(PoolBalance.balance_minor).label("held"),
        )
        .join(PoolBalance, PoolBalance.account_id == PoolPosting.account_id)
        .join(PoolAccount, PoolAccount.id == PoolBalance.account_id)
        .where(PoolAccount.pool_id == pool_id, PoolAccount.head.in_(OWING), same_side)
        .subquery()
    )
    oldest = (
        select(added.c.account_id, func.max(added.c.account_seq).label("account_seq"))
        .where(added.c.so_far >= added.c.held)
        .group_by(added.c.account_id)
        .subquery()
    )
    rows = session.execute(
        select(PoolPosting.account_id, PoolTransaction.effective_on)
        .join(
            oldest,
            and_(
                oldest.c.account_id == PoolPosting.account_id,
                oldest.c.account_seq == PoolPosting.account_seq,
            ),
        )
        .join(PoolTransaction, PoolTransaction.id == PoolPosting.transaction_id)
    )
    return {row.account_id: row.effective_on for row in rows}
