"""Why a figure is what it is: its formula, its parts, its months, and every posting behind it.

`rules.figures` says which figures there are, and how their addresses are spelled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select
from sqlalchemy.orm import Session

from ledger.core.actor import Actor
from ledger.core.as_said import indexes_of
from ledger.core.errors import NotFound
from ledger.funding.models import PoolAccount, PoolPosting, PoolTransaction
from ledger.funding.queries.as_of import PoolAt, is_closing, pool_at, sums_at, within
from ledger.funding.queries.partner_statements import whose
from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.books import ENDS_WITH_YEAR, Books, Days
from ledger.funding.rules.chart import Account, Head, Of
from ledger.funding.rules.events import Event
from ledger.funding.rules.figures import FIGURES, Figure, key_of

After = tuple[datetime, UUID, int]
"""The moment, transaction and number of a posting: where a page ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One term of a figure, itself a figure: *sign* times *amount_minor*."""

    key: str
    of: UUID | None
    days: Days
    sign: int
    amount_minor: int


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A figure and everything that it comes from.

    Attributes:
        opening_minor: Of what moved in some days: what stood before them.
        settled_minor: What of it was turned into a year's result, and is in no movement.
        closing_minor: Opening, movement and what was settled.
        weights: Of a share: what each partner agreed.
        before_minor: What the page's running total begins with.
        more: Whether more postings follow.
    """

    key: str
    figure: Figure
    of: UUID | None
    days: Days
    pool: PoolAt
    amount_minor: int
    opening_minor: int | None
    settled_minor: int
    closing_minor: int
    parts: tuple[Part, ...]
    weights: Mapping[UUID, int]
    months: Mapping[str, int]
    before_minor: int
    legs: tuple[Leg, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class _Which:
    """Which postings are behind a figure."""

    then: PoolAt
    figure: Figure
    of: UUID | None
    days: Days


def explain(
    session: Session,
    actor: Actor,
    pool: PoolView,
    key: str,
    *,
    of: UUID | None,
    days: Days,
    size: int,
    after: After | None,
    limit: int,
) -> Explained:
    """Return a figure of a pool, which *actor* may see, with a page of its postings.

    Raises:
        NotFound: there is no such figure, or it is another partner's share.
        LogNotThatLong: the log is shorter.
    """
    then = pool_at(session, pool, size)
    figure = _figure(actor, pool, then, key, of)
    heads = _heads_of(key) | {Head.FUNDING}
    books = Books(sums_at(session, pool.id, size, heads=heads), then.partner_ids)
    amount = books.value(key, of, days)
    legs, before, more = _legs(session, _Which(then, figure, of, days), after, limit)
    opening, settled = _around(books, key, of, days, amount)
    return Explained(
        key=key,
        figure=figure,
        of=of,
        days=days,
        pool=then,
        amount_minor=amount,
        opening_minor=opening,
        settled_minor=settled,
        closing_minor=amount if opening is None else opening + amount + settled,
        parts=_parts(books, key, of, days),
        weights=books.weights(days) if figure.shared else {},
        months=books.months(key, of, days) if figure.heads is not None else {},
        before_minor=before,
        legs=tuple(legs),
        more=more,
    )


def _figure(actor: Actor, pool: PoolView, then: PoolAt, key: str, of: UUID | None) -> Figure:
    figure = FIGURES.get(key)
    known: Mapping[Of, Sequence[UUID]] = {
        Of.PARTNER: then.partner_ids,
        Of.PROVIDER: then.provider_ids,
        Of.SCHEME: [one.id for one in then.schemes],
        Of.POOL: (),
    }
    if figure is None or (of is not None and of not in known[figure.of]):
        raise NotFound("no such figure")
    # What postings say is every partner's to see; a share of the rest is its partner's own.
    if figure.heads is None and of is not None and of not in whose(actor, pool):
        raise NotFound("no such figure")
    return figure


def _heads_of(key: str) -> set[Head]:
    figure = FIGURES[key]
    if figure.heads is not None:
        return set(figure.heads)
    terms = figure.terms or {figure.shared or "": 1}
    return set().union(*(_heads_of(term) for term in terms))


def _around(
    books: Books, key: str, of: UUID | None, days: Days, amount: int
) -> tuple[int | None, int]:
    if days.first is None or FIGURES[key].heads is None:
        return None, 0
    opening = books.value(key, of, Days(last=date.fromordinal(days.first.toordinal() - 1)))
    closing = books.value(key, of, Days(last=days.last))
    return opening, closing - opening - amount


def _parts(books: Books, key: str, of: UUID | None, days: Days) -> tuple[Part, ...]:
    figure = FIGURES[key]
    if figure.terms is not None:
        terms = [(term, of, sign) for term, sign in figure.terms.items()]
    elif figure.shared is not None:
        terms = [(figure.shared, None, 1)]
    else:
        accounts = books.parts(key, of, days)
        if len(accounts) <= 1:
            return ()
        signs = figure.heads or {}
        terms = [
            (key_of(one.head), one.of, signs[one.head])
            for one in sorted(accounts, key=lambda one: one.code)
        ]
    return tuple(
        Part(key=term, of=whom, days=days, sign=sign, amount_minor=books.value(term, whom, days))
        for term, whom, sign in terms
    )


def _legs(
    session: Session, which: "_Which", after: After | None, limit: int
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
        until = _behind(session, select(func.sum(signed)), which)
        before = int(session.scalar(until.where(~_later(after))) or 0)
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


def _behind(session: Session, query: Select[Any], which: "_Which") -> Select[Any]:
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
