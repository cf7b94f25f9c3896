"""Why a figure is what it is: its formula, its parts, its months, and every posting behind it.

`rules.figures` says which figures there are, and how their addresses are spelled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.core.actor import Actor
from ledger.core.errors import NotFound
from ledger.funding.queries.as_of import (
    PoolAt,
    pool_at,
    sums_at,
)
from ledger.funding.queries.figure_legs import After, Leg, Which, legs_of
from ledger.funding.queries.partner_statements import whose
from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.books import Books, Days
from ledger.funding.rules.chart import Head, Of
from ledger.funding.rules.figures import FIGURES, Figure, key_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One term of a figure, itself a figure: *sign* times *amount_minor*."""

    key: str
    of: UUID | None
    days: Days
    sign: int
    amount_minor: int


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
    legs, before, more = legs_of(session, Which(then, figure, of, days), after, limit)
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
