"""Deciding that everybody may see what a pool spent: one partner asks, another agrees."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.core import clock
from ledger.core.authority import in_force, permits
from ledger.core.db import db
from ledger.core.errors import Invalid, NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.edge.pools import pool_in_sight
from ledger.funding.publication import service as publication
from ledger.funding.publication.queries import publications
from ledger.funding.publication.rules.suppression import FLOOR
from ledger.funding.queries import pools
from ledger.web.publication_inbox import may_agree
from ledger.web.shell import day

blueprint = Blueprint("pool_publication", __name__, url_prefix="/pools/<uuid:pool_id>/publication")


@blueprint.get("")
@requires(Permission.POOL_READ)
def show(pool_id: UUID) -> str:
    """Show what is published, what is asked, and which years can be."""
    session, actor = db.session(), current_actor()
    pool = pools.pool(session, actor, pool_id)
    found = publications(session, pool_id)
    names = directory.organisations(session, set(pool.partner_ids))
    may = permits(in_force(), actor, Permission.POOL_PUBLISH, pool.resource)
    today = clock.today()
    taken = {(one.first_day, one.last_day) for one in found}
    years = [
        (one.id, f"{day(one.first_day)} to {day(one.last_day)}")
        for one in pool.periods
        if one.last_day < today and (one.first_day, one.last_day) not in taken
    ]
    return render_template(
        "pools/publication.jinja",
        pool=pool,
        floor=FLOOR,
        years=years if may else [],
        lines=[
            {
                "id": one.id,
                "days": f"{day(one.first_day)} to {day(one.last_day)}",
                "asked_for": names[one.asked_for].name,
                "published": one.published_at is not None,
                "may_agree": may and may_agree(one, actor),
            }
            for one in found
        ],
    )


@blueprint.post("")
@requires(Permission.POOL_PUBLISH)
def ask(pool_id: UUID) -> ResponseReturnValue:
    """Ask that a year be published."""
    pool = pool_in_sight(pool_id)
    chosen = [one for one in pool.periods if str(one.id) == request.form.get("period")]
    if not chosen:
        raise Invalid("choose a year from the list")
    with unit_of_work(current_actor()) as work:
        once_form(work)
        publication.ask(work, pool_id, first_day=chosen[0].first_day, last_day=chosen[0].last_day)
    flash("Asked. It is published when somebody of another partner agrees.", "success")
    return redirect(url_for("pool_publication.show", pool_id=pool_id), 303)


@blueprint.post("/<uuid:publication_id>")
@requires(Permission.POOL_PUBLISH)
def agree(pool_id: UUID, publication_id: UUID) -> ResponseReturnValue:
    """Agree that it is published."""
    found = publications(db.session(), pool_in_sight(pool_id).id)
    if publication_id not in {one.id for one in found}:
        raise NotFound("nothing like this was asked for this pool")
    with unit_of_work(current_actor()) as work:
        once_form(work)
        publication.agree(work, publication_id)
    flash("Published. Everybody can see it now.", "success")
    return redirect(url_for("pool_publication.show", pool_id=pool_id), 303)
