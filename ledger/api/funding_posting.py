"""Posting to pools over HTTP: one address for each event, once for each Idempotency-Key."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema

from ledger.api import funding_schemas as wire
from ledger.api.funding_posts import asked, post_all
from ledger.api.shell import Blueprint as Described
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once, once_done
from ledger.funding.queries import pools, proposals
from ledger.funding.service import approvals, budget, corrections, money, shares, spending
from ledger.funding.service.posting import Outcome

blueprint = Blueprint("funding_posting", __name__, url_prefix="/api/v1/pools")


@blueprint.post("/<uuid:pool_id>/contributions")
@Described.takes(wire.ContributionIn)
@Described.answers(201, wire.OutcomeOut)
@requires(Permission.POOL_ALLOCATE)
def agree_contribution(pool_id: UUID) -> ResponseReturnValue:
    """Make a contribution that the agreement names part of the budget."""
    return post(wire.ContributionIn, budget.agree_contribution, pool_id)


@blueprint.post("/<uuid:pool_id>/reserve")
@Described.takes(wire.AmountIn)
@Described.answers(201, wire.OutcomeOut)
@requires(Permission.POOL_ALLOCATE)
def set_reserve(pool_id: UUID) -> ResponseReturnValue:
    """Hold part of what is unallocated back as the risk reserve."""
    return post(wire.AmountIn, budget.set_reserve, pool_id)


@blueprint.post("/<uuid:pool_id>/reserve/releases")
@Described.takes(wire.SchemeAmountIn)
@Described.answers(201, wire.OutcomeOut)
@requires(Permission.POOL_ALLOCATE)
def release_reserve(pool_id: UUID) -> ResponseReturnValue:
    """Propose that the reserve helps a scheme out: every partner must approve."""
    return post(wire.SchemeAmountIn, budget.release_reserve, pool_id)


@blueprint.post("/<uuid:pool_id>/overspends")
@Described.takes(wire.SchemeAmountIn)
@Described.answers(201, wire.OutcomeOut)
@requires(Permission.POOL_ALLOCATE)
def authorise_overspend(pool_id: UUID) -> ResponseReturnValue:
    """Propose that a scheme may spend beyond the pool's money: every partner must approve."""
    return post(wire.SchemeAmountIn, budget.authorise_overspend, pool_id)


@blueprint.post("/<uuid:pool_id>/overspends/shares")
@Described.takes(wire.ShareIn)
@Described.answers(201, wire.OutcomeOut)
@requires(Permission.POOL_ALLOCATE)
def share_overspend(pool_id: UUID) -> ResponseReturnValue:
    """Divide an authorised overspend between the partners by the agreement's share rule."""
    return post(wire.ShareIn, shares.share_overspend, pool_id)


@blueprint.post("/<uuid:pool_id>/allocations")
@Described.takes(wire.AllocationIn)
@Described.answers(201, wire.OutcomeOut)
@requires(Permission.POOL_ALLOCATE)
def allocate(pool_id: UUID) -> ResponseReturnValue:
    """Give schemes budget, amount by amount."""
    return post(wire.AllocationIn, budget.allocate, pool_id)


@blueprint.post("/<uuid:pool_id>/divisions")
@Described.takes(wire.DivisionIn)
@Described.answers(201, wire.OutcomeOut)
@requires(Permission.POOL_ALLOCATE)
def divide(pool_id: UUID) -> ResponseReturnValue:
    """Divide an amount between schemes by weights, to the penny, and allocate the shares."""
    return post(wire.DivisionIn, budget.divide, pool_id)


@blueprint.post("/<uuid:pool_id>/virements")
@Described.takes(wire.VirementIn)
@Described.answers(201, wire.OutcomeOut)
@requires(Permission.POOL_ALLOCATE)
def vire(pool_id: UUID) -> ResponseReturnValue:
    """Propose to move budget between schemes: a second person must approve."""
    return post(wire.VirementIn, budget.vire, pool_id)


@blueprint.post("/<uuid:pool_id>/commitments")
@Described.takes(wire.CommitmentIn)
@Described.answers(201, wire.OutcomeOut)
@requires(Permission.POOL_SPEND)
def commit(pool_id: UUID) -> ResponseReturnValue:
    """Promise spending to a provider; it counts against the scheme's budget."""
    asked = wire.CommitmentIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:

        def carry_out() -> dict[str, Any]:
            commitment_id, outcome = spending.commit(work, pool_id, **asked)
            return {**dumped(outcome), "commitment_id": str(commitment_id)}

        body = once(work, carry_out)
    return body, 201


@blueprint.post("/<uuid:pool_id>/commitments/<uuid:commitment_id>/releases")
@Described.takes(wire.ReleaseIn)
@Described.answers(201, wire.OutcomeOut)
@requires(Permission.POOL_SPEND)
def release(pool_id: UUID, commitment_id: UUID) -> ResponseReturnValue:
    """Give back to the scheme what a commitment no longer needs."""
    return post(wire.ReleaseIn, spending.release, pool_id, commitment_id=commitment_id)


