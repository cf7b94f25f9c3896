"""Privacy officers answer what patients ask, or complain of, about who looked."""

from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from ledger.access.matters import queries, service
from ledger.access.matters.rules import WORDS_MAX, Outcome
from ledger.access.queries import decided
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Conflict, Invalid
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web.look_questions import names_of
from ledger.web.matter_words import ANSWER_WORDS, MatterCard, look_lines
from ledger.web.tasks import Task

blueprint = Blueprint("matter_answers", __name__, url_prefix="/reviews/matters")


@blueprint.get("")
@requires(Permission.MATTER_ANSWER)
def show() -> str:
    """List what waits for an answer, what is due first on top."""
    return render_template("matters/waiting.jinja", cards=_cards(db.session(), current_actor()))


@blueprint.get("/<uuid:matter_id>")
@requires(Permission.MATTER_ANSWER)
def form(matter_id: UUID) -> str:
    """Show one, the look that it is about, and a form to answer it."""
    return _form(matter_id, {})


@blueprint.post("/<uuid:matter_id>/acknowledge")
@requires(Permission.MATTER_ANSWER)
def acknowledge(matter_id: UUID) -> ResponseReturnValue:
    """Tell the patient that it was read."""
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            service.acknowledge(work, matter_id)
    except Conflict as refused:
        flash(f"Nothing was recorded: {refused.title}.")
    else:
        flash("The patient is told that you have read it.", "success")
    return redirect(url_for(".form", matter_id=matter_id), 303)


@blueprint.post("/<uuid:matter_id>/answer")
@requires(Permission.MATTER_ANSWER)
def answer(matter_id: UUID) -> ResponseReturnValue:
    """Answer it; the patient is told."""
    outcome = request.form.get("outcome", "")
    if outcome not in set(Outcome):
        return _form(matter_id, {"outcome": "Choose what you found"}), 422
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            service.answer(
                work, matter_id, outcome=Outcome(outcome), words=request.form.get("words", "")
            )
    except Invalid as refused:
        return _form(matter_id, {"words": refused.detail[:1].upper() + refused.detail[1:]}), 422
    except Conflict as refused:
        flash(f"Nothing was recorded: {refused.title}.")
        return redirect(url_for(".form", matter_id=matter_id), 303)
    flash("Answered. The patient is told.", "success")
    return redirect(url_for(".show"), 303)


def waiting(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Return what waits for the reader's answer."""
    if Role.PRIVACY_OFFICER not in actor.roles:
        return []
    return [
        Task(
            card.title,
            url_for("matter_answers.form", matter_id=card.id),
            card.by,
            card.state,
            card.colour,
        )
        for card in _cards(session, actor)
    ]


def _cards(session: Session, actor: Actor) -> list[MatterCard]:
    views = queries.waiting(session, actor)
    names = names_of(session, {one.escalated_to or one.owner_id for one in views})
    today = clock.today()
    return [MatterCard.of(one, names, today) for one in views]


def _form(matter_id: UUID, errors: dict[str, str]) -> str:
    session, actor = db.session(), current_actor()
    view = queries.matter(session, actor, matter_id)
    _, look = decided(session, view.look_id)
    names = names_of(session, {look.organisation_id, view.escalated_to or view.owner_id})
    lines = look_lines(look, names)
    person = directory.person_names(session, {look.person_id} if look.person_id else set())
    if look.person_id:
        name = person.get(look.person_id) or "Somebody who is not here any more"
        lines.insert(2, {"key": "By name", "value": f"{name} (the patient does not see this)"})
    chosen = request.form.get("outcome", "")
    return render_template(
        "matters/answer.jinja",
        card=MatterCard.of(view, names, clock.today()),
        lines=lines,
        outcomes=[
            {"value": one.value, "text": text, "checked": one == chosen}
            for one, text in ANSWER_WORDS.items()
        ],
        words=request.form.get("words", ""),
        words_max=WORDS_MAX,
        errors=errors,
    )
