"""The postings behind a figure, a page at a time, each with the figure as it was after it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select
from sqlalchemy.orm import Session

from ledger.core.as_said import indexes_of
from ledger.funding.models import PoolAccount, PoolPosting, PoolTransaction
from ledger.funding.queries.as_of import PoolAt, is_closing, last_postings, within
from ledger.funding.rules.books import ENDS_WITH_YEAR, Days
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import Event
from ledger.funding.rules.figures import Figure

After = tuple[datetime, UUID, int]
"""The moment, transaction and number of a posting: where a page ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A posting behind a figure.

    Attributes:
        index: The number of its entry in the log.
        amount_minor: With the sign that it has in the figure.
        running_minor: The figure after it.
    """

    transaction_id: UUID
    entry_id: UUID
    index: int
    seq: int
    event: Event
    effective_on: date
    recorded_at: datetime
    reference: str | None
    account: Account
    amount_minor: int
    running_minor: int

    @property
    def after(self) -> After:
        """Where the next page begins."""
        return self.recorded_at, self.transaction_id, self.seq


@dataclass(frozen=True, slots=True)
class Which:
    """Which postings are behind a figure."""

    then: PoolAt
    figure: Figure
    of: UUID | None
    days: Days


def legs_of(
    session: Session, which: Which, after: After | None, limit: int
) -> tuple[list[Leg], int, bool]:
    """Return a page of postings in the order they were recorded, and the total before it."""
    if which.figure.heads is None:
        return [], 0, False
    row, leg = PoolTransaction, PoolPosting
    signed = leg.amount_minor * case(
        *((PoolAccount.head == head, sign) for head, sign in which.figure.heads.items())
    )
    columns: tuple[Any, ...] = (
        *(row.id, row.entry_id, row.event, row.effective_on, row.recorded_at, row.reference),
        *(leg.seq, PoolAccount.head, PoolAccount.of, signed.label("amount")),
    )
    query = _behind(session, select(*columns), which)
    before = 0
    if after is not None:
        before = _before(session, which, signed, after)
        query = query.where(_later(after))
    in_order = query.order_by(row.recorded_at, row.id, leg.seq).limit(limit + 1)
    rows = session.execute(in_order).all()
    indexes = indexes_of(session, [one.entry_id for one in rows[:limit]])
    found, running = [], before
    for one in rows[:limit]:
        running += one.amount
        found.append(
            Leg(
                transaction_id=one.id,
                entry_id=one.entry_id,
                index=indexes[one.entry_id],
                seq=one.seq,
                event=Event(one.event),
                effective_on=one.effective_on,
                recorded_at=one.recorded_at,
                reference=one.reference,
                account=Account(head=Head(one.head), of=one.of),
                amount_minor=one.amount,
                running_minor=running,
            )
        )
    return found, before, len(rows) > limit


def _before(session: Session, which: Which, signed: Any, after: After) -> int:
    """Return the figure just before a page: of all days, from the balances that stood then."""
    until = _behind(session, select(func.sum(signed)), which).where(~_later(after))
    if which.days != Days():
        return int(session.scalar(until) or 0)
    held = _balances_before(
        session, which.then.id, which.then.size, after[0], heads=which.figure.heads or {}
    )
    signs = which.figure.heads or {}
    stood = sum(
        signs[account.head] * minor
        for account, minor in held.items()
        if which.of is None or account.of == which.of
    )
    moment = PoolTransaction.recorded_at == after[0]
    return stood + int(session.scalar(until.where(moment)) or 0)


def _behind(session: Session, query: Select[Any], which: Which) -> Select[Any]:
    """Restrict a select to the postings of a figure. Says the same as `books.counts`."""
    row, days, pool_id = PoolTransaction, which.days, which.then.id
    heads = which.figure.heads or ()
    query = (
        query.select_from(row)
        .join(PoolPosting, PoolPosting.transaction_id == row.id)
        .join(PoolAccount, PoolAccount.id == PoolPosting.account_id)
        .where(
            row.pool_id == pool_id, PoolAccount.head.in_(heads), within(session, which.then.size)
        )
    )
    if which.of is not None:
        query = query.where(PoolAccount.of == which.of)
    if days.last is not None:
        query = query.where(row.effective_on <= days.last)
    if days.first is not None:
        settling = and_(is_closing(pool_id), PoolAccount.head.in_(ENDS_WITH_YEAR))
        query = query.where(row.effective_on >= days.first, ~settling)
    return query


def _later(after: After) -> ColumnElement[bool]:
    moment, transaction_id, seq = after
    row = PoolTransaction
    same = row.recorded_at == moment
    return or_(
        row.recorded_at > moment,
        and_(same, row.id > transaction_id),
        and_(same, row.id == transaction_id, PoolPosting.seq > seq),
        false(),
    )


def _balances_before(
    session: Session, pool_id: UUID, size: int, moment: datetime, *, heads: Collection[Head]
) -> dict[Account, int]:
    """Return what accounts of some families held before a moment, within a size of the log.

    An account's postings stand in the order of their moments and of the log alike; so it is
    the earlier of the last before the moment and the last within the size.
    """
    row = PoolPosting
    newest = (
        select(func.max(row.account_seq))
        .where(row.account_id == PoolAccount.id, row.recorded_at < moment)
        .scalar_subquery()
    )
    rows = session.execute(
        select(PoolAccount.id, PoolAccount.head, PoolAccount.of, newest.label("number")).where(
            PoolAccount.pool_id == pool_id, PoolAccount.head.in_(heads)
        )
    ).all()
    names = {one.id: Account(head=Head(one.head), of=one.of) for one in rows}
    last = last_postings(session, {one.id: one.number or 0 for one in rows}, size)
    return {names[key]: balance for key, balance in last.items()}
