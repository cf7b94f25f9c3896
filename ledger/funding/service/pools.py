"""Opening a pool, its periods, schemes and providers."""

from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from ledger.agreements import queries as agreements
from ledger.core.authority import Resource
from ledger.core.errors import Conflict, Invalid, NotFound
from ledger.core.ids import new_id
from ledger.core.money import format_minor
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory
from ledger.funding.entries import (
    PeriodClosed,
    PeriodOpened,
    PoolOpened,
    ProviderAdded,
    SchemeAdded,
)
from ledger.funding.models import Period, Pool, PoolProvider, Scheme
from ledger.funding.rules.periods import check_period
from ledger.funding.service.posting import hold_pool
from ledger.funding.service.year_end import StillPromised, result_of
from ledger.funding.terms import FundInForce, fund_in_force


class PoolOpenAlready(Conflict):
    """One agreement has one pool."""

    slug = "pool-open-already"
    title = "This agreement has a pool already"


class NotLinked(Invalid):
    """The data-sharing agreement named is not linked to the pooled-fund agreement."""

    slug = "agreements-not-linked"
    title = "These two agreements are not linked"


class AddedAlready(Conflict):
    """The pool has it already."""

    slug = "added-to-pool-already"
    title = "The pool has this already"


class ClosedAlready(Conflict):
    """A period is closed once."""

    slug = "period-closed-already"
    title = "This period is closed already"


def open_pool(
    work: UnitOfWork,
    *,
    agreement_id: UUID,
    title: str,
    first_day: date,
    last_day: date,
    data_agreement_id: UUID | None = None,
) -> UUID:
    """Open a pool under a pooled-fund agreement that stands, with its first period.

    Partners, host and currency are those of the agreement.

    Raises:
        NotFound: there is no such agreement in force.
        FundNotInForce: it does not stand today.
        PoolOpenAlready: it has a pool.
        NotLinked: the data-sharing agreement is not linked to it.
        Invalid: no title, or days in the wrong order.
    """
    fund = fund_in_force(work, agreement_id)
    terms = fund.terms
    parties = frozenset((*terms.partner_ids, terms.host_id))
    work.authorise(
        Permission.POOL_OPEN,
        on=Resource(organisation_ids=parties, host_id=terms.host_id),
        records=2,
    )
    fund.check_stands()
    check_period(first_day, last_day, others=())
    _check_new(work, fund, title, data_agreement_id)
    pool_id = new_id()
    work.record(
        PoolOpened(
            pool_id=pool_id,
            agreement_id=agreement_id,
            agreement_version=terms.version,
            title=title.strip(),
            currency=terms.currency,
            host_id=terms.host_id,
            partner_ids=terms.partner_ids,
            data_agreement_id=data_agreement_id,
        )
    )
    work.record(
        PeriodOpened(pool_id=pool_id, period_id=new_id(), first_day=first_day, last_day=last_day)
    )
    return pool_id


def _check_new(
    work: UnitOfWork, fund: FundInForce, title: str, data_agreement_id: UUID | None
) -> None:
    if not title.strip():
        raise Invalid("give the pool a title")
    if work.session.scalar(select(Pool.id).where(Pool.agreement_id == fund.terms.agreement_id)):
        raise PoolOpenAlready("post to the pool that is there")
    if data_agreement_id is not None:
        agreements.hold(work, data_agreement_id)
        if data_agreement_id not in agreements.linked_ids(work.session, fund.terms.agreement_id):
            raise NotLinked("link the data-sharing agreement to the pooled-fund agreement first")


def open_period(work: UnitOfWork, pool_id: UUID, *, first_day: date, last_day: date) -> UUID:
    """Let a pool post to more days.

    Raises:
        NotFound: there is no such pool.
        Invalid: days in the wrong order, or some that another period has.
    """
    work.load(Pool, pool_id)  # To change: two periods opened at once must not overlap.
    pool = hold_pool(work, pool_id)
    work.authorise(Permission.POOL_OPEN, on=pool.resource)
    rows = work.session.execute(
        select(Period.first_day, Period.last_day).where(Period.pool_id == pool_id)
    )
    check_period(first_day, last_day, others=[(row.first_day, row.last_day) for row in rows])
    period_id = new_id()
    work.record(
        PeriodOpened(pool_id=pool_id, period_id=period_id, first_day=first_day, last_day=last_day)
    )
    return period_id


def close_period(work: UnitOfWork, pool_id: UUID, period_id: UUID) -> None:
    """Let nothing more be posted to the days of a period.

    Raises:
        NotFound: there is no such pool or period.
        ClosedAlready: it was closed.
        StillPromised: its year was closed, and part of the result is neither kept nor returned.
    """
    pool = hold_pool(work, pool_id)
    period = work.load(Period, period_id)
    work.authorise(Permission.POOL_OPEN, on=pool.resource)
    if period.pool_id != pool_id:
        raise NotFound("no such period in this pool")
    if period.closed_at is not None:
        raise ClosedAlready("nothing was changed")
    if left_minor := result_of(work, pool, period):
        raise StillPromised(f"say what becomes of {format_minor(abs(left_minor))} of the result")
    work.record(PeriodClosed(pool_id=pool_id, period_id=period_id))


def add_scheme(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    title: str,
    place: str | None = None,
    ring_fenced: bool = False,
) -> UUID:
    """Give a pool one scheme more.

    Raises:
        NotFound: there is no such pool.
        AddedAlready: it has a scheme of that title for that place.
        Invalid: no title.
    """
    work.load(Pool, pool_id)  # To change: ranks are given one at a time.
    pool = hold_pool(work, pool_id)
    work.authorise(Permission.POOL_OPEN, on=pool.resource)
    title = title.strip()
    if not title:
        raise Invalid("give the scheme a title")
    mine = select(Scheme).where(Scheme.pool_id == pool_id)
    if any((one.title, one.place) == (title, place) for one in work.session.scalars(mine)):
        raise AddedAlready("choose another title, or use the scheme that is there")
    count = select(func.count()).select_from(Scheme).where(Scheme.pool_id == pool_id)
    scheme_id = new_id()
    work.record(
        SchemeAdded(
            pool_id=pool_id,
            scheme_id=scheme_id,
            rank=work.session.scalars(count).one(),
            title=title,
            place=place,
            ring_fenced=ring_fenced,
        )
    )
    return scheme_id


def add_provider(work: UnitOfWork, pool_id: UUID, *, provider_id: UUID) -> None:
    """Let a pool owe to an organisation and pay it.

    Raises:
        NotFound: there is no such pool or organisation.
        AddedAlready: it is a provider of the pool.
    """
    work.load(Pool, pool_id)
    pool = hold_pool(work, pool_id)
    work.authorise(Permission.POOL_OPEN, on=pool.resource)
    directory.organisation(work.session, provider_id)
    if work.session.get(PoolProvider, (pool_id, provider_id)) is not None:
        raise AddedAlready("nothing was changed")
    work.record(ProviderAdded(pool_id=pool_id, provider_id=provider_id))
