"""Pages for those who answer for keeping and forgetting: requests, holds, and what is due."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from ledger.core import authority
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.errors import LedgerError
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.directory import service
from ledger.directory.retention import disposals, holds, queries, requests
from ledger.directory.retention.rules import WORDS_MAX, Ground, HoldReason
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web.retention_words import GROUND_WORDS, HOLD_WORDS
from ledger.web.shell import day, moment
from ledger.web.tasks import Task

blueprint = Blueprint("retention", __name__, url_prefix="/retention")


@blueprint.get("")
@requires(Permission.RETENTION_READ)
def show() -> str:
    """Show what waits for an answer, what is held, and what is due."""
    return _page({})


@blueprint.post("/holds")
@requires(Permission.RETENTION_HOLD)
def place() -> ResponseReturnValue:
    """Place a hold."""
    given, errors = request.form, dict[str, str]()
    if given.get("reason") not in set(HoldReason):
        errors["reason"] = "Choose why it has to be kept"
    try:
        review = given.get("review_on", "").strip()
        review_on = date.fromisoformat(review) if review else None
    except ValueError:
        errors["review_on"] = "Write the day as 2027-03-31"
    if errors:
        return _page(errors), 422
    return _carry_out(
        lambda work: holds.place_hold(
            work,
            subject=given.get("subject", "").strip(),
            reason=HoldReason(given["reason"]),
            why=given.get("why", ""),
            review_on=review_on,
        ),
        "The hold is placed.",
        field="subject",
    )


@blueprint.post("/holds/<uuid:hold_id>")
@requires(Permission.RETENTION_HOLD)
def lift(hold_id: UUID) -> ResponseReturnValue:
    """Lift a hold."""
    why = request.form.get("why", "")
    return _carry_out(
        lambda work: holds.lift_hold(work, hold_id=hold_id, why=why),
        "The hold is lifted.",
        field=f"why-{hold_id}",
    )


@blueprint.post("/requests/<uuid:request_id>")
@requires(Permission.PATIENT_ERASE)
def answer(request_id: UUID) -> ResponseReturnValue:
    """Erase the patient who asked, or decline on a ground in law."""
    given = request.form
    choice, patient_id = given.get("answer", ""), given.get("patient_id", "")
    if choice == "erase":
        return _carry_out(
            lambda work: service.erase(work, patient_id=UUID(patient_id)),
            "The patient is erased. Ask whoever runs the service to sweep the database.",
            field=f"answer-{request_id}",
        )
    if choice not in set(Ground):
        return _page({f"answer-{request_id}": "Choose an answer"}), 422
    return _carry_out(
        lambda work: requests.decline_erasure(
            work, request_id=request_id, ground=Ground(choice), why=given.get("why", "")
        ),
        "The request is declined; the patient sees why.",
        field=f"why-{request_id}",
    )


@blueprint.post("/disposals")
@requires(Permission.RETENTION_PROPOSE)
def propose() -> ResponseReturnValue:
    """Propose to dispose of what is due of a class."""
    name = request.form.get("retention_class", "")
    return _carry_out(
        lambda work: disposals.propose_disposal(work, retention_class=name),
        "Somebody else decides now.",
        field=f"class-{name}",
    )


@blueprint.post("/disposals/<uuid:disposal_id>")
@requires(Permission.RETENTION_APPROVE)
def decide(disposal_id: UUID) -> ResponseReturnValue:
    """Approve or decline what somebody else proposed."""
    if request.form.get("answer") == "approve":
        return _carry_out(
            lambda work: disposals.approve_disposal(work, disposal_id=disposal_id),
            "The values are gone.",
            field=f"disposal-{disposal_id}",
        )
    return _carry_out(
        lambda work: disposals.decline_disposal(work, disposal_id=disposal_id),
        "The values stay.",
        field=f"disposal-{disposal_id}",
    )


def waiting(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Return the requests to be erased and the disposals that wait for the reader."""
    asked = queries.requests(session, actor)
    proposed = [
        each for each in queries.disposals(session, actor) if each.proposer != actor.principal
    ]
    tasks = []
    if asked:
        status = f"{len(asked)} to answer"
        hint = "Answer within one month (UK GDPR Art. 12(3))"
        tasks.append(Task("A patient asks to be erased", url_for("retention.show"), hint, status))
    if proposed:
        status = f"{len(proposed)} to decide"
        hint = "Look at it, and approve or decline"
        tasks.append(Task("A disposal was proposed", url_for("retention.show"), hint, status))
    return tasks


def _carry_out(
    command: Callable[[UnitOfWork], object], said: str, *, field: str
) -> ResponseReturnValue:
    """Carry out a command and go back; a rule that refuses is said beside its field."""
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            command(work)
    except LedgerError as refused:
        if refused.slug == "forbidden":
            raise
        return _page({field: refused.detail[:1].upper() + refused.detail[1:]}), 422
    flash(said, "success")
    return redirect(url_for(".show"), 303)


def _page(errors: dict[str, str]) -> str:
    session, actor = db.session(), current_actor()
    return render_template(
        "reviews/retention.jinja",
        requests=[_request(view) for view in queries.requests(session, actor)],
        holds=[_hold(view) for view in queries.holds(session, actor)],
        disposals=[_disposal(view, actor) for view in queries.disposals(session, actor)],
        due=[_due(view) for view in queries.last_due(session, actor)],
        reasons=[{"value": each.value, "text": HOLD_WORDS[each]} for each in HoldReason],
        grounds=[
            {"value": "erase", "text": "Erase the patient, for ever"},
            *({"value": each.value, "text": f"No. {GROUND_WORDS[each]}"} for each in Ground),
        ],
        may_erase=_could(actor, Permission.PATIENT_ERASE),
        may_hold=_could(actor, Permission.RETENTION_HOLD),
        may_propose=_could(actor, Permission.RETENTION_PROPOSE),
        may_decide=_could(actor, Permission.RETENTION_APPROVE),
        given=request.form,
        words_max=WORDS_MAX,
        errors=errors,
    )


def _could(actor: Actor, permission: Permission) -> bool:
    return authority.could_ever(authority.in_force(), actor, permission)


def _request(view: queries.RequestView) -> dict[str, Any]:
    return {
        "id": view.id,
        "patient_id": view.patient_id,
        "asked": moment(view.asked_at),
        "words": view.words,
        "held": view.held,
    }


def _hold(view: queries.HoldView) -> dict[str, Any]:
    sort, _, subject_id = view.subject.partition(":")
    return {
        "id": view.id,
        "what": f"{sort.capitalize()} {subject_id}",
        "why": HOLD_WORDS[view.reason],
        "words": view.words or "What was written is gone.",
        "since": moment(view.placed_at),
        "review": day(view.review_on) if view.review_on else "",
    }


def _disposal(view: queries.DisposalView, actor: Actor) -> dict[str, Any]:
    return {
        "id": view.id,
        "what": view.retention_class.replace("-", " ").capitalize(),
        "parts": view.parts,
        "when": moment(view.proposed_at),
        "own": view.proposer == actor.principal,
    }


def _due(view: queries.DueView) -> dict[str, Any]:
    its = view.retention_class
    return {
        "name": its.name,
        "what": its.name.replace("-", " ").capitalize(),
        "until": f"Kept for {its.period} from: {its.runs.replace('-', ' ')}",
        "why": f"{its.basis} ({its.source})",
        "parts": view.parts,
        "looked": moment(view.looked_at) if view.looked_at else "not yet looked",
    }
