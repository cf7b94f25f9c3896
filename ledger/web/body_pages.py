"""Pages of a body: its seats and how it decides, setting that, and ending the body."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.core import clock
from ledger.core.authority import in_force, permits
from ledger.core.db import db
from ledger.core.errors import Conflict, Forbidden, Invalid, NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.funding.boards import queries as boards
from ledger.governance import queries as governance
from ledger.governance.motions import queries, service
from ledger.governance.motions.rules import State
from ledger.governance.queries import BodyView
from ledger.web import body_rules
from ledger.web.motion_words import CLASSES
from ledger.web.shell import day

blueprint = Blueprint("body_pages", __name__, url_prefix="/bodies")


@blueprint.get("/<uuid:body_id>")
@requires(Permission.MOTION_READ)
def show(body_id: UUID) -> str:
    """Show a body: who sits on it, and how it decides."""
    if not _may(Permission.MOTION_READ, body_id):
        raise NotFound("no such body")
    session, body = db.session(), _body(body_id)
    ended = queries.dissolved_at(session, body_id)
    return render_template(
        "bodies/show.jinja",
        body=body,
        seats=_seat_rows(body),
        ended=day(clock.civil_date(ended)) if ended else "",
        said=body_rules.standing_words(queries.rules_of(session, body_id), body),
        keeps=ended is None and _may(Permission.SEAT_APPOINT, body_id),
    )


@blueprint.get("/<uuid:body_id>/rules")
@requires(Permission.SEAT_APPOINT)
def ask_rules(body_id: UUID) -> str:
    """Ask how the body decides from now on, beside how it decides now."""
    _check_keeps(body_id)
    rules = queries.rules_of(db.session(), body_id)
    return _form(body_id, body_rules.as_typed(rules), {})


@blueprint.post("/<uuid:body_id>/rules")
@requires(Permission.SEAT_APPOINT)
def set_rules(body_id: UUID) -> ResponseReturnValue:
    """Say how the body decides from now on."""
    _check_keeps(body_id)
    rules, errors = body_rules.read(request.form)
    if rules is None:
        return _form(body_id, request.form, errors), 422
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            service.set_rules(work, body_id, rules=rules)
    except (Conflict, Invalid) as refused:
        return _form(body_id, request.form, {"": f"{refused.title}: {refused.detail}"}), 422
    flash("It decides like that from now on. Votes that are open go on as they began.", "success")
    return redirect(url_for(".show", body_id=body_id), 303)


@blueprint.get("/<uuid:body_id>/dissolution")
@requires(Permission.SEAT_APPOINT)
def ask_dissolution(body_id: UUID) -> str:
    """Say what ending the body means, and ask for a confirmation."""
    return _ending(body_id, {})


@blueprint.post("/<uuid:body_id>/dissolution")
@requires(Permission.SEAT_APPOINT)
def dissolve(body_id: UUID) -> ResponseReturnValue:
    """End the body: it decides nothing any more."""
    if request.form.get("confirm") != "yes":
        return _ending(body_id, {"confirm": "Tick that you want to dissolve it"}), 422
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            service.dissolve(work, body_id)
    except Conflict as refused:
        return _ending(body_id, {"": f"{refused.title}: {refused.detail}"}), 422
    flash("It is dissolved.", "success")
    return redirect(url_for(".show", body_id=body_id), 303)


def _form(body_id: UUID, typed: body_rules.Typed, errors: dict[str, str]) -> str:
    body = _body(body_id)
    rules = queries.rules_of(db.session(), body_id)
    return render_template(
        "bodies/rules.jinja",
        body=body,
        said=body_rules.standing_words(rules, body),
        typed=typed,
        offered=body_rules.choices(typed, body),
        groups=body_rules.GROUPS,
        errors=errors,
    )


def _ending(body_id: UUID, errors: dict[str, str]) -> str:
    _check_keeps(body_id)
    session, today = db.session(), clock.today()
    motions = queries.motions(session, current_actor(), on=today, body_id=body_id)
    return render_template(
        "bodies/dissolve.jinja",
        body=_body(body_id),
        ended=queries.dissolved_at(session, body_id) is not None,
        open_votes=[one.title for one in motions if one.state is State.OPEN],
        decides=bool(boards.pools_of(session, body_id)),
        errors=errors,
    )


def _seat_rows(body: BodyView) -> Sequence[Sequence[object]]:
    held = {seat.held.person_id for seat in body.seats if seat.held}
    names = directory.person_names(db.session(), held)
    return [
        [
            seat.title,
            CLASSES[seat.stakeholder],
            (names.get(seat.held.person_id) or "Somebody who is not here any more")
            if seat.held
            else {"text": "Vacant", "tag": "grey"},
        ]
        for seat in body.seats
    ]


def _body(body_id: UUID) -> BodyView:
    return governance.body(db.session(), body_id, on=clock.today())


def _check_keeps(body_id: UUID) -> None:
    if not _may(Permission.SEAT_APPOINT, body_id):
        raise Forbidden("those who keep the lists of its host do this")


def _may(permission: Permission, body_id: UUID) -> bool:
    actor, today = current_actor(), clock.today()
    on = queries.standing(db.session(), body_id, actor.person_id, on=today)
    return permits(in_force(), actor, permission, on)
