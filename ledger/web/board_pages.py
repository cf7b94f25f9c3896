"""A page on which each partner says which board decides about a pool's budget."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.core import clock
from ledger.core.authority import in_force, permits
from ledger.core.db import db
from ledger.core.errors import Conflict, Forbidden, Invalid
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.edge.pools import pool_in_sight
from ledger.funding.boards import queries
from ledger.funding.boards import service as boards
from ledger.funding.queries.pools import PoolView
from ledger.governance import queries as governance
from ledger.web.funding import names_of

blueprint = Blueprint("pool_board", __name__, url_prefix="/pools/<uuid:pool_id>/board")


@blueprint.get("")
@requires(Permission.POOL_READ)
def show(pool_id: UUID) -> str:
    """Show what each partner has agreed to, and ask the reader's."""
    return _page(pool_in_sight(pool_id), {})


@blueprint.post("")
@requires(Permission.POOL_APPROVE)
def agree(pool_id: UUID) -> ResponseReturnValue:
    """Agree, for the reader's organisation, that a body decides."""
    pool = pool_in_sight(pool_id)
    try:
        body_id = UUID(request.form.get("body_id", ""))
    except ValueError:
        return _page(pool, {"body_id": "Choose a board"}), 422
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            decides = boards.agree_board(work, pool_id, body_id=body_id)
    except (Conflict, Invalid, Forbidden) as refused:
        status = 403 if isinstance(refused, Forbidden) else 422
        return _page(pool, {"body_id": f"{refused.title}: {refused.detail}"}), status
    flash("It decides from now on." if decides else "Agreed. Other partners must, too.", "success")
    return redirect(url_for(".show", pool_id=pool_id), 303)


def _page(pool: PoolView, errors: dict[str, str]) -> str:
    session, actor = db.session(), current_actor()
    names, wanted = names_of(pool), queries.wanted(session, pool.id)
    bodies = {one.id: one for one in governance.bodies(session, on=clock.today())}
    decides = queries.board_of(session, pool.id)
    rows = [
        [names[one], bodies[wanted[one]].name if wanted.get(one) in bodies else "Nothing yet"]
        for one in pool.partner_ids
    ]
    speaks = actor.organisation_id in pool.partner_ids
    may = speaks and permits(in_force(), actor, Permission.POOL_APPROVE, pool.resource)
    return render_template(
        "funding/board.jinja",
        pool=pool,
        rows=rows,
        decides=bodies[decides].name if decides in bodies else "",
        bodies=[one for one in bodies.values() if one.host_id in {pool.host_id, *pool.partner_ids}],
        mine=wanted.get(actor.organisation_id) if actor.organisation_id else None,
        may=may,
        errors=errors,
    )
