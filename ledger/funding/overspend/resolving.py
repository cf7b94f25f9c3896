"""Resolving an overspend: what the waterfall says, carried out step by step as it was shown."""

from dataclasses import replace
from fractions import Fraction
from uuid import UUID

from sqlalchemy import select

from audit.values import from_json
from ledger.core.errors import Conflict, NotFound
from ledger.core.ids import new_id
from ledger.core.money import format_minor
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.models import Pool, PoolTransaction, Proposal
from ledger.funding.overspend.caps import spend_of
from ledger.funding.overspend.entries import ResolutionBegun, StepTaken
from ledger.funding.overspend.models import Resolution
from ledger.funding.overspend.rules.waterfall import Cover, Draw
from ledger.funding.overspend.waterfalls import Covering, covering
from ledger.funding.payment_tables import Overspend
from ledger.funding.queries.pools import pool as view_of
from ledger.funding.rules import events
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import Event
from ledger.funding.rules.postings import Share
from ledger.funding.service import budget
from ledger.funding.service.posting import (
    HeldPool,
    Outcome,
    hold_balances,
    hold_pool,
    hold_scheme,
    new_transaction,
    write,
)
from ledger.funding.service.shares import MoreThanAuthorised, check_caps


class NothingOverspent(Conflict):
    """A scheme that is within its budget."""

    slug = "nothing-overspent"
    title = "This scheme is within its budget"


class PlanMoved(Conflict):
    """What was shown is not what would be done now."""

    slug = "resolution-moved"
    title = "The pool has moved since this was shown"


class ResolvedAlready(Conflict):
    """Steps that were proposed before still wait."""

    slug = "resolution-waiting"
    title = "This overspend is being resolved already"


class NotAuthorisedYet(Conflict):
    """Partners bear their shares once every one of them has authorised the overspend."""

    slug = "overspend-not-authorised"
    title = "The partners have not authorised this overspend yet"


class SharedAlready(Conflict):
    """The shares of a resolution are posted once."""

    slug = "resolution-shared-already"
    title = "The partners have taken their shares already"


def resolve(
    work: UnitOfWork, pool_id: UUID, *, scheme_id: UUID, digest: str, reference: str
) -> UUID:
    """Cover a scheme's overspend as `queries.overspends.to_resolve` shows it, step by step.

    Each step is the command that it always was, and waits for those who approve it. Partners
    take their shares by `share_out`, after they have all authorised the overspend. What nobody
    covers is in the entry.

    Args:
        work: The unit of work.
        pool_id: Which pool.
        scheme_id: Which scheme.
        digest: Of what was shown: nothing else is carried out.
        reference: Of the decision.

    Returns:
        The resolution's id.

    Raises:
        NothingOverspent: the scheme is within its budget.
        ResolvedAlready: an earlier resolution's steps wait.
        PlanMoved: the pool has moved since it was shown.
    """
    work.load(Pool, pool_id)  # To change: one resolution at a time.
    pool = hold_pool(work, pool_id)
    hold_scheme(work, pool, scheme_id)
    work.authorise(Permission.POOL_ALLOCATE, on=pool.resource)
    overspend, plan = _planned(work, pool, scheme_id)
    if plan.digest != digest:
        raise PlanMoved("look at it again: nothing was changed")
    steps = _carry_out(work, pool, plan, reference)
    rule, parts = plan.rule, [one for one in plan.said.draws if one.cover is Cover.SHARE]
    weights = rule.weights if rule else {}
    resolution_id = new_id()
    work.authorise(Permission.POOL_ALLOCATE, on=pool.resource)
    work.record(
        ResolutionBegun(
            pool_id=pool_id,
            scheme_id=scheme_id,
            transaction_id=overspend.transaction_id,
            resolution_id=resolution_id,
            overspent_minor=plan.said.overspent_minor,
            steps=steps,
            shares=tuple(_share(one, weights[one.of]) for one in parts if one.of),
            shares_clause=rule.clause if rule else "",
            uncovered_minor=plan.said.uncovered_minor,
            digest=plan.digest,
        )
    )
    return resolution_id


