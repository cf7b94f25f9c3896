"""Pages for privacy officers: why the glass was broken, and what care went on in spite of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from ledger.access import queries, service
from ledger.access.queries import AlertView, OverrideView
from ledger.access.rules.overrides import WORDS_MAX
from ledger.access.rules.words import Alert
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web.ask import OVERRIDE_WORDS
from ledger.web.shell import day, moment
from ledger.web.tasks import Task

blueprint = Blueprint("reviews", __name__, url_prefix="/reviews")

ALERT_WORDS: Final = {
    Alert.AGREEMENT_MISSING: "no agreement covered it",
    Alert.AGREEMENT_LAPSED: "the agreement had ended",
    Alert.AGREEMENT_SUSPENDED: "the agreement was suspended",
    Alert.CONSENT_INDETERMINATE: "a patient's choice could not be worked out",
    Alert.CONSENT_CONFLICT: "people who speak for a patient disagreed",
}
_GONE: Final = "Somebody who is not here any more"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideCard:
    """A broken glass, in words."""

    id: UUID
    who: str
    when: str
    why: str
    words: str
    state: str
    colour: str
    own: bool

    @classmethod
    def of(
        cls, view: OverrideView, names: Mapping[UUID, str | None], *, reader_id: UUID
    ) -> "OverrideCard":
        """Present a broken glass to its reviewer."""
        state, colour = "Waits for review", "yellow"
        if view.reviewed_at is not None:
            state, colour = ("Justified", "green") if view.justified else ("Not justified", "red")
        return cls(
            id=view.id,
            who=names.get(view.person_id) or _GONE,
            when=f"{moment(view.opened_at)}, until {moment(view.ends_at)}",
            why=OVERRIDE_WORDS[view.reason_code],
            words=view.reason or "What they wrote was erased.",
            state=state,
            colour=colour,
            own=view.person_id == reader_id,
        )

    @property
    def waits(self) -> bool:
        """Say whether the reader may review it."""
        return self.state == "Waits for review" and not self.own


def alert_words(view: AlertView, names: Mapping[UUID, str]) -> str:
    """Say what has to be put right, and between whom."""
    asking = names.get(view.organisation_id, "another organisation")
    holder = names.get(view.holder_id, "another organisation")
    return (
        f"On {day(view.raised_on)}, {asking} was given information that {holder} holds, for a "
        f"patient's care, although {ALERT_WORDS[view.alert]}."
    )


@blueprint.get("")
@requires(Permission.ACCESS_REVIEW)
def show() -> str:
    """List what waits for a review, and what has to be put right."""
    actor, session = current_actor(), db.session()
    found = queries.alerts(session, actor)
    ids = {one for view in found for one in (view.organisation_id, view.holder_id)}
    names = {one: view.name for one, view in directory.organisations(session, ids).items()}
    return render_template(
        "reviews/list.jinja",
        cards=_cards(session, actor),
        alerts=[alert_words(view, names) for view in found],
    )


@blueprint.get("/<uuid:override_id>")
@requires(Permission.ACCESS_REVIEW)
def form(override_id: UUID) -> str:
    """Show why the glass was broken, and ask what the reviewer finds."""
    return _form(override_id, {})


@blueprint.post("/<uuid:override_id>")
@requires(Permission.ACCESS_REVIEW)
def close(override_id: UUID) -> ResponseReturnValue:
    """Close a review."""
    justified, finding = request.form.get("justified", ""), request.form.get("finding", "")
    errors = {}
    if justified not in {"yes", "no"}:
        errors["justified"] = "Choose whether it was justified"
    if not 0 < len(finding.strip()) <= WORDS_MAX:
        errors["finding"] = f"Say what you found, in 1 to {WORDS_MAX} characters"
    if errors:
        return _form(override_id, errors), 422
    with unit_of_work(current_actor()) as work:
        once_form(work)
        service.review_override(work, override_id, justified=justified == "yes", finding=finding)
    flash("The review is closed and recorded.", "success")
    return redirect(url_for("reviews.show"), 303)


def waiting(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Return what waits for the reader's review."""
    if Role.PRIVACY_OFFICER not in actor.roles:
        return []
    return [
        Task(
            f"{card.who} broke the glass",
            url_for("reviews.form", override_id=card.id),
            card.when,
            card.state,
            card.colour,
        )
        for card in _cards(session, actor)
        if card.waits
    ]


def _cards(session: Session, actor: Actor) -> list[OverrideCard]:
    views = queries.overrides(session, actor)
    names = directory.person_names(session, {view.person_id for view in views})
    return [OverrideCard.of(view, names, reader_id=actor.id) for view in views]


def _form(override_id: UUID, errors: Mapping[str, str]) -> str:
    cards = _cards(db.session(), current_actor())
    card = next((one for one in cards if one.id == override_id), None)
    if card is None:
        raise NotFound("no such override")
    return render_template(
        "reviews/form.jinja",
        card=card,
        errors=errors,
        finding=request.form.get("finding", ""),
        words_max=WORDS_MAX,
        answers=[
            {"value": value, "text": text, "checked": request.form.get("justified") == value}
            for value, text in (("yes", "Yes"), ("no", "No"))
        ],
    )
