"""What was spent: by month, by sort of expenditure, by who was paid; and where budget came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ledger.funding.models import PoolAccount, PoolPosting, PoolTransaction
from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import Event
from ledger.funding.rules.postings import Nature


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetChange:
    """A transaction that changed how much budget a scheme has.

    Attributes:
        amount_minor: By how much; negative is less.
        other: The scheme it came from or went to, of a virement.
    """

    transaction_id: UUID
    event: Event
    on: date
    amount_minor: int
    reference: str | None
    other: UUID | None


@dataclass(frozen=True, slots=True)
class Spent:
    """What one scheme spent in one month, spelled ``2026-04``, on one sort of expenditure."""

    month: str
    scheme_id: UUID
    nature: Nature | None
    amount_minor: int


def by_source(session: Session, pool: PoolView) -> dict[tuple[UUID, str | None], int]:
    """Return what each partner agreed to put in, by the source that the agreement names."""
    rows = session.execute(
        select(PoolAccount.of, PoolPosting.source, func.sum(-PoolPosting.amount_minor).label("sum"))
        .join(PoolPosting, PoolPosting.account_id == PoolAccount.id)
        .where(PoolAccount.pool_id == pool.id, PoolAccount.head == Head.FUNDING)
        .group_by(PoolAccount.of, PoolPosting.source)
    )
    return {(row.of, row.source): int(row.sum) for row in rows if row.of and row.sum}


def spent(session: Session, pool: PoolView) -> Sequence[Spent]:
    """Return what was spent, oldest month first, then in the order of schemes and sorts."""
    accounts = {Account(head=Head.SPENT, of=s.id).id_in(pool.id): s.id for s in pool.schemes}
    rank = {scheme.id: number for number, scheme in enumerate(pool.schemes)}
    sums: dict[tuple[str, UUID, str | None], int] = {}
    rows = session.execute(
        select(
            PoolPosting.account_id,
            PoolPosting.nature,
            PoolTransaction.effective_on,
            func.sum(PoolPosting.amount_minor).label("minor"),
        )
        .join(PoolTransaction, PoolTransaction.id == PoolPosting.transaction_id)
        .where(PoolPosting.account_id.in_(accounts))
        .group_by(PoolPosting.account_id, PoolPosting.nature, PoolTransaction.effective_on)
    )
    for row in rows:
        key = f"{row.effective_on:%Y-%m}", accounts[row.account_id], row.nature
        sums[key] = sums.get(key, 0) + int(row.minor)
    in_order = sorted(sums.items(), key=lambda one: (one[0][0], rank[one[0][1]], one[0][2] or ""))
    return [
        Spent(month, scheme_id, Nature(nature) if nature else None, minor)
        for (month, scheme_id, nature), minor in in_order
    ]


def spent_by_day(
    session: Session, pool: PoolView, *, scheme_id: UUID | None = None
) -> dict[date, int]:
    """Return what was spent on each day it counts for, oldest first; of one scheme, if named."""
    query = (
        select(PoolTransaction.effective_on, func.sum(PoolPosting.amount_minor).label("sum"))
        .join(PoolPosting, PoolPosting.transaction_id == PoolTransaction.id)
        .where(PoolPosting.account_id.in_(_spent_accounts(pool, scheme_id)))
        .group_by(PoolTransaction.effective_on)
        .order_by(PoolTransaction.effective_on)
    )
    return {row.effective_on: int(row.sum) for row in session.execute(query)}


def spent_by_nature(session: Session, pool: PoolView, scheme_id: UUID) -> dict[Nature | None, int]:
    """Return what a scheme spent, by sort of expenditure; None where nobody said."""
    rows = session.execute(
        select(PoolPosting.nature, func.sum(PoolPosting.amount_minor).label("sum"))
        .where(PoolPosting.account_id.in_(_spent_accounts(pool, scheme_id)))
        .group_by(PoolPosting.nature)
    )
    found = {Nature(row.nature) if row.nature else None: int(row.sum) for row in rows}
    return dict(sorted(found.items(), key=lambda one: -one[1]))


def spent_by_provider(session: Session, pool: PoolView, scheme_id: UUID) -> dict[UUID, int]:
    """Return what a scheme's spending made the pool owe to each provider, withheld included."""
    spending = select(PoolPosting.transaction_id).where(
        PoolPosting.account_id.in_(_spent_accounts(pool, scheme_id))
    )
    rows = session.execute(
        select(PoolAccount.of, func.sum(-PoolPosting.amount_minor).label("sum"))
        .join(PoolPosting, PoolPosting.account_id == PoolAccount.id)
        .where(
            PoolAccount.pool_id == pool.id,
            PoolAccount.head.in_((Head.PAYABLE, Head.WITHHOLD)),
            PoolPosting.transaction_id.in_(spending),
        )
        .group_by(PoolAccount.of)
    )
    found = {row.of: int(row.sum) for row in rows if row.of and row.sum}
    return dict(sorted(found.items(), key=lambda one: -one[1]))


def budget_changes(session: Session, pool: PoolView, scheme_id: UUID) -> list[BudgetChange]:
    """Return every transaction that gave a scheme budget or took it away, oldest first."""
    available = Account(head=Head.AVAILABLE, of=scheme_id).id_in(pool.id)
    budget = (Event.BUDGET_ALLOCATED, Event.BUDGET_VIRED, Event.RESERVE_RELEASED)
    changing = (*budget, Event.OVERSPEND_AUTHORISED, Event.BUDGET_LAPSED)
    rows = session.execute(
        select(PoolTransaction, PoolPosting.amount_minor)
        .join(PoolPosting, PoolPosting.transaction_id == PoolTransaction.id)
        .where(PoolPosting.account_id == available, PoolTransaction.event.in_(changing))
        .order_by(PoolTransaction.effective_on, PoolTransaction.recorded_at)
    ).all()
    others = _others(session, scheme_id, [row.PoolTransaction.id for row in rows])
    return [
        BudgetChange(
            transaction_id=one.id,
            event=Event(one.event),
            on=one.effective_on,
            amount_minor=amount_minor,
            reference=one.reference,
            other=others.get(one.id) if one.event == Event.BUDGET_VIRED else None,
        )
        for one, amount_minor in rows
    ]


def _others(session: Session, scheme_id: UUID, ids: list[UUID]) -> Mapping[UUID, UUID]:
    rows = session.execute(
        select(PoolPosting.transaction_id, PoolAccount.of)
        .join(PoolAccount, PoolAccount.id == PoolPosting.account_id)
        .where(
            PoolPosting.transaction_id.in_(ids[-500:]),  # Databases take only so many parameters.
            PoolAccount.head == Head.AVAILABLE,
            PoolAccount.of != scheme_id,
        )
    )
    return {row.transaction_id: row.of for row in rows}


def _spent_accounts(pool: PoolView, scheme_id: UUID | None) -> list[UUID]:
    wanted = [scheme_id] if scheme_id else [scheme.id for scheme in pool.schemes]
    return [Account(head=Head.SPENT, of=one).id_in(pool.id) for one in wanted]
