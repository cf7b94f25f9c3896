"""The budget: what was agreed, held in reserve, allocated and moved."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased

from ledger.core.errors import Conflict
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.boards.mandates import check_words
from ledger.funding.models import PoolTransaction
from ledger.funding.opening.service import check_not_brought_in
from ledger.funding.overspend.late import flagged
from ledger.funding.rules import events
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import Event
from ledger.funding.rules.postings import Postings, Share
from ledger.funding.rules.sharing import share
from ledger.funding.service.days import period_of
from ledger.funding.service.posting import (
    HeldPool,
    Outcome,
    hold_balances,
    hold_pool,
    hold_scheme,
    new_transaction,
    write,
)


class AgreedAlready(Conflict):
    """A contribution becomes budget once."""

    slug = "contribution-agreed-already"
    title = "This contribution is in the budget already"


class OfAnotherPeriod(Conflict):
    """A contribution for days of another year than the one whose budget it would be."""

    slug = "contribution-of-another-period"
    title = "This contribution is for other days"


class RingFenced(Conflict):
    """Budget of a ring-fenced scheme is used for nothing else, and takes nothing in."""

    slug = "ring-fenced"
    title = "One of these schemes is ring-fenced"


def agree_contribution(
    work: UnitOfWork, pool_id: UUID, *, key: str, effective_on: date | None = None
) -> Outcome:
    """Make a contribution that the agreement names part of the pool's budget.

    Partner, source and amount are those of the agreement: nobody types them again.

    Raises:
        NotFound: there is no such pool, or the agreement names no such contribution.
        AgreedAlready: it was recorded.
        OfAnotherPeriod: it is for none of the days of the period that would have it.
        BroughtIn: the pool's opening position has it.
    """
    pool = hold_pool(work, pool_id)
    work.authorise(Permission.POOL_ALLOCATE, on=pool.resource)
    agreed = pool.fund.contribution(key)
    hold_balances(work, pool, [Account(head=Head.FUNDING, of=agreed.partner_id)])
    _check_first_time(work, pool, key)
    check_not_brought_in(work, pool, agreed)
    period = period_of(work, pool_id, effective_on or work.today)
    if period and not (agreed.first_day <= period.last_day and period.first_day <= agreed.last_day):
        days = f"{agreed.first_day} to {agreed.last_day}"
        raise OfAnotherPeriod(f"it is for {days}: record it in a period that has one of them")
    transaction = new_transaction(
        pool,
        work,
        effective_on=effective_on,
        clause=agreed.clause,
        reference=key,
        postings=events.agree_contribution(
            agreed.partner_id, agreed.amount_minor, agreed.source, recurrent=False
        ),
    )
    return write(work, pool, Event.CONTRIBUTION_AGREED, transaction)


def set_reserve(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    amount_minor: int,
    reference: str,
    effective_on: date | None = None,
) -> Outcome:
    """Hold part of what is unallocated back as the risk reserve, as the board decided."""
    return _move(
        work,
        pool_id,
        Event.RESERVE_SET,
        events.set_reserve(amount_minor),
        reference=reference,
        effective_on=effective_on,
    )


def release_reserve(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    scheme_id: UUID,
    amount_minor: int,
    reference: str,
    effective_on: date | None = None,
) -> Outcome:
    """Propose that the risk reserve helps a scheme out; every partner must approve."""
    return _move(
        work,
        pool_id,
        Event.RESERVE_RELEASED,
        events.release_reserve(scheme_id, amount_minor),
        reference=reference,
        effective_on=effective_on,
    )


def authorise_overspend(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    scheme_id: UUID,
    amount_minor: int,
    reference: str,
    effective_on: date | None = None,
) -> Outcome:
    """Propose that a scheme may spend beyond the pool's money; every partner must approve.

    Before the spend: what is spent already is authorised all the same, and flagged as late.
    """
    return _move(
        work,
        pool_id,
        Event.OVERSPEND_AUTHORISED,
        events.authorise_overspend(scheme_id, amount_minor),
        reference=reference,
        effective_on=effective_on,
    )


def allocate(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    amounts_minor: Mapping[UUID, int],
    reference: str,
    effective_on: date | None = None,
) -> Outcome:
    """Give schemes budget out of what is unallocated, as the board decided."""
    return _move(
        work,
        pool_id,
        Event.BUDGET_ALLOCATED,
        events.allocate(amounts_minor),
        reference=reference,
        effective_on=effective_on,
    )


def divide(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    total_minor: int,
    weights: Mapping[UUID, Fraction],
    basis: str,
    reference: str,
    effective_on: date | None = None,
) -> Outcome:
    """Divide an amount between schemes by weights, to the penny, and allocate the shares.

    The weights and shares are kept in the entry: they are never computed again.

    Args:
        work: The unit of work.
        pool_id: Which pool.
        total_minor: What is divided.
        weights: By scheme; ties between pence are settled by weight, then by this order.
        basis: What the weights are, in words.
        reference: Of the decision.
        effective_on: Today, if not given.

    Raises:
        NotByMotion: the basis reads as a motion's.
    """
    check_words(basis)
    shares = share(total_minor, weights)
    return _move(
        work,
        pool_id,
        Event.BUDGET_ALLOCATED,
        events.allocate(shares),
        reference=reference,
        effective_on=effective_on,
        basis=basis,
        shares=tuple(
            Share(of=scheme_id, weight=Fraction(weights[scheme_id]), amount_minor=part)
            for scheme_id, part in shares.items()
        ),
    )


def vire(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    from_scheme_id: UUID,
    to_scheme_id: UUID,
    amount_minor: int,
    reference: str,
    effective_on: date | None = None,
) -> Outcome:
    """Propose to move budget from one scheme to another; a second person must approve.

    Raises:
        RingFenced: one of the two is ring-fenced.
    """
    pool = hold_pool(work, pool_id)
    schemes = [hold_scheme(work, pool, each) for each in (from_scheme_id, to_scheme_id)]
    work.authorise(Permission.POOL_ALLOCATE, on=pool.resource)
    if any(scheme.ring_fenced for scheme in schemes):
        raise RingFenced("budget is never moved across a ring-fence")
    transaction = new_transaction(
        pool,
        work,
        effective_on=effective_on,
        clause=pool.fund.clause_of(Event.BUDGET_VIRED),
        reference=reference,
        postings=events.vire(from_scheme_id, to_scheme_id, amount_minor),
    )
    return write(work, pool, Event.BUDGET_VIRED, transaction)


def _move(
    work: UnitOfWork,
    pool_id: UUID,
    event: Event,
    postings: Postings,
    *,
    effective_on: date | None,
    **fields: object,
) -> Outcome:
    pool = hold_pool(work, pool_id)
    work.authorise(Permission.POOL_ALLOCATE, on=pool.resource)
    transaction = new_transaction(
        pool,
        work,
        effective_on=effective_on,
        clause=pool.fund.clause_of(event),
        postings=postings,
        **fields,
    )
    if event is Event.OVERSPEND_AUTHORISED:
        transaction = flagged(work, transaction)
    return write(work, pool, event, transaction)


def _check_first_time(work: UnitOfWork, pool: HeldPool, key: str) -> None:
    undoing = aliased(PoolTransaction)
    standing = (
        select(PoolTransaction.id)
        .outerjoin(undoing, undoing.reverses == PoolTransaction.id)
        .where(
            PoolTransaction.pool_id == pool.id,
            PoolTransaction.event == Event.CONTRIBUTION_AGREED,
            PoolTransaction.reference == key,
            undoing.id.is_(None),
        )
    )
    if found := work.session.scalar(standing):
        raise AgreedAlready(f"nothing was changed: see transaction {found}")
