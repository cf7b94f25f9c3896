"""Pages by which money is prepared: questions, a look at what would come of it, then sending.

The look is the command itself, carried out and taken back: so it shows what would be
recorded, refuses what would be refused, and names whom it would wait for.
"""

from collections.abc import Callable
from typing import Never
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.core.authority import in_force, permits
from ledger.core.db import db
from ledger.core.errors import Conflict, Forbidden, Invalid, NotFound
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.edge.pools import pool_in_sight
from ledger.funding.queries import balances, pools
from ledger.funding.service.posting import Outcome
from ledger.web.funding import names_of
from ledger.web.funding_forms import FORMS, CheckPage, Form, Shown, answers
from ledger.web.funding_lines import EVENTS

blueprint = Blueprint("pool_prepare", __name__, url_prefix="/pools/<uuid:pool_id>/prepare")


class _TakenBack(Exception):
    """Ends a unit of work without committing it, and carries what would have come of it."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


@blueprint.get("")
@requires(Permission.POOL_READ)
def menu(pool_id: UUID) -> str:
    """List what the reader may prepare."""
    pool = pool_in_sight(pool_id)
    mine = {
        kind: form
        for kind, form in FORMS.items()
        if permits(in_force(), current_actor(), form.permission, pool.resource)
    }
    return render_template("funding/prepare.jinja", pool=pool, forms=mine)


@blueprint.get("/<kind>")
@requires(Permission.POOL_READ)
def ask(pool_id: UUID, kind: str) -> str:
    """Ask what is to be prepared."""
    form, shown = _form(pool_id, kind)
    return _page(form, kind, shown, {})


@blueprint.post("/<kind>")
@requires(Permission.POOL_READ)
def send(pool_id: UUID, kind: str) -> ResponseReturnValue:
    """Show what would come of it; or do it, when it has been looked at."""
    form, shown = _form(pool_id, kind)
    said, errors = answers(form, request.form, shown)
    if errors or "change" in request.form:
        return _page(form, kind, shown, errors), 422 if errors else 200

    def command(work: UnitOfWork) -> Outcome:
        return form.command(work, pool_id, **said)

    try:
        if "looked" not in request.form:
            page = CheckPage.of(form, request.form, shown, _look(command))
            return render_template(
                "funding/prepare_check.jinja",
                pool=shown.pool, form=form, kind=kind, page=page, given=request.form,
            )  # fmt: skip
        with unit_of_work(current_actor()) as work:
            once_form(work)
            outcome = command(work)
    except (Conflict, Invalid) as refused:
        return _page(form, kind, shown, {"": f"{refused.title}: {refused.detail}"}), 422
    if outcome.waiting:
        flash("Sent. It counts when it has been approved.", "success")
        return redirect(url_for("pools.waiting", pool_id=pool_id), 303)
    flash(f"{EVENTS[outcome.event]}.", "success")
    return redirect(url_for("pools.show", pool_id=pool_id), 303)


def _look(command: Callable[[UnitOfWork], Outcome]) -> Outcome:
    try:
        _try(command)
    except _TakenBack as taken:
        return taken.outcome


def _try(command: Callable[[UnitOfWork], Outcome]) -> Never:
    with unit_of_work(current_actor()) as work:
        raise _TakenBack(command(work))


def _form(pool_id: UUID, kind: str) -> tuple[Form, Shown]:
    session, actor = db.session(), current_actor()
    pool = pools.pool(session, actor, pool_id)
    if kind not in FORMS:
        raise NotFound("nothing of that name can be prepared")
    if not permits(in_force(), actor, FORMS[kind].permission, pool.resource):
        raise Forbidden("the pool manager of the host prepares this")
    held = balances.balances(session, pool_id)
    open_now = tuple(pools.commitments(session, pool))
    return FORMS[kind], Shown(pool=pool, names=names_of(pool), held=held, commitments=open_now)


def _page(form: Form, kind: str, shown: Shown, errors: dict[str, str]) -> str:
    return render_template(
        "funding/prepare_form.jinja",
        pool=shown.pool,
        form=form,
        kind=kind,
        options={one.name: shown.options(one) for one in form.questions},
        given=request.form,
        errors=errors,
    )
