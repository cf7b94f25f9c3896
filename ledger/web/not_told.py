"""A patient is not told, for now, of a broken glass: decided, dated, and looked at again."""

from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.access.keeping import settling
from ledger.access.keeping.rules import WORDS_MAX, Ground
from ledger.access.ruleset import in_force
from ledger.core import clock
from ledger.core.db import db
from ledger.core.errors import Conflict, Invalid
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory.rules.imports import day
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web.desk_cases import withholding_lines

blueprint = Blueprint("not_told", __name__, url_prefix="/reviews")

GROUND_WORDS: Final = {
    Ground.ABUSE: "Somebody near them may be abusing them",
    Ground.SAFEGUARDING: "It would put a child or an adult at risk",
    Ground.SERIOUS_HARM: "It would seriously harm somebody’s health",
}


@blueprint.get("/not-told")
@requires(Permission.ACCESS_REVIEW)
def show() -> str:
    """List what patients are not told for now, what ends first on top."""
    cases = withholding_lines(db.session(), current_actor())
    items = [
        {
            "text": one.text,
            "href": url_for(".form", override_id=one.id),
            "status": one.state,
            "colour": "yellow",
        }
        for one in cases
    ]
    return render_template("reviews/not_told.jinja", items=items)


@blueprint.get("/<uuid:override_id>/not-told")
@requires(Permission.ACCESS_REVIEW)
def form(override_id: UUID) -> str:
    """Ask why the patient is not told, and until when."""
    return _form(override_id, {})


@blueprint.post("/<uuid:override_id>/not-told")
@requires(Permission.ACCESS_REVIEW)
def decide(override_id: UUID) -> ResponseReturnValue:
    """Record it. It ends by itself; a new decision takes the place of the one before."""
    ground, words = request.form.get("ground", ""), request.form.get("words", "").strip()
    errors, ends_at = {}, None
    if ground not in set(Ground):
        errors["ground"] = "Choose why"
    if not 0 < len(words) <= WORDS_MAX:
        errors["words"] = f"Say why, in 1 to {WORDS_MAX} characters"
    try:
        last = day(request.form.get("last", "").strip()) + timedelta(days=1)
        ends_at = datetime.combine(last, time.min, tzinfo=clock.zone())
    except (Invalid, OverflowError) as refused:
        detail = refused.detail if isinstance(refused, Invalid) else "give a day"
        errors["last"] = detail[:1].upper() + detail[1:]
    if errors or ends_at is None:
        return _form(override_id, errors), 422
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            settling.withhold_telling(
                work,
                override_id,
                ground=Ground(ground),
                ends_at=ends_at.astimezone(work.now.tzinfo),
                words=words,
            )
    except Invalid as refused:
        return _form(override_id, {"last": refused.detail[:1].upper() + refused.detail[1:]}), 422
    except Conflict as refused:
        flash(f"Nothing was recorded: {refused.title}.")
        return redirect(url_for("reviews.show"), 303)
    flash("Recorded. It ends by itself; then the patient sees it.", "success")
    return redirect(url_for(".show"), 303)


@blueprint.post("/<uuid:override_id>/not-told/confirm")
@requires(Permission.ACCESS_REVIEW)
def confirm(override_id: UUID) -> ResponseReturnValue:
    """Stand by it as a second person: it counts to its day."""
    words = request.form.get("confirmed", "").strip()
    if not 0 < len(words) <= WORDS_MAX:
        return _form(override_id, {"confirmed": f"Say why, in 1 to {WORDS_MAX} characters"}), 422
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            settling.confirm_withholding(work, override_id, words=words)
    except Conflict as refused:
        flash(f"Nothing was recorded: {refused.title}.")
        return redirect(url_for(".show"), 303)
    flash("Confirmed.", "success")
    return redirect(url_for(".show"), 303)


def _form(override_id: UUID, errors: dict[str, str]) -> str:
    cases = withholding_lines(db.session(), current_actor())
    stands = next((one for one in cases if one.id == override_id), None)
    return render_template(
        "reviews/not_told_form.jinja",
        override_id=override_id,
        until=dict(stands.lines)["Until"] if stands else "",
        asked=dict(stands.lines)["Asked to"] if stands else "",
        alone=in_force().withholding_alone.days,
        grounds=[
            {"value": one.value, "text": text, "checked": request.form.get("ground") == one}
            for one, text in GROUND_WORDS.items()
        ],
        days=in_force().withholding_lasts.days,
        given=request.form,
        words_max=WORDS_MAX,
        errors=errors,
    )
