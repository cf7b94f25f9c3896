"""What a statement is made from, as of a size of the log, and who may see whose.

A partner sees its own; the host, and whoever may see every pool, sees all. A provider that is
no partner has none.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.core.actor import Actor
from ledger.core.as_said import tree_root
from ledger.core.authority import Resource, in_force, permits
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.directory import queries as directory
from ledger.directory.queries.as_said import OrganisationThen, organisations_then
from ledger.funding.overspend.forecasts import forecasts
from ledger.funding.overspend.rules.days import Forecast
from ledger.funding.queries.as_of import PoolAt, pool_at, sums_at
from ledger.funding.queries.pools import PeriodView, PoolView
from ledger.funding.rules.books import Books, Days
from ledger.funding.rules.partner_statement import Line, lines
from ledger.funding.rules.statement import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemeYear:
    """A scheme in a year. The budget is the sum of the next three.

    Attributes:
        spending_minor: What it cost in the financial book.
    """

    id: UUID
    budget_minor: int
    committed_minor: int
    spent_minor: int
    available_minor: int
    spending_minor: int
    forecast: Forecast


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """Everything that a statement shows; a pure function of the size of the log.

    Attributes:
        root: The root of the ledger's tree at the size, in hex.
        until: The last day of the year that has a transaction: as of when forecasts are made.
        before: The lines of the period before; None if there is none.
        pools: What each statement is: partners by name, as the log had them.
    """

    pool: PoolAt
    root: str
    period: PeriodView
    previous: PeriodView | None
    until: date
    lines: tuple[Line, ...]
    before: Mapping[str, Line] | None
    schemes: tuple[SchemeYear, ...]
    organisations: Mapping[UUID, OrganisationThen]
    demonstration: bool

    def name(self, organisation_id: UUID) -> str:
        """Return what an organisation was called then."""
        known = self.organisations.get(organisation_id)
        return known.name if known else "An organisation"


def whose(actor: Actor, pool: PoolView) -> Sequence[UUID]:
    """Return the partners whose statements *actor* may see, in the agreement's order."""
    policy = in_force()
    return [
        one
        for one in pool.partner_ids
        if permits(
            policy,
            actor,
            Permission.POOL_READ,
            Resource(organisation_ids=frozenset({one, pool.host_id}), host_id=pool.host_id),
        )
    ]


def sees_all(actor: Actor, pool: PoolView) -> bool:
    """Say whether *actor* may see the statement of all partners side by side."""
    host = Resource(organisation_ids=frozenset({pool.host_id}), host_id=pool.host_id)
    return permits(in_force(), actor, Permission.POOL_READ, host)


def must_see(actor: Actor, pool: PoolView, partner_id: UUID | None) -> None:
    """Check that *actor* may see a partner's statement, or with None that of all of them.

    Raises:
        NotFound: they may not, or there is no such partner.
    """
    if partner_id is None:
        if not sees_all(actor, pool):
            raise NotFound("no such statement")
    elif partner_id not in whose(actor, pool):
        raise NotFound("no such statement")


def seen_by(said: Statement, partners: Collection[UUID]) -> Statement:
    """Return a pool's statement without the columns of other partners; totals stay."""
    kept = {one: line for one, line in said.partners.items() if one in partners}
    return replace(said, partners=kept)


def stated(session: Session, pool: PoolView, *, size: int, period_id: UUID | None = None) -> Stated:
    """Return what statements of a pool show as of a size of the log. Asks nobody's permission.

    Args:
        session: Where to read.
        pool: Of which pool.
        size: As of which size of the log.
        period_id: For which year; the newest that had begun, if not given.

    Raises:
        LogNotThatLong: the log is shorter.
        NotFound: the log did not know that year then.
    """
    then = pool_at(session, pool, size)
    period = _period(then, period_id)
    books = Books(sums_at(session, pool.id, size), then.partner_ids)
    previous = _before(then, period)
    found = forecasts_until(books, period)
    founded = directory.installation(session)
    return Stated(
        pool=then,
        root=tree_root(session, size),
        period=period,
        previous=previous,
        until=found,
        lines=lines(books, _days(period)),
        before={one.key: one for one in lines(books, _days(previous))} if previous else None,
        schemes=_schemes(session, then, books, period, found),
        organisations=organisations_then(session, {*then.partner_ids, then.host_id}, size=size),
        demonstration=founded is not None and founded.demonstration,
    )


def forecasts_until(books: Books, period: PeriodView) -> date:
    """Return the last day of a period that has a transaction; its first, if none has."""
    return books.last_day(period.first_day, period.last_day) or period.first_day


def _schemes(
    session: Session, then: PoolAt, books: Books, period: PeriodView, until: date
) -> tuple[SchemeYear, ...]:
    ids, year, end = [one.id for one in then.schemes], _days(period), Days(last=period.last_day)
    going = forecasts(session, then.id, period, ids, until, size=then.size)
    found = []
    for scheme in ids:
        available, committed = (books.value(key, scheme, end) for key in ("available", "committed"))
        spent = books.value("spent", scheme, year)
        budget = available + committed + spent
        found.append(
            SchemeYear(
                id=scheme,
                budget_minor=budget,
                committed_minor=committed,
                spent_minor=spent,
                available_minor=available,
                spending_minor=books.value("spending", scheme, year),
                forecast=replace(going[scheme], budget_minor=budget, committed_minor=committed),
            )
        )
    return tuple(found)


def _period(then: PoolAt, period_id: UUID | None) -> PeriodView:
    if period_id is None and then.periods:
        return then.periods[-1]
    found = [one for one in then.periods if one.id == period_id]
    if not found:
        raise NotFound("no such year in this pool, at that size of the log")
    return found[0]


def _before(then: PoolAt, period: PeriodView) -> PeriodView | None:
    earlier = [one for one in then.periods if one.last_day < period.first_day]
    return earlier[-1] if earlier else None


def _days(period: PeriodView) -> Days:
    return Days(first=period.first_day, last=period.last_day)
