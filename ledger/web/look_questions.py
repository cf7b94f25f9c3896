"""A patient asks why somebody looked, or complains of it, and reads the answer."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from ledger.access import queries as access
from ledger.access.matters import queries, service
from ledger.access.matters.queries import MatterView
from ledger.access.matters.rules import WORDS_MAX, Sort
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Conflict, Invalid, NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web.matter_words import SORT_WORDS, MatterCard, Names, look_lines
from ledger.web.patient import own_patient_id
from ledger.web.tasks import Task

blueprint = Blueprint("look_questions", __name__)

_NEWS: Final = timedelta(days=28)
"""How long an answer stands on the start page of who asked."""


@blueprint.get("/looks/<uuid:look_id>/ask")
@requires(Permission.MATTER_RAISE)
def form(look_id: UUID) -> str:
    """Show a look, what was asked about it before, and a form to ask."""
    return _form(look_id, {})


@blueprint.post("/looks/<uuid:look_id>/ask")
@requires(Permission.MATTER_RAISE)
def ask(look_id: UUID) -> ResponseReturnValue:
    """Record the question or complaint; whoever answers it is told."""
    sort = request.form.get("sort", "")
    if sort not in set(Sort):
        return _form(look_id, {"sort": "Choose what you want to do"}), 422
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            matter_id = service.raise_matter(
                work,
                patient_id=own_patient_id(),
                look_id=look_id,
                sort=Sort(sort),
                words=request.form.get("words", ""),
            )
    except (Invalid, Conflict) as refused:
        sentence = refused.detail[:1].upper() + refused.detail[1:]
        return _form(look_id, {"words": sentence}), 422
    flash("Sent. You are told when there is an answer.", "success")
    return redirect(url_for(".show", matter_id=matter_id), 303)


@blueprint.get("/matters")
@requires(Permission.MATTER_RAISE)
def mine() -> str:
    """List what was asked and complained of."""
    views = queries.of_patient(db.session(), current_actor(), own_patient_id())
    return render_template("matters/mine.jinja", cards=_cards(db.session(), views))


@blueprint.get("/matters/<uuid:matter_id>")
@requires(Permission.MATTER_RAISE)
def show(matter_id: UUID) -> str:
    """Show one, with all that was said."""
    return _show(matter_id, {})


@blueprint.post("/matters/<uuid:matter_id>/again")
@requires(Permission.MATTER_RAISE)
def again(matter_id: UUID) -> ResponseReturnValue:
    """Raise it again: the answer did not settle it."""
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            service.reopen(work, matter_id, words=request.form.get("words", ""))
    except (Invalid, Conflict) as refused:
        sentence = refused.detail[:1].upper() + refused.detail[1:]
        return _show(matter_id, {"words": sentence}), 422
    flash("Sent. They look into it again.", "success")
    return redirect(url_for(".show", matter_id=matter_id), 303)


def waiting(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Return answers of these days to who asked."""
    patient_id = next(iter(actor.proxy_for), actor.patient_id)
    if patient_id is None or not {Role.PATIENT, Role.PROXY, Role.ADVOCATE} & actor.roles:
        return []
    since = clock.now() - _NEWS
    try:
        views = queries.of_patient(session, actor, patient_id)
    except NotFound:  # Not by this power, or not by this sign-in.
        return []
    fresh = [one for one in views if one.answered_at is not None and one.answered_at > since]
    return [
        Task(
            "There is an answer to what you asked about a look",
            url_for("look_questions.show", matter_id=card.id),
            card.by,
            card.state,
            card.colour,
        )
        for card in _cards(session, fresh)
    ]


def names_of(session: Session, ids: set[UUID]) -> Names:
    """Return what organisations are called."""
    return {one: view.name for one, view in directory.organisations(session, ids).items()}


def _cards(session: Session, views: Sequence[MatterView]) -> list[MatterCard]:
    names = names_of(session, {one.escalated_to or one.owner_id for one in views})
    today = clock.today()
    return [MatterCard.of(one, names, today) for one in views]


def _form(look_id: UUID, errors: dict[str, str]) -> str:
    session, actor, patient_id = db.session(), current_actor(), own_patient_id()
    look = access.look(session, actor, patient_id, look_id)
    before = queries.of_patient(session, actor, patient_id, look_ids=[look_id])
    chosen = request.form.get("sort", "")
    return render_template(
        "matters/ask.jinja",
        look_id=look_id,
        lines=look_lines(look, names_of(session, {look.organisation_id})),
        before=_cards(session, before),
        waits=any(one.answered_at is None for one in before),
        sorts=[
            {"value": one.value, "text": text, "checked": one == chosen}
            for one, text in SORT_WORDS.items()
        ],
        words=request.form.get("words", ""),
        words_max=WORDS_MAX,
        errors=errors,
    )


def _show(matter_id: UUID, errors: dict[str, str]) -> str:
    session, actor = db.session(), current_actor()
    view = queries.matter(session, actor, matter_id)
    look = access.look(session, actor, own_patient_id(), view.look_id)
    return render_template(
        "matters/show.jinja",
        card=_cards(session, [view])[0],
        lines=look_lines(look, names_of(session, {look.organisation_id})),
        words=request.form.get("words", ""),
        words_max=WORDS_MAX,
        errors=errors,
    )
