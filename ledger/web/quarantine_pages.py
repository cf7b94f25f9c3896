"""Consents from elsewhere that are in doubt: what came beside what it may mean, and what to do."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.consent import queries, service
from ledger.consent.queries.quarantine import QuarantineCase
from ledger.consent.rules.choices import WORDS_MAX, Source
from ledger.consent.rules.fhir import Doubtful
from ledger.consent.rules.fhir.proposing import Proposal, words_of
from ledger.consent.rules.model import Effect
from ledger.core.db import db
from ledger.core.errors import Conflict, Invalid
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.vocabulary import categories, purposes
from ledger.web.shell import moment

blueprint = Blueprint("quarantine_pages", __name__, url_prefix="/quarantine")

SOURCE_WORDS = {
    Source.SPOKEN: "They said so to me",
    Source.PHONE: "They said so to me by phone",
    Source.PAPER: "It is on paper, which I have seen",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What it would mean, were somebody to confirm it.

    Attributes:
        doubts: What stays in doubt; while anything does, it cannot be accepted as it is.
    """

    number: str
    title: str
    lines: tuple[tuple[str, str], ...]
    doubts: tuple[str, ...]

    @classmethod
    def of(cls, number: int, one: Proposal) -> Self:
        """Present a reading."""
        title = "Read as a yes" if one.base is Effect.PERMIT else "Read as a no"
        lines: list[tuple[str, str]] = []
        if one.terms is not None:
            scope = one.terms.scope
            uses = ", ".join(sorted(purposes.words(code) for code in scope.purposes))
            data = ", ".join(sorted(categories.words(each) for each in scope.categories))
            whom = len(scope.actors)
            lines = [
                ("What for", uses or "Any use"),
                ("What", data or "Everything"),
                ("Who", f"{whom} named" if whom else "Everybody"),
                ("Exceptions", str(len(one.terms.exceptions)) if one.terms.exceptions else "None"),
            ]
        doubts = tuple(f"{words_of(each.reason)} ({each.element})" for each in one.doubts)
        return cls(str(number), title, tuple(lines), doubts)

    @property
    def acceptable(self) -> bool:
        """Say whether it can be accepted as it is."""
        return bool(self.lines)


@blueprint.get("")
@requires(Permission.CONSENT_IMPORT)
def show() -> str:
    """List what waits, the oldest first."""
    found = queries.quarantined(db.session(), current_actor())
    items = [
        {
            "text": words_of(Doubtful(one.doubts[0][0])) if one.doubts else "Something is in doubt",
            "href": url_for(".case", quarantine_id=one.id),
            "hint": f"Came {moment(one.received_at)}",
            "status": "Sender asked" if one.asked_at else "To decide",
            "colour": "blue" if one.asked_at else "yellow",
        }
        for one in found
    ]
    return render_template("desk/quarantined.jinja", items=items)


@blueprint.get("/<uuid:quarantine_id>")
@requires(Permission.CONSENT_IMPORT)
def case(quarantine_id: UUID) -> str:
    """Show what came, what is in doubt, and what it may mean."""
    return _page(quarantine_id, {})


@blueprint.post("/<uuid:quarantine_id>/accept")
@requires(Permission.CONSENT_IMPORT)
def accept(quarantine_id: UUID) -> ResponseReturnValue:
    """Enforce one reading, as the patient or their clinician confirms it."""
    found = queries.quarantine_case(db.session(), current_actor(), quarantine_id)
    number, source = request.form.get("reading", ""), request.form.get("source", "")
    words = request.form.get("words", "").strip()
    errors = {}
    if number not in {str(n) for n, one in enumerate(found.proposals) if one.terms is not None}:
        errors["reading"] = "Choose what was confirmed"
    if source not in {one.value for one in SOURCE_WORDS}:
        errors["source"] = "Choose how it was confirmed"
    if not 0 < len(words) <= WORDS_MAX:
        errors["words"] = f"Say who confirmed it, and when, in 1 to {WORDS_MAX} characters"
    if errors:
        return _page(quarantine_id, errors), 422

    def command(work: UnitOfWork) -> None:
        service.accept_quarantined(
            work,
            quarantine_id,
            corrected=found.proposals[int(number)].corrected,
            release=found.release,
            source=Source(source),
            words=words,
        )

    return _do(quarantine_id, "words", command, "It counts from now on.")


@blueprint.post("/<uuid:quarantine_id>/ask")
@requires(Permission.CONSENT_IMPORT)
def ask(quarantine_id: UUID) -> ResponseReturnValue:
    """Note that the sender was asked."""
    words = request.form.get("asked", "").strip()
    if not 0 < len(words) <= WORDS_MAX:
        return _page(quarantine_id, {"asked": "Say what you asked, and whom"}), 422
    return _do(
        quarantine_id,
        "asked",
        lambda work: service.ask_sender(work, quarantine_id, words=words),
        "It is noted that you asked. It still waits.",
    )


@blueprint.post("/<uuid:quarantine_id>/reject")
@requires(Permission.CONSENT_IMPORT)
def reject(quarantine_id: UUID) -> ResponseReturnValue:
    """Close it: nothing of it counts."""
    words = request.form.get("why", "").strip()
    if not 0 < len(words) <= WORDS_MAX:
        return _page(quarantine_id, {"why": "Say why nothing of it counts"}), 422
    return _do(
        quarantine_id,
        "why",
        lambda work: service.close_quarantine(work, quarantine_id, words=words),
        "Closed. Nothing of it counts.",
    )


def _do(
    quarantine_id: UUID, field: str, command: Callable[[UnitOfWork], object], done: str
) -> ResponseReturnValue:
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            command(work)
    except Invalid as refused:
        sentence = refused.detail[:1].upper() + refused.detail[1:]
        return _page(quarantine_id, {field: sentence}), 422
    except Conflict as refused:
        flash(f"Nothing was recorded: {refused.title}.")
        return redirect(url_for(".show"), 303)
    flash(done, "success")
    return redirect(url_for(".show"), 303)


def _page(quarantine_id: UUID, errors: dict[str, str]) -> str:
    found: QuarantineCase = queries.quarantine_case(db.session(), current_actor(), quarantine_id)
    readings = [Reading.of(n, one) for n, one in enumerate(found.proposals)]
    given = request.form
    return render_template(
        "desk/quarantine.jinja",
        id=quarantine_id,
        came=moment(found.view.received_at),
        closed=found.view.closed_at is not None,
        doubts=[f"{words_of(Doubtful(why))} ({where})" for why, where in found.view.doubts],
        original=json.dumps(json.loads(found.original), indent=2, ensure_ascii=False),
        readings=readings,
        choices=[
            {"value": one.number, "text": one.title, "checked": given.get("reading") == one.number}
            for one in readings
            if one.acceptable
        ],
        sources=[
            {"value": one.value, "text": text, "checked": given.get("source") == one.value}
            for one, text in SOURCE_WORDS.items()
        ],
        given=given,
        words_max=WORDS_MAX,
        errors=errors,
    )
