"""What people do about an overspend: say why, plan, accept the plan, agree to a higher cap."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select

from ledger.core.actor import Role
from ledger.core.errors import Conflict, Invalid, NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.models import Pool
from ledger.funding.overspend.entries import (
    ActionPlanAccepted,
    ActionPlanGiven,
    CapLiftAgreed,
    OverspendExplained,
)
from ledger.funding.overspend.models import ActionPlan, OverspendClock, PlanAcceptance
from ledger.funding.overspend.resolving import running
from ledger.funding.overspend.rules.days import Action, Cause, check_plan
from ledger.funding.rules.controls import (
    NobodyActs,
    RankTooLow,
    SpeaksForNobodyHere,
    human,
)
from ledger.funding.rules.impersonal import check_reference
from ledger.funding.rules.postings import check_amount
from ledger.funding.service.posting import HeldPool, hold_pool, hold_scheme

_CHIEF: Final = Role.CHIEF_FINANCE_OFFICER


class NotNotedYet(Conflict):
    """The service has not told the partners of it yet: it does, within minutes."""

    slug = "overspend-not-noted"
    title = "The partners have not been told of this overspend yet"


class ExplainedAlready(Conflict):
    """The partners are told why once."""

    slug = "overspend-explained-already"
    title = "The partners have been told why already"


class NoPlan(Conflict):
    """There is no plan to accept, or a newer one."""

    slug = "no-such-action-plan"
    title = "This is not the action plan that counts"


class AcceptedAlready(Conflict):
    """A partner accepts a plan once."""

    slug = "plan-accepted-already"
    title = "Your organisation has accepted this plan already"


def explain(
    work: UnitOfWork, pool_id: UUID, *, scheme_id: UUID, cause: Cause, reference: str
) -> None:
    """Tell the partners why a scheme is overspent.

    Raises:
        NothingOverspent: it is not.
        NotNotedYet: the clock has not been read yet.
        ExplainedAlready: they were told.
    """
    pool, clock = _held(work, pool_id, scheme_id)
    work.authorise(Permission.POOL_ALLOCATE, on=pool.resource)
    if not reference.strip():
        raise Invalid("give the reference of the notice")
    check_reference(reference)
    if clock.explained_at is not None:
        raise ExplainedAlready("nothing was changed")
    work.record(
        OverspendExplained(
            pool_id=pool_id,
            scheme_id=scheme_id,
            transaction_id=clock.transaction_id,
            cause=cause,
            reference=reference.strip(),
        )
    )


def give_plan(
    work: UnitOfWork, pool_id: UUID, *, scheme_id: UUID, actions: Sequence[Action]
) -> UUID:
    """Give the partners an action plan; it takes an earlier one's place. Return its id.

    Raises:
        NothingOverspent: the scheme is within its budget.
        NotNotedYet: the clock has not been read yet.
        PlanRefused: it says nothing to do, or is not for a partner, or of the past.
    """
    pool, clock = _held(work, pool_id, scheme_id)
    work.authorise(Permission.POOL_ALLOCATE, on=pool.resource)
    actions = tuple(actions)
    check_plan(actions, partners=frozenset(pool.partner_ids), today=work.today)
    plan_id = new_id()
    work.record(
        ActionPlanGiven(
            pool_id=pool_id,
            scheme_id=scheme_id,
            transaction_id=clock.transaction_id,
            plan_id=plan_id,
            actions=actions,
        )
    )
    return plan_id


def accept_plan(work: UnitOfWork, pool_id: UUID, *, scheme_id: UUID, plan_id: UUID) -> None:
    """Accept an action plan for one's organisation, a partner of the pool.

    Raises:
        NoPlan: a newer one counts, or there is none of that id.
        SpeaksForNobodyHere: it is no partner.
        AcceptedAlready: it did before.
    """
    pool, clock = _held(work, pool_id, scheme_id)
    work.authorise(Permission.POOL_APPROVE, on=pool.resource)
    person_id, organisation_id = _speaker(work, pool)
    newest = (
        select(ActionPlan)
        .where(ActionPlan.scheme_id == scheme_id)
        .where(ActionPlan.transaction_id == clock.transaction_id)
        .order_by(ActionPlan.given_at.desc(), ActionPlan.id.desc())
    )
    plan = work.session.scalar(newest.limit(1))
    if plan is None or plan.id != plan_id:
        raise NoPlan("look at it again: nothing was changed")
    if work.session.get(PlanAcceptance, (plan_id, organisation_id)) is not None:
        raise AcceptedAlready("nothing was changed")
    work.record(
        ActionPlanAccepted(
            pool_id=pool_id,
            scheme_id=scheme_id,
            transaction_id=clock.transaction_id,
            plan_id=plan_id,
            organisation_id=organisation_id,
            person_id=person_id,
        )
    )


def agree_cap(work: UnitOfWork, pool_id: UUID, *, scheme_id: UUID, up_to_minor: int) -> UUID:
    """Agree, as a partner's finance chief, that partners bear more than the cap of a scheme.

    It counts when the chief of every partner that shares has agreed, for the lowest amount
    that they agreed to, for what is spent afterwards, in the period in which they agreed.

    Raises:
        RankTooLow: somebody who is no chief finance officer.
        SpeaksForNobodyHere: their organisation is no partner.
    """
    pool = hold_pool(work, pool_id)
    hold_scheme(work, pool, scheme_id)
    work.authorise(Permission.POOL_APPROVE, on=pool.resource)
    person_id, organisation_id = _speaker(work, pool)
    if _CHIEF not in work.actor.roles:
        raise RankTooLow("a chief finance officer agrees to this")
    check_amount(up_to_minor)
    lift_id = new_id()
    work.record(
        CapLiftAgreed(
            pool_id=pool_id,
            scheme_id=scheme_id,
            lift_id=lift_id,
            organisation_id=organisation_id,
            person_id=person_id,
            up_to_minor=up_to_minor,
        )
    )
    return lift_id


def _held(work: UnitOfWork, pool_id: UUID, scheme_id: UUID) -> tuple[HeldPool, OverspendClock]:
    work.load(Pool, pool_id)  # To change: what follows one overspend is said one after another.
    pool = hold_pool(work, pool_id)
    hold_scheme(work, pool, scheme_id)
    overspend = running(work, scheme_id)
    try:
        return pool, work.load(OverspendClock, (scheme_id, overspend.transaction_id))
    except NotFound as error:
        raise NotNotedYet("try again in a minute") from error


def _speaker(work: UnitOfWork, pool: HeldPool) -> tuple[UUID, UUID]:
    person_id, organisation_id = human(work.actor), work.actor.organisation_id
    if organisation_id is None:
        raise NobodyActs("sign in for an organisation")
    if organisation_id not in pool.partner_ids:
        raise SpeaksForNobodyHere("it is for the partners of this pool")
    return person_id, organisation_id
