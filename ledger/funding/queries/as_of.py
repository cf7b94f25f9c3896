"""A pool as of a size of the log: what the ledger's first *size* entries make of it.

Everything that is stated, exported or explained as of a size is a pure function of what these
return, so that the same size gives the same figures for ever. A transaction whose entry has no
index yet is in no size.

A balance takes a search by halves along the account, as each posting keeps the balance after
it and an account's postings stand in the order of the log.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from ledger.core.as_said import LEDGER, check_size, log_size, said_of
from ledger.core.trail import Leaf, LogEntry, Pending
from ledger.funding.entries import (
    PeriodClosed,
    PeriodOpened,
    PoolOpened,
    ProviderAdded,
    SchemeAdded,
)
from ledger.funding.models import PoolAccount, PoolBalance, PoolPosting, PoolTransaction
from ledger.funding.queries.pools import PeriodView, PoolView, SchemeView
from ledger.funding.rules.books import Sum
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import Event

_AT_ONCE: Final = 100

__all__ = ["PoolAt", "balances_at", "log_size", "pool_at", "sums_at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolAt:
    """A pool as the log had described it by a size.

    Attributes:
        agreement_version: The version of the agreement that its last transaction was under.
    """

    id: UUID
    title: str
    agreement_id: UUID
    agreement_version: int
    host_id: UUID
    currency: str
    size: int
    partner_ids: tuple[UUID, ...]
    provider_ids: tuple[UUID, ...]
    schemes: tuple[SchemeView, ...]
    periods: tuple[PeriodView, ...]

    def labels(self) -> dict[UUID, str]:
        """Return what its schemes are called."""
        return {scheme.id: scheme.label for scheme in self.schemes}


def pool_at(session: Session, pool: PoolView, size: int) -> PoolAt:
    """Return a pool, which the caller may see, as of a size.

    Raises:
        LogNotThatLong: the log is shorter, or did not know the pool yet at that size.
    """
    check_size(session, size)
    kinds = (PoolOpened, SchemeAdded, ProviderAdded, PeriodOpened, PeriodClosed)
    opened: PoolOpened | None = None
    schemes: dict[UUID, SchemeAdded] = {}
    providers: list[UUID] = []
    periods: dict[UUID, PeriodView] = {}
    for _, record in said_of(session, f"pool:{pool.id}", kinds, size=size):
        match record.entry:
            case PoolOpened() as said:
                opened = said
            case SchemeAdded() as said:
                schemes[said.scheme_id] = said
            case ProviderAdded() as said:
                providers.append(said.provider_id)
            case PeriodOpened() as said:
                periods[said.period_id] = PeriodView(
                    id=said.period_id,
                    first_day=said.first_day,
                    last_day=said.last_day,
                    closed_at=None,
                )
            case PeriodClosed() as said:
                was = periods[said.period_id]
                periods[said.period_id] = PeriodView(
                    id=was.id,
                    first_day=was.first_day,
                    last_day=was.last_day,
                    closed_at=record.at,
                )
    return PoolAt(
        id=pool.id,
        title=opened.title if opened else pool.title,
        agreement_id=pool.agreement_id,
        agreement_version=_version(session, pool.id, size)
        or (opened.agreement_version if opened else 0),
        host_id=opened.host_id if opened else pool.host_id,
        currency=pool.currency,
        size=size,
        partner_ids=opened.partner_ids if opened else (),
        provider_ids=tuple(sorted(providers)),
        schemes=tuple(
            SchemeView(
                id=one.scheme_id, title=one.title, place=one.place, ring_fenced=one.ring_fenced
            )
            for one in sorted(schemes.values(), key=lambda one: one.rank)
        ),
        periods=tuple(sorted(periods.values(), key=lambda one: one.first_day)),
    )


def balances_at(
    session: Session,
    pool_id: UUID,
    size: int,
    *,
    accounts: Collection[Account] | None = None,
) -> dict[Account, int]:
    """Return what accounts held after the first *size* entries; those never moved are left out.

    Args:
        session: Where to read.
        pool_id: Of which pool.
        size: Of the log.
        accounts: Only these; all of them, if not given.

    Raises:
        LogNotThatLong: the log is shorter.
    """
    check_size(session, size)
    query = (
        select(PoolAccount.id, PoolAccount.head, PoolAccount.of, PoolBalance.postings_count)
        .join(PoolBalance, PoolBalance.account_id == PoolAccount.id)
        .where(PoolAccount.pool_id == pool_id)
    )
    names = {
        row.id: (Account(head=Head(row.head), of=row.of), row.postings_count)
        for row in session.execute(query)
    }
    if accounts is not None:
        names = {key: one for key, one in names.items() if one[0] in accounts}
    last = last_postings(session, {key: count for key, (_, count) in names.items()}, size)
    return {names[key][0]: balance for key, balance in last.items()}


def last_postings(session: Session, counts: dict[UUID, int], size: int) -> dict[UUID, int]:
    """Return the balance after the last posting of each account that is within *size*.

    Halves the range of each account, all of them in the same statements; the newest posting
    is tried first, as it is most often the one.
    """
    low = dict.fromkeys(counts, 0)
    high = {account: count for account, count in counts.items() if count}
    found: dict[UUID, int] = {}
    first = True
    while high:
        tried = {
            account: top if first else (low[account] + top + 1) // 2
            for account, top in high.items()
        }
        first = False
        within = _within(session, tried, size)
        for account, number in tried.items():
            if account in within:
                low[account], found[account] = number, within[account]
            else:
                high[account] = number - 1
            if low[account] == high[account]:
                del high[account]
    return found


def _within(session: Session, tried: dict[UUID, int], size: int) -> dict[UUID, int]:
    """Return the balances after those numbered postings whose entries are within *size*."""
    pairs, found = list(tried.items()), dict[UUID, int]()
    row = PoolPosting
    for start in range(0, len(pairs), _AT_ONCE):
        these = or_(
            *(
                and_(row.account_id == account, row.account_seq == number)
                for account, number in pairs[start : start + _AT_ONCE]
            )
        )
        rows = session.execute(
            select(row.account_id, row.balance_after_minor)
            .join(PoolTransaction, PoolTransaction.id == row.transaction_id)
            .join(LogEntry, LogEntry.id == PoolTransaction.entry_id)
            .join(Leaf, Leaf.position == LogEntry.position)
            .where(these, Leaf.log == LEDGER, Leaf.index < size)
        )
        found |= {one.account_id: one.balance_after_minor for one in rows}
    return found


def sums_at(
    session: Session,
    pool_id: UUID,
    size: int,
    *,
    heads: Collection[Head] | None = None,
    of: UUID | None = None,
) -> Sequence[Sum]:
    """Return what the first *size* entries posted, summed by account and day.

    Args:
        session: Where to read.
        pool_id: Of which pool.
        size: Of the log.
        heads: Only accounts of these families.
        of: Only accounts of this partner, provider or scheme.

    Raises:
        LogNotThatLong: the log is shorter.
    """
    check_size(session, size)
    closing = is_closing(pool_id)
    query = (
        select(
            PoolAccount.head,
            PoolAccount.of,
            PoolTransaction.effective_on,
            closing.label("closing"),
            func.sum(PoolPosting.amount_minor).label("sum"),
        )
        .join(PoolPosting, PoolPosting.account_id == PoolAccount.id)
        .join(PoolTransaction, PoolTransaction.id == PoolPosting.transaction_id)
        .where(PoolAccount.pool_id == pool_id, within(session, size))
        .group_by(PoolAccount.head, PoolAccount.of, PoolTransaction.effective_on, closing)
        .order_by(PoolTransaction.effective_on, PoolAccount.head, PoolAccount.of)
    )
    if heads is not None:
        query = query.where(PoolAccount.head.in_(heads))
    if of is not None:
        query = query.where(PoolAccount.of == of)
    return [
        Sum(
            account=Account(head=Head(row.head), of=row.of),
            effective_on=row.effective_on,
            closing=bool(row.closing),
            amount_minor=int(row.sum),
        )
        for row in session.execute(query)
    ]


def within(session: Session, size: int) -> ColumnElement[bool]:
    """Return the condition that a row of `pool_transactions` is within a size of the log.

    Where fewer entries came later than before, those are left out instead: it is the same.
    """
    entry = PoolTransaction.entry_id
    indexed = (
        select(LogEntry.id).join(Leaf, Leaf.position == LogEntry.position).where(Leaf.log == LEDGER)
    )
    if log_size(session) - size > size:
        return entry.in_(indexed.where(Leaf.index < size))
    waiting = select(LogEntry.id).join(Pending, Pending.position == LogEntry.position)
    return and_(entry.not_in(indexed.where(Leaf.index >= size)), entry.not_in(waiting))


def is_closing(pool_id: UUID) -> ColumnElement[bool]:
    """Return the condition that a transaction made a year's result, or undid one."""
    closed = aliased(PoolTransaction)
    years = select(closed.id).where(closed.pool_id == pool_id, closed.event == Event.YEAR_CLOSED)
    return or_(
        PoolTransaction.event == Event.YEAR_CLOSED,
        func.coalesce(PoolTransaction.reverses.in_(years), False),
    )


def recorded_until(session: Session, pool_id: UUID, size: int) -> datetime | None:
    """Return when the last transaction of a pool within a size was recorded; None if none was."""
    return session.scalar(
        select(func.max(PoolTransaction.recorded_at)).where(
            PoolTransaction.pool_id == pool_id, within(session, size)
        )
    )


def _version(session: Session, pool_id: UUID, size: int) -> int | None:
    row = PoolTransaction
    newest = row.recorded_at.desc(), row.id.desc()
    query = select(row.agreement_version).where(row.pool_id == pool_id, within(session, size))
    return session.scalar(query.order_by(*newest).limit(1))