def share_out(work: UnitOfWork, pool_id: UUID, resolution_id: UUID, *, reference: str) -> Outcome:
    """Have each partner owe and fund what a resolution says it bears, to the penny.

    The transaction has the resolution's id: it is posted once.

    Raises:
        NotFound: there is no such resolution in this pool, or nobody bears anything by it.
        NotAuthorisedYet: a partner has not approved the overspend.
        SharedAlready: it was posted.
        MoreThanAuthorised: part of what was authorised was shared by hand.
        BeyondCap: what was shared by hand meanwhile leaves less of a partner's cap.
    """
    row = work.load(Resolution, resolution_id)
    pool = hold_pool(work, pool_id)
    work.authorise(Permission.POOL_ALLOCATE, on=pool.resource)
    shares = tuple(from_json(Share, one) for one in row.shares)
    if row.pool_id != pool_id or not shares:
        raise NotFound("no such resolution in this pool whose overspend partners share")
    if work.session.get(PoolTransaction, resolution_id) is not None:
        raise SharedAlready(f"nothing was changed: see transaction {resolution_id}")
    steps = [from_json(StepTaken, one) for one in row.steps]
    asked = next(one for one in steps if one.cover is Cover.SHARE)
    authorised = work.session.get(PoolTransaction, asked.transaction_id)
    if authorised is None:
        raise NotAuthorisedYet("every partner approves it first: see the pool's approvals")
    total_minor, account = sum(one.amount_minor for one in shares), Head.FUNDING_OVERSPEND
    left_minor = -hold_balances(work, pool, [Account(head=account)])[Account(head=account)]
    if total_minor > left_minor:
        raise MoreThanAuthorised(f"{format_minor(left_minor)} is authorised and not shared yet")
    parts_minor = {one.of: one.amount_minor for one in shares}
    rule = pool.fund.share_rule(hold_scheme(work, pool, row.scheme_id).title)
    check_caps(work, pool, rule, parts_minor, scheme_id=row.scheme_id, on=None)
    transaction = new_transaction(
        pool,
        work,
        effective_on=None,
        clause=row.shares_clause,
        reference=reference,
        basis=f"Resolution {resolution_id}",
        shares=shares,
        postings=events.share_overspend(parts_minor),
    )
    return write(
        work, pool, Event.OVERSPEND_SHARED, replace(transaction, transaction_id=resolution_id)
    )


def running(work: UnitOfWork, scheme_id: UUID) -> Overspend:
    """Return the clock of a scheme's overspend. Raises `NothingOverspent` if none runs."""
    found = work.session.scalar(
        select(Overspend).where(Overspend.scheme_id == scheme_id, Overspend.ended_at.is_(None))
    )
    if found is None:
        raise NothingOverspent("there is nothing to resolve")
    return found


def _planned(work: UnitOfWork, pool: HeldPool, scheme_id: UUID) -> tuple[Overspend, Covering]:
    view = view_of(work.session, replace(work.actor, scopes=None), pool.id)
    available = {one.id: Account(head=Head.AVAILABLE, of=one.id) for one in view.schemes}
    own = [Account(head=head) for head in (Head.UNALLOCATED, Head.RESERVE)]
    held = hold_balances(work, pool, [*own, *available.values()])
    overspent_minor = -held[available[scheme_id]]
    if overspent_minor <= 0:
        raise NothingOverspent("there is nothing to resolve")
    _check_none_waits(work, scheme_id)
    overspend = running(work, scheme_id)
    plan = covering(
        work.session,
        view,
        scheme_id,
        overspent_minor,
        today=work.today,
        spend=spend_of(work.session, overspend.transaction_id),
    )
    return overspend, plan


def _check_none_waits(work: UnitOfWork, scheme_id: UUID) -> None:
    for row in work.session.scalars(select(Resolution).where(Resolution.scheme_id == scheme_id)):
        ids = [UUID(one["transaction_id"]) for one in row.steps]
        waiting = select(Proposal.id).where(Proposal.id.in_(ids), Proposal.state == "waiting")
        if found := work.session.scalar(waiting.limit(1)):
            raise ResolvedAlready(f"approve or drop its steps first, such as {found}")


def _carry_out(
    work: UnitOfWork, pool: HeldPool, plan: Covering, reference: str
) -> tuple[StepTaken, ...]:
    steps = [
        _taken(one, _step(work, pool.id, plan.scheme_id, one, reference))
        for one in plan.said.draws
        if one.cover is not Cover.SHARE
    ]
    borne_minor = plan.said.of(Cover.SHARE)
    if borne_minor and plan.rule:
        all_of_it = Draw(
            cover=Cover.SHARE, amount_minor=borne_minor, of=None, clause=plan.rule.clause
        )
        said = {"scheme_id": plan.scheme_id, "amount_minor": borne_minor, "reference": reference}
        steps.append(_taken(all_of_it, budget.authorise_overspend(work, pool.id, **said)))  # type: ignore[arg-type]
    return tuple(steps)


def _step(work: UnitOfWork, pool_id: UUID, to: UUID, one: Draw, reference: str) -> Outcome:
    if one.cover is Cover.UNALLOCATED:
        return budget.allocate(
            work, pool_id, amounts_minor={to: one.amount_minor}, reference=reference
        )
    if one.cover is Cover.RESERVE:
        return budget.release_reserve(
            work, pool_id, scheme_id=to, amount_minor=one.amount_minor, reference=reference
        )
    assert one.of is not None  # The other steps are of a scheme.
    return budget.vire(
        work,
        pool_id,
        from_scheme_id=one.of,
        to_scheme_id=to,
        amount_minor=one.amount_minor,
        reference=reference,
    )


def _taken(one: Draw, outcome: Outcome) -> StepTaken:
    return StepTaken(
        cover=one.cover,
        of=one.of,
        amount_minor=one.amount_minor,
        clause=one.clause,
        transaction_id=outcome.transaction_id,
    )


def _share(one: Draw, weight: int | Fraction) -> Share:
    assert one.of is not None  # A share is a partner's.
    return Share(of=one.of, weight=Fraction(weight), amount_minor=one.amount_minor)
