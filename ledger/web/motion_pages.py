"""Pages of motions: what a body is asked, one's own vote, the count, and what came of it."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.actor import Actor
from ledger.core.authority import Resource, in_force, permits
from ledger.core.db import db
from ledger.core.errors import Conflict, Forbidden, Invalid, LedgerError, NotFound
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.governance import queries as governance
from ledger.governance.motions import carrying, queries, service
from ledger.governance.motions.queries import MotionView
from ledger.governance.motions.rules import Choice, State
from ledger.web.motion_names import names_of, transaction_of
from ledger.web.motion_words import (
    CHOICES,
    STATES,
    figure_rows,
    page_of,
    refused_words,
)
from ledger.web.shell import day, moment
from ledger.web.tasks import Sort, Task

blueprint = Blueprint("motion_pages", __name__, url_prefix="/motions")


@blueprint.get("")
@requires(Permission.MOTION_READ)
def index() -> str:
    """List the motions of the bodies that the reader may see, body by body."""
    session, actor, today = db.session(), current_actor(), clock.today()
    seen: dict[UUID, list[MotionView]] = {}
    for one in queries.motions(session, actor, on=today):
        seen.setdefault(one.body_id, []).append(one)
    groups = [
        {
            "body": body,
            "rows": [_row(one) for one in seen.get(body.id, [])],
            "proposes": _may(actor, Permission.MOTION_PROPOSE, body.id)
            and queries.dissolved_at(session, body.id) is None,
        }
        for body in governance.bodies(session, on=today)
        if body.id in seen or _may(actor, Permission.MOTION_READ, body.id)
    ]
    return render_template("motions/list.jinja", groups=groups)


@blueprint.get("/<uuid:motion_id>")
@requires(Permission.MOTION_READ)
def show(motion_id: UUID) -> str:
    """Show a motion: its words, what it will do, the roll, the count, what came of it."""
    return _page(motion_id, "")


@blueprint.post("/<uuid:motion_id>/vote")
@requires(Permission.MOTION_VOTE)
def vote(motion_id: UUID) -> ResponseReturnValue:
    """Cast a ballot, or change it."""
    choice, seat = request.form.get("choice", ""), request.form.get("seat", "")
    if choice not in set(Choice):
        return _page(motion_id, "Choose how you vote"), 422
    seat_id = _id(seat)
    try:  # No one-time token: it would be kept beside a digest of the form, and so of the choice.
        with unit_of_work(current_actor()) as work:
            service.cast(work, motion_id, choice=Choice(choice), seat_id=seat_id)
    except (Conflict, Forbidden) as refused:
        return _page(motion_id, f"{refused.title}: {refused.detail}"), 422
    flash("Your vote is in.", "success")
    return redirect(url_for(".show", motion_id=motion_id), 303)


@blueprint.post("/<uuid:motion_id>/interest")
@requires(Permission.MOTION_VOTE)
def declare(motion_id: UUID) -> ResponseReturnValue:
    """Step aside, or have an interest noted."""
    recused = request.form.get("how") == "aside"
    with unit_of_work(current_actor()) as work:
        once_form(work)
        service.declare(work, motion_id, recused=recused)
    if recused:
        flash("You have stepped aside. You do not see this motion any more.", "success")
        return redirect(url_for(".index"), 303)
    flash("Your interest is noted.", "success")
    return redirect(url_for(".show", motion_id=motion_id), 303)


@blueprint.post("/<uuid:motion_id>/second")
@requires(Permission.MOTION_PROPOSE)
def second(motion_id: UUID) -> ResponseReturnValue:
    """Support somebody else's motion."""
    return _carry_out(motion_id, lambda work: service.second(work, motion_id), "Seconded.")


@blueprint.post("/<uuid:motion_id>/withdraw")
@requires(Permission.MOTION_PROPOSE)
def withdraw(motion_id: UUID) -> ResponseReturnValue:
    """Take one's own motion back."""
    return _carry_out(motion_id, lambda work: service.withdraw(work, motion_id), "Taken back.")


@blueprint.post("/<uuid:motion_id>/open")
@requires(Permission.MOTION_CLOSE)
def open_vote(motion_id: UUID) -> ResponseReturnValue:
    """Open the vote, for as many days as the rules say."""
    return _carry_out(
        motion_id, lambda work: service.open_vote(work, motion_id), "The vote is open."
    )


