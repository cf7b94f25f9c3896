"""Overspends over HTTP: what would be, what is, and what people do about it."""

from typing import Any
from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from ledger.api import funding_overspend_schemas as wire
from ledger.api.funding_overspend_out import covering_out, overspend_out, warning_out
from ledger.api.funding_posting import dumped
from ledger.api.funding_schemas import ItemsOut, OutcomeOut
from ledger.api.shell import Blueprint as Described
from ledger.core import clock
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once, once_done
from ledger.edge.pools import pool_in_sight
from ledger.funding.overspend import queries as overspends
from ledger.funding.overspend import resolving, service
from ledger.funding.overspend.queries import OverspendView
from ledger.funding.overspend.waterfalls import covering
from ledger.funding.queries.pools import PoolView

blueprint = Blueprint("funding_overspend", __name__, url_prefix="/api/v1/pools/<uuid:pool_id>")
_OF_SCHEME = "/schemes/<uuid:scheme_id>/overspend"


@blueprint.get("/overspends")
@Described.answers(200, ItemsOut)
@requires(Permission.POOL_READ)
def list_all(pool_id: UUID) -> ResponseReturnValue:
    """List overspends, those that run first, then the newest."""
    found = overspends.overspends(db.session(), pool_in_sight(pool_id))
    return {"items": [overspend_out(one) for one in found]}


@blueprint.get("/early-warnings")
@Described.answers(200, ItemsOut)
@requires(Permission.POOL_READ)
def list_warnings(pool_id: UUID) -> ResponseReturnValue:
    """List early warnings, those that stand first, then the newest."""
    found = overspends.warnings(db.session(), pool_in_sight(pool_id))
    return {"items": [warning_out(one) for one in found]}


@blueprint.get(_OF_SCHEME)
@requires(Permission.POOL_READ)
def show(pool_id: UUID, scheme_id: UUID) -> ResponseReturnValue:
    """Show a scheme's overspend, or its last one: its days, its plan, how it is covered."""
    return overspend_out(_overspend(pool_id, scheme_id)[1])


@blueprint.get(f"{_OF_SCHEME}/simulation")
@Described.takes(wire.QuestionIn, location="query")
@requires(Permission.POOL_READ)
def simulate(pool_id: UUID, scheme_id: UUID) -> ResponseReturnValue:
    """Show who would cover an overspend, now or as of a size of the log. Nothing is posted."""
    asked = wire.QuestionIn().load(request.args)
    said = covering(
        db.session(),
        pool_in_sight(pool_id),
        scheme_id,
        asked["amount_minor"],
        today=clock.today(),
        size=asked["log_size"],
    )
    return covering_out(said)


@blueprint.get(f"{_OF_SCHEME}/resolution")
@requires(Permission.POOL_READ)
def preview(pool_id: UUID, scheme_id: UUID) -> ResponseReturnValue:
    """Show who is to cover the overspend there is; its digest is what to resolve it by."""
    pool, one = _overspend(pool_id, scheme_id)
    today = clock.today()
    return covering_out(overspends.to_resolve(db.session(), pool, one, today))


@blueprint.post(f"{_OF_SCHEME}/resolution")
@Described.takes(wire.ResolutionIn)
@requires(Permission.POOL_ALLOCATE)
def resolve(pool_id: UUID, scheme_id: UUID) -> ResponseReturnValue:
    """Cover an overspend as it was shown: each step is posted, or waits for its approval."""
    asked = wire.ResolutionIn().load(request.get_json())

    def carry_out() -> dict[str, Any]:
        made = resolving.resolve(work, pool_id, scheme_id=scheme_id, **asked)
        return {"id": str(made)}

    with unit_of_work(current_actor()) as work:
        body = once(work, carry_out)
    return body, 201


@blueprint.post("/resolutions/<uuid:resolution_id>/shares")
@Described.takes(wire.ReferenceIn)
@Described.answers(201, OutcomeOut)
@requires(Permission.POOL_ALLOCATE)
def share_out(pool_id: UUID, resolution_id: UUID) -> ResponseReturnValue:
    """Have each partner owe what a resolution says it bears, once all have authorised it."""
    asked = wire.ReferenceIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        body = once(
            work, lambda: dumped(resolving.share_out(work, pool_id, resolution_id, **asked))
        )
    return body, 201


@blueprint.post(f"{_OF_SCHEME}/explanation")
@Described.takes(wire.ExplanationIn)
@requires(Permission.POOL_ALLOCATE)
def explain(pool_id: UUID, scheme_id: UUID) -> ResponseReturnValue:
    """Tell the partners why a scheme is overspent."""
    asked = wire.ExplanationIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        once_done(work, service.explain, pool_id, scheme_id=scheme_id, **asked)
    return "", 204


@blueprint.post(f"{_OF_SCHEME}/plan")
@Described.takes(wire.ActionPlanIn)
@requires(Permission.POOL_ALLOCATE)
def give_plan(pool_id: UUID, scheme_id: UUID) -> ResponseReturnValue:
    """Give the partners an action plan; it takes an earlier one's place."""
    asked = wire.ActionPlanIn().load(request.get_json())

    def carry_out() -> dict[str, Any]:
        return {"id": str(service.give_plan(work, pool_id, scheme_id=scheme_id, **asked))}

    with unit_of_work(current_actor()) as work:
        body = once(work, carry_out)
    return body, 201


@blueprint.post(f"{_OF_SCHEME}/plan/<uuid:plan_id>/acceptances")
@requires(Permission.POOL_APPROVE)
def accept_plan(pool_id: UUID, scheme_id: UUID, plan_id: UUID) -> ResponseReturnValue:
    """Accept an action plan for one's organisation."""
    with unit_of_work(current_actor()) as work:
        once_done(work, service.accept_plan, pool_id, scheme_id=scheme_id, plan_id=plan_id)
    return "", 204


@blueprint.post(f"{_OF_SCHEME}/caps")
@Described.takes(wire.CapIn)
@requires(Permission.POOL_APPROVE)
def agree_cap(pool_id: UUID, scheme_id: UUID) -> ResponseReturnValue:
    """Agree, as a partner's finance chief, to a higher cap for what is spent from now on."""
    asked = wire.CapIn().load(request.get_json())

    def carry_out() -> dict[str, Any]:
        return {"id": str(service.agree_cap(work, pool_id, scheme_id=scheme_id, **asked))}

    with unit_of_work(current_actor()) as work:
        body = once(work, carry_out)
    return body, 201


def _overspend(pool_id: UUID, scheme_id: UUID) -> tuple[PoolView, OverspendView]:
    pool = pool_in_sight(pool_id)
    return pool, overspends.overspend(db.session(), pool, scheme_id)
