"""What a patient is asked and has not answered: who asks, for what, and until when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Self
from uuid import UUID

from flask import Blueprint, render_template, url_for
from sqlalchemy.orm import Session

from ledger.consent.asking import queries
from ledger.consent.asking.queries import AskedView
from ledger.core import clock
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.directory import queries as directory
from ledger.edge.guard import current_actor, requires
from ledger.vocabulary import categories, purposes
from ledger.vocabulary.categories import Category
from ledger.web.patient import own_patient_id
from ledger.web.patient_notices import Notice, Shelf
from ledger.web.patient_words import Names
from ledger.web.shell import day
from ledger.web.tasks import Sort, Task

blueprint = Blueprint("asked", __name__, url_prefix="/my/asked")


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedCard:
    """A question, as the patient reads it."""

    id: UUID
    by: str
    why: str
    who: str
    what: tuple[str, ...]
    asked: str
    until: str

    @classmethod
    def of(cls, view: AskedView, names: Names) -> Self:
        """Present a question."""
        found = view.terms.scope.categories if view.terms else frozenset()
        gone = "an organisation that is no longer listed"
        return cls(
            id=view.consent_id,
            by=names.get(view.organisation_id, gone),
            why="; ".join(map(purposes.words, view.purposes)),
            who=", ".join(sorted(names.get(one, gone) for one in view.party_ids)),
            what=tuple(categories.words(one) for one in Category if one in found),
            asked=day(clock.civil_date(view.asked_at)),
            until=day(view.awaited_to),
        )


def one_asked(consent_id: UUID) -> AskedView:
    """Return what the signed-in person's patient is asked by that consent.

    Raises:
        NotFound: it is not theirs, has been answered, or its last day is over.
    """
    for one in _waiting(db.session(), current_actor(), own_patient_id()):
        if one.consent_id == consent_id:
            return one
    raise NotFound("you have answered this, or the last day for an answer is over")


@blueprint.get("/<uuid:consent_id>")
@requires(Permission.CONSENT_READ)
def show(consent_id: UUID) -> str:
    """Show what is asked, with the notice that was sent."""
    view = one_asked(consent_id)
    shelf = Shelf(db.session(), view)
    notice: Notice | None = shelf.kept(shelf.first)
    card = AskedCard.of(view, _names([view]))
    return render_template("patient/asked.jinja", card=card, notice=notice)


def cards(session: Session, actor: Actor, patient_id: UUID) -> list[AskedCard]:
    """Return what waits for an answer, the most urgent first."""
    found = _waiting(session, actor, patient_id)
    names = _names(found)
    return [AskedCard.of(one, names) for one in found]


def waiting(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Return the questions that wait for the patient, for the start page."""
    patient_id = next(iter(actor.proxy_for), actor.patient_id)
    if patient_id is None or actor.organisation_id is not None:
        return []
    try:
        found = cards(session, actor, patient_id)
    except NotFound:  # They may not read what this patient is asked.
        return []
    return [
        Task(
            text=f"{one.by} asks you something",
            href=url_for("asked.show", consent_id=one.id),
            hint=one.why,
            status=f"Answer by {one.until}",
            sort=Sort.ANSWER,
        )
        for one in found
    ]


def _waiting(session: Session, actor: Actor, patient_id: UUID) -> tuple[AskedView, ...]:
    return queries.waiting_for(session, actor, patient_id, now=clock.now())


def _names(views: Iterable[AskedView]) -> Names:
    ids = {one for view in views for one in (view.organisation_id, *view.party_ids)}
    return {i: view.name for i, view in directory.organisations(db.session(), ids).items()}