@blueprint.post("/<uuid:motion_id>/close")
@requires(Permission.MOTION_CLOSE)
def close(motion_id: UUID) -> ResponseReturnValue:
    """Count the vote; what passed is carried out."""
    try:
        decision = carrying.close_and_carry_out(current_actor(), motion_id)
    except (Conflict, Invalid) as refused:
        return _page(motion_id, f"{refused.title}: {refused.detail}"), 422
    flash(f"Counted: {STATES[decision.outcome][0].lower()}.", "success")
    return redirect(url_for(".show", motion_id=motion_id), 303)


@blueprint.post("/<uuid:motion_id>/execute")
@requires(Permission.MOTION_CLOSE)
def execute(motion_id: UUID) -> ResponseReturnValue:
    """Try again what the motion decided."""
    return _carry_out(motion_id, lambda work: service.execute(work, motion_id), "Tried again.")


def waiting(session: Session, actor: Actor, today: date) -> list[Task]:
    """Return the votes that wait for the reader, what closes first on top."""
    if not permits(in_force(), actor, Permission.MOTION_VOTE, queries.SEATED):
        return []
    return [
        Task(
            one.title,
            url_for("motion_pages.show", motion_id=one.id),
            f"{one.body} votes on this",
            f"Vote by {day(clock.civil_date(one.closes_at))}" if one.closes_at else "Vote",
            sort=Sort.ANSWER,
        )
        for one in queries.to_vote(session, actor, now=clock.now(), on=today)
    ]


def _page(motion_id: UUID, error: str) -> str:
    session, actor = db.session(), current_actor()
    view = queries.motion(session, actor, motion_id, on=clock.today())
    names = names_of(session, actor, view)
    figures, refused = [], ""
    if view.effect and view.state in {State.PROPOSED, State.OPEN}:
        try:
            figures = figure_rows(service.preview(actor, motion_id), names)
        except LedgerError as why_not:
            refused = refused_words(why_not)
    resource = queries.standing(session, view.body_id, actor.person_id, on=clock.today())
    return render_template(
        "motions/show.jinja",
        view=view,
        page=page_of(view, names, moment),
        figures=figures,
        refused=refused,
        error=error,
        ballots=_ballots(view, actor) if _allowed(actor, Permission.MOTION_VOTE, resource) else (),
        actions=_actions(view, actor, resource),
        transaction=transaction_of(session, actor, view),
    )


def _ballots(view: MotionView, actor: Actor) -> list[dict[str, object]]:
    """Return a form for each seat that the reader may vote for, their choice ticked."""
    if view.state is not State.OPEN or view.rules is None:
        return []
    return [
        {
            "seat": seat,
            "in_box": view.rules.secret and seat.voted,
            "choices": [
                {"value": one.value, "text": words, "checked": one is seat.choice}
                for one, words in CHOICES.items()
            ],
        }
        for seat in view.seats_of(actor.person_id)
    ]


def _actions(view: MotionView, actor: Actor, resource: Resource) -> set[str]:
    """Return what the reader may do to a motion as it stands."""
    proposes = _allowed(actor, Permission.MOTION_PROPOSE, resource)
    runs = _allowed(actor, Permission.MOTION_CLOSE, resource)
    mine = actor.person_id == view.mover_id
    proposed = view.state is State.PROPOSED
    found = {
        "second": proposes and proposed and not mine and view.seconder_id is None,
        "withdraw": proposes and proposed and mine,
        "open": runs and proposed,
        "close": runs and view.state is State.OPEN,
        "execute": runs and view.to_carry_out,
    }
    return {name for name, may in found.items() if may}


def _carry_out(
    motion_id: UUID, command: Callable[[UnitOfWork], object], said: str
) -> ResponseReturnValue:
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            command(work)
    except (Conflict, Invalid, Forbidden) as refused:
        return _page(motion_id, f"{refused.title}: {refused.detail}"), 422
    flash(said, "success")
    return redirect(url_for(".show", motion_id=motion_id), 303)


def _row(view: MotionView) -> list[object]:
    status, colour = STATES[view.state]
    if view.to_carry_out:
        status = "Passed, not carried out"
        colour = "orange"
    when = view.closed_at or view.closes_at or view.proposed_at
    words = "Closed" if view.closed_at else "Closes" if view.closes_at else "Proposed"
    return [
        {"text": view.title, "href": url_for(".show", motion_id=view.id)},
        {"text": status, "tag": colour},
        f"{words} {moment(when)}",
    ]


def _may(actor: Actor, permission: Permission, body_id: UUID) -> bool:
    on = queries.standing(db.session(), body_id, actor.person_id, on=clock.today())
    return _allowed(actor, permission, on)


def _allowed(actor: Actor, permission: Permission, on: Resource) -> bool:
    return permits(in_force(), actor, permission, on)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise NotFound("no such seat") from error
