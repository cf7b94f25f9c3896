"""What was posted, down to the postings and the entry behind each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from ledger.core.as_said import check_size
from ledger.core.errors import NotFound
from ledger.funding.models import PoolAccount, PoolPosting, PoolTransaction
from ledger.funding.queries.as_of import within
from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.dimensions import Vat
from ledger.funding.rules.events import Event
from ledger.funding.rules.postings import Nature, Posting, Postings

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionView:
    """A transaction with its postings and what it hangs together with.

    Attributes:
        after_minor: The balance of the account of each posting after it, in their order.
        reversed_by: The transaction that undid it.
        capital: Of expenditure: whether an asset was bought; None if nobody said.
        vat: Of expenditure: how its value added tax is treated.
    """

    id: UUID
    entry_id: UUID
    event: Event
    effective_on: date
    recorded_at: datetime
    agreement_version: int
    clause: str
    reference: str | None
    basis: str | None
    commitment_id: UUID | None
    reverses: UUID | None
    reversed_by: UUID | None
    relates_to: date | None
    actor: str
    postings: Postings
    after_minor: tuple[int, ...]
    capital: bool | None = None
    vat: Vat | None = None

    @property
    def amount_minor(self) -> int:
        """What it is about: the debits of the book that has more of them."""
        books: dict[str, int] = {}
        for posting in self.postings:
            book = posting.account.head.book
            books[book] = books.get(book, 0) + max(posting.amount_minor, 0)
        return max(books.values())


def transactions(
    session: Session,
    pool: PoolView,
    *,
    account: Account | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int,
) -> Sequence[TransactionView]:
    """Return a page of transactions, newest first.

    Args:
        session: Where to read.
        pool: Of which pool; the caller was allowed to see it.
        account: Only those that move this account.
        after: The moment and id of the last one seen.
        limit: At most so many.
    """
    row = PoolTransaction
    query = select(row.id).where(row.pool_id == pool.id)
    if account is not None:
        moving = select(PoolPosting.transaction_id).where(
            PoolPosting.account_id == account.id_in(pool.id)
        )
        query = query.where(row.id.in_(moving))
    if after is not None:
        moment, last_id = after
        older = and_(row.recorded_at == moment, row.id < last_id)
        query = query.where(or_(row.recorded_at < moment, older))
    newest = query.order_by(row.recorded_at.desc(), row.id.desc()).limit(limit)
    return _views(session, list(session.scalars(newest)))


def every_transaction(session: Session, pool: PoolView) -> Sequence[TransactionView]:
    """Return all transactions of a pool, by the day they count for. For exports."""
    row = PoolTransaction
    query = select(row.id).where(row.pool_id == pool.id)
    return _views(
        session,
        list(session.scalars(query.order_by(row.effective_on, row.recorded_at, row.id))),
    )


@dataclass(frozen=True, slots=True)
class TransactionsAt:
    """Transactions of a pool, as of a size of the log; each round reads them some at a time."""

    session: Session
    ids: Sequence[UUID]

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[TransactionView]:
        there = frozenset(self.ids)
        for start in range(0, len(self.ids), _AT_ONCE):
            for one in _views(self.session, self.ids[start : start + _AT_ONCE]):
                yield one if one.reversed_by in there else replace(one, reversed_by=None)


def transactions_at(session: Session, pool_id: UUID, size: int) -> TransactionsAt:
    """Return all transactions of the log's first *size* entries, by the day they count for.

    Raises:
        LogNotThatLong: the log is shorter.
    """
    check_size(session, size)
    row = PoolTransaction
    query = select(row.id).where(row.pool_id == pool_id, within(session, size))
    in_order = query.order_by(row.effective_on, row.recorded_at, row.id)
    return TransactionsAt(session, session.scalars(in_order).all())


def transaction(session: Session, pool: PoolView, transaction_id: UUID) -> TransactionView:
    """Return a transaction of *pool*. Raises `NotFound` if it has no such one."""
    found = _views(session, [transaction_id], pool_id=pool.id)
    if not found:
        raise NotFound("no such transaction in this pool")
    return found[0]


def postings_of(session: Session, transaction_id: UUID) -> Postings:
    """Return the postings of a transaction, in order."""
    return tuple(posting for posting, _ in _postings(session, [transaction_id])[transaction_id])


def _views(
    session: Session, ids: Sequence[UUID], *, pool_id: UUID | None = None
) -> list[TransactionView]:
    views: dict[UUID, TransactionView] = {}
    for start in range(0, len(ids), _AT_ONCE):  # Databases take only so many parameters.
        some = ids[start : start + _AT_ONCE]
        undoing = aliased(PoolTransaction)
        query = (
            select(PoolTransaction, undoing.id)
            .outerjoin(undoing, undoing.reverses == PoolTransaction.id)
            .where(PoolTransaction.id.in_(some))
        )
        if pool_id is not None:
            query = query.where(PoolTransaction.pool_id == pool_id)
        legs = _postings(session, some)
        for row, reversed_by in session.execute(query):
            views[row.id] = TransactionView(
                id=row.id,
                entry_id=row.entry_id,
                event=Event(row.event),
                effective_on=row.effective_on,
                recorded_at=row.recorded_at,
                agreement_version=row.agreement_version,
                clause=row.clause,
                reference=row.reference,
                basis=row.basis,
                commitment_id=row.commitment_id,
                reverses=row.reverses,
                reversed_by=reversed_by,
                relates_to=row.relates_to,
                actor=row.actor,
                postings=tuple(posting for posting, _ in legs[row.id]),
                after_minor=tuple(after for _, after in legs[row.id]),
                capital=row.capital,
                vat=Vat(row.vat) if row.vat else None,
            )
    return [views[one] for one in ids if one in views]


def _postings(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[tuple[Posting, int]]]:
    rows = session.execute(
        select(PoolPosting, PoolAccount.head, PoolAccount.of)
        .join(PoolAccount, PoolAccount.id == PoolPosting.account_id)
        .where(PoolPosting.transaction_id.in_(ids))
        .order_by(PoolPosting.transaction_id, PoolPosting.seq)
    )
    found: dict[UUID, list[tuple[Posting, int]]] = {one: [] for one in ids}
    for row, head, of in rows:
        posting = Posting(
            account=Account(head=Head(head), of=of),
            amount_minor=row.amount_minor,
            source=row.source,
            nature=Nature(row.nature) if row.nature else None,
            recurrent=row.recurrent,
        )
        found[row.transaction_id].append((posting, row.balance_after_minor))
    return found
