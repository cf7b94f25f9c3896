"""Proposing a motion on a page: words, and one thing that it does to a pool of the body's."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.core import clock
from ledger.core.authority import in_force, permits
from ledger.core.db import db
from ledger.core.errors import Conflict, Forbidden, Invalid, NotFound
from ledger.core.money import parse_minor
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.edge.pools import pool_in_sight
from ledger.funding.boards import queries as boards
from ledger.funding.boards.effects import ALLOCATE, RELEASE_RESERVE, SET_RESERVE, VIRE
from ledger.funding.queries.pools import PoolView
from ledger.governance import queries as governance
from ledger.governance.motions import queries, service

blueprint = Blueprint("motion_proposals", __name__, url_prefix="/motions/propose")

EFFECTS = {
    "words": "Nothing: it is words alone",
    ALLOCATE: "Give budget to one or more schemes, out of what is not allocated",
    SET_RESERVE: "Hold budget back as the risk reserve",
    VIRE: "Move budget from one scheme to another",
    RELEASE_RESERVE: "Ask every partner to release reserve to a scheme",
}
_SCHEMES = {SET_RESERVE: (), VIRE: ("from", "to"), RELEASE_RESERVE: ("to",)}


@blueprint.get("/<uuid:body_id>")
@requires(Permission.MOTION_PROPOSE)
def ask(body_id: UUID) -> str:
    """Ask for a motion's words, and what it does."""
    return _form(body_id, {})


@blueprint.post("/<uuid:body_id>")
@requires(Permission.MOTION_PROPOSE)
def send(body_id: UUID) -> ResponseReturnValue:
    """Propose it. What it would do, as things are, is on its page."""
    given = request.form
    effect = given.get("effect", "")
    errors = {} if effect in EFFECTS else {"effect": "Choose what it does"}
    parameters: dict[str, object] | None = None
    if not errors and effect != "words":
        parameters, errors = _parameters(body_id, effect)
    if errors:
        return _form(body_id, errors), 422
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            motion_id = service.propose(
                work,
                body_id,
                title=given.get("title", ""),
                resolution=given.get("resolution", ""),
                effect=None if effect == "words" else effect,
                parameters=parameters,
            )
    except (Conflict, Invalid) as refused:
        return _form(body_id, {"": f"{refused.title}: {refused.detail}"}), 422
    flash("Proposed. Somebody else has to second it before the vote.", "success")
    return redirect(url_for("motion_pages.show", motion_id=motion_id), 303)


def _parameters(body_id: UUID, effect: str) -> tuple[dict[str, object], dict[str, str]]:
    """Return what the effect needs, as the log spells it, and what is wrong with it."""
    parameters: dict[str, object] = {"pool_id": request.form.get("pool", "")}
    if effect == ALLOCATE:
        amounts, errors = _portions(body_id)
        return {**parameters, "amounts": amounts}, errors
    errors = {}
    parameters["amount_minor"] = _amount("amount", errors)
    chosen = {}
    for which in _SCHEMES[effect]:
        chosen[which] = request.form.get(which, "")
        if not chosen[which]:
            errors[which] = "Choose a scheme"
    if effect == VIRE:
        parameters |= {"from_scheme_id": chosen["from"], "to_scheme_id": chosen["to"]}
    if effect == RELEASE_RESERVE:
        parameters["scheme_id"] = chosen["to"]
    return parameters, errors


def _portions(body_id: UUID) -> tuple[list[dict[str, object]], dict[str, str]]:
    """Return what each scheme with an amount beside it is given; empty ones are left out."""
    errors: dict[str, str] = {}
    pool = _pool(body_id)
    fields = [(one.id, f"give-{one.id}") for one in pool.schemes] if pool else []
    portions: list[dict[str, object]] = [
        {"scheme_id": str(scheme_id), "amount_minor": _amount(name, errors)}
        for scheme_id, name in fields
        if request.form.get(name, "").strip()
    ]
    if fields and not portions:
        errors[fields[0][1]] = "Enter an amount for at least one scheme"
    return portions, errors


def _amount(name: str, errors: dict[str, str]) -> int:
    try:
        return parse_minor(request.form.get(name, ""))
    except Invalid as refused:
        errors[name] = refused.detail
        return 0


def _form(body_id: UUID, errors: dict[str, str]) -> str:
    session, actor, today = db.session(), current_actor(), clock.today()
    resource = queries.standing(session, body_id, actor.person_id, on=today)
    if not permits(in_force(), actor, Permission.MOTION_PROPOSE, resource):
        raise Forbidden("those who hold a seat of this body propose to it")
    pool = _pool(body_id)
    effects = EFFECTS if pool else {"words": EFFECTS["words"]}
    chosen = request.form.get("effect", "" if pool else "words")
    return render_template(
        "motions/propose.jinja",
        body=governance.body(session, body_id, on=today),
        pool=pool,
        effects=[
            {"value": kind, "text": text, "checked": kind == chosen}
            for kind, text in effects.items()
        ],
        schemes=[{"value": str(one.id), "text": one.label} for one in pool.schemes] if pool else [],
        given=request.form,
        errors=errors,
    )


def _pool(body_id: UUID) -> PoolView | None:
    """Return the pool that a body decides about, if the reader may see it."""
    for pool_id in boards.pools_of(db.session(), body_id):
        try:
            return pool_in_sight(pool_id)
        except NotFound:
            continue
    return None