@blueprint.post("/<uuid:pool_id>/accruals")
@Described.takes(wire.AccrualIn)
@Described.answers(201, wire.OutcomeOut)
@requires(Permission.POOL_SPEND)
def accrue(pool_id: UUID) -> ResponseReturnValue:
    """Record what came and is owed for; an overspend is accepted and said."""
    return post(wire.AccrualIn, spending.accrue, pool_id)


@blueprint.post("/<uuid:pool_id>/instalments")
@Described.takes(wire.PartnerAmountIn)
@Described.answers(201, wire.OutcomeOut)
@requires(Permission.POOL_SPEND)
def fall_due(pool_id: UUID) -> ResponseReturnValue:
    """Record that an instalment of a partner's contribution falls due."""
    return post(wire.PartnerAmountIn, money.fall_due, pool_id)


@blueprint.post("/<uuid:pool_id>/receipts")
@Described.takes(wire.PartnerAmountIn)
@Described.answers(201, wire.OutcomeOut)
@requires(Permission.POOL_SPEND)
def receive(pool_id: UUID) -> ResponseReturnValue:
    """Record a partner's money that arrived at the bank."""
    return post(wire.PartnerAmountIn, money.receive, pool_id)


@blueprint.post("/<uuid:pool_id>/payments")
@Described.takes(wire.ProviderAmountIn)
@Described.answers(201, wire.OutcomeOut)
@requires(Permission.POOL_SPEND)
def pay(pool_id: UUID) -> ResponseReturnValue:
    """Prepare a payment: somebody else must approve it."""
    return post(wire.ProviderAmountIn, money.propose_payment, pool_id)


@blueprint.post("/<uuid:pool_id>/batch")
@Described.takes(wire.BatchIn)
@Described.answers(201, wire.BatchOut)
@requires(Permission.POOL_SPEND)
def post_batch(pool_id: UUID) -> ResponseReturnValue:
    """Record up to 500 events in order, all of them or none; a refusal says which event.

    Each is authorised, checked and recorded as if it were sent by itself.
    """
    body: dict[str, Any] = wire.BatchIn().load(request.get_json())
    events = asked(body["events"])

    def carry_out() -> dict[str, Any]:
        return {"outcomes": [dumped(one) for one in post_all(work, pool_id, events)]}

    with unit_of_work(current_actor()) as work:
        answer = once(work, carry_out)
    return answer, 201


@blueprint.post("/<uuid:pool_id>/proposals/<uuid:transaction_id>/approvals")
@Described.answers(201, wire.OutcomeOut)
@requires(Permission.POOL_APPROVE)
def approve(pool_id: UUID, transaction_id: UUID) -> ResponseReturnValue:
    """Approve what somebody else prepared; the last approval posts it."""
    _check_there(pool_id, transaction_id)
    with unit_of_work(current_actor()) as work:
        body = once(work, lambda: dumped(approvals.approve(work, transaction_id)))
    return body, 201


@blueprint.delete("/<uuid:pool_id>/proposals/<uuid:transaction_id>")
@Described.answers(204)
@requires(Permission.POOL_READ)
def drop(pool_id: UUID, transaction_id: UUID) -> ResponseReturnValue:
    """Take a proposal back, or say no to it."""
    _check_there(pool_id, transaction_id)
    with unit_of_work(current_actor()) as work:
        once_done(work, approvals.drop, transaction_id)
    return "", 204


@blueprint.post("/<uuid:pool_id>/transactions/<uuid:transaction_id>/reversal")
@Described.takes(wire.EventIn)
@Described.answers(201, wire.OutcomeOut)
@requires(Permission.POOL_SPEND)
def reverse(pool_id: UUID, transaction_id: UUID) -> ResponseReturnValue:
    """Undo a transaction by its exact negation, once."""

    def command(work: UnitOfWork, pool_id: UUID, **asked: Any) -> Outcome:
        return corrections.reverse(work, pool_id, transaction_id, **asked)

    return post(wire.EventIn, command, pool_id)


def post(
    schema: type[Schema], command: Callable[..., Outcome], pool_id: UUID, **fixed: Any
) -> ResponseReturnValue:
    """Carry out a command that posts, once for each Idempotency-Key."""
    asked = schema().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        body = once(work, lambda: dumped(command(work, pool_id, **asked, **fixed)))
    return body, 201


def dumped(outcome: Outcome) -> dict[str, Any]:
    """Return what came of an event as a client sees it."""
    return {
        "transaction_id": str(outcome.transaction_id),
        "event": outcome.event,
        "waiting": outcome.waiting,
        "overspent_minor": outcome.overspent_minor,
    }


def _check_there(pool_id: UUID, transaction_id: UUID) -> None:
    session = db.session()
    proposals.proposal(session, pools.pool(session, current_actor(), pool_id), transaction_id)
