"""Pages that stop an agreement for a while, or end an organisation's part in it."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.agreements import queries, service
from ledger.agreements.rules.leaving import BadSuspension, Ground, NoticeTooShort
from ledger.core import clock
from ledger.core.db import db
from ledger.core.errors import Invalid
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory.rules.imports import day as day_from
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web.agreement_words import GROUND_WORDS
from ledger.web.shell import day

AT_ONCE: Final = (Ground.BREACH, Ground.BROKEN, Ground.UNLAWFUL)
"""What ends an agreement at once; otherwise one gives notice."""

blueprint = Blueprint("agreement_endings", __name__, url_prefix="/agreements")


@blueprint.get("/<uuid:agreement_id>/suspend")
@requires(Permission.AGREEMENT_SUSPEND)
def suspend(agreement_id: UUID) -> ResponseReturnValue:
    """Ask why everything should stop, and until when."""
    return _suspend_page(agreement_id, {})


@blueprint.post("/<uuid:agreement_id>/suspend")
@requires(Permission.AGREEMENT_SUSPEND)
def send_suspension(agreement_id: UUID) -> ResponseReturnValue:
    """Stop everything that the agreement allows, at once."""
    ground = request.form.get("ground", "")
    if ground not in set(Ground):
        return _suspend_page(agreement_id, {"ground": "Choose why"}), 422
    try:
        to = day_from(request.form.get("to", ""))
    except Invalid:
        return _suspend_page(agreement_id, {"to": "Enter a day, such as 31/3/2027"}), 422
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            service.suspend(
                work,
                agreement_id,
                ground=Ground(ground),
                to=to,
                words=request.form.get("words", "").strip()[:1000],
            )
    except BadSuspension as refused:
        return _suspend_page(agreement_id, {"to": refused.detail.capitalize()}), 422
    flash("Suspended. Nothing is shared under this agreement from now on.")
    return redirect(url_for("agreement_pages.read", agreement_id=agreement_id), 303)


@blueprint.post("/<uuid:agreement_id>/resume")
@requires(Permission.AGREEMENT_SUSPEND)
def resume(agreement_id: UUID) -> ResponseReturnValue:
    """End the suspension."""
    with unit_of_work(current_actor()) as work:
        once_form(work)
        service.resume(work, agreement_id)
    flash("The suspension is over. What the agreement allows may be shared again.")
    return redirect(url_for("agreement_pages.read", agreement_id=agreement_id), 303)


@blueprint.get("/<uuid:agreement_id>/leave")
@requires(Permission.AGREEMENT_SIGN)
def leave(agreement_id: UUID) -> ResponseReturnValue:
    """Ask from which day on the organisation is no party."""
    return _leave_page(agreement_id, {})


@blueprint.post("/<uuid:agreement_id>/leave")
@requires(Permission.AGREEMENT_SIGN)
def send_notice(agreement_id: UUID) -> ResponseReturnValue:
    """Give notice for the organisation."""
    try:
        leaves_on = day_from(request.form.get("leaves_on", ""))
    except Invalid:
        return _leave_page(agreement_id, {"leaves_on": "Enter a day, such as 31/3/2027"}), 422
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            last_day = service.withdraw(work, agreement_id, leaves_on=leaves_on)
    except NoticeTooShort as refused:
        return _leave_page(agreement_id, {"leaves_on": refused.detail.capitalize()}), 422
    flash(
        f"You have given notice: your organisation leaves on {day(leaves_on)}. "
        f"The agreement's last day is {day(last_day)}."
    )
    return redirect(url_for("agreement_pages.read", agreement_id=agreement_id), 303)


@blueprint.get("/<uuid:agreement_id>/end")
@requires(Permission.AGREEMENT_SIGN)
def end(agreement_id: UUID) -> ResponseReturnValue:
    """Ask why it should end at once, for all, and say what follows."""
    return _end_page(agreement_id, {})


@blueprint.post("/<uuid:agreement_id>/end")
@requires(Permission.AGREEMENT_SIGN)
def send_end(agreement_id: UUID) -> ResponseReturnValue:
    """End it at once, for all."""
    ground = request.form.get("ground", "")
    errors = {} if ground in set(AT_ONCE) else {"ground": "Choose why"}
    if request.form.get("confirm") != "yes":
        errors["confirm"] = "Tick the box to end it"
    if errors:
        return _end_page(agreement_id, errors), 422
    words = request.form.get("words", "").strip()[:1000]
    with unit_of_work(current_actor()) as work:
        once_form(work)
        service.terminate(work, agreement_id, ground=Ground(ground), words=words)
    flash("Ended. Nothing is shared under this agreement any more.")
    return redirect(url_for("agreement_pages.read", agreement_id=agreement_id), 303)


def _end_page(agreement_id: UUID, errors: dict[str, str]) -> str:
    shown = queries.agreement(db.session(), current_actor(), agreement_id)
    chosen = request.form.get("ground")
    by = clock.today() + timedelta(days=shown.terms.return_days - 1)
    return render_template(
        "agreements/end.jinja",
        shown=shown,
        grounds=[
            {"value": one.value, "text": GROUND_WORDS[one], "checked": one == chosen}
            for one in AT_ONCE
        ],
        errors=errors,
        by=day(by),
        words=request.form.get("words", ""),
    )


def _leave_page(agreement_id: UUID, errors: dict[str, str]) -> str:
    shown = queries.agreement(db.session(), current_actor(), agreement_id)
    soonest = clock.today() + timedelta(days=shown.terms.notice_days)
    return render_template(
        "agreements/leave.jinja",
        shown=shown,
        errors=errors,
        notice_days=shown.terms.notice_days,
        soonest=day(soonest),
        leaves_on=request.form.get("leaves_on", f"{soonest.day}/{soonest.month}/{soonest.year}"),
    )


def _suspend_page(agreement_id: UUID, errors: dict[str, str]) -> str:
    shown = queries.agreement(db.session(), current_actor(), agreement_id)
    chosen = request.form.get("ground")
    grounds = [
        {"value": ground.value, "text": text, "checked": ground == chosen}
        for ground, text in GROUND_WORDS.items()
        if ground is not Ground.AGREED
    ]
    soon = clock.today() + timedelta(days=14)
    return render_template(
        "agreements/suspend.jinja",
        shown=shown,
        grounds=grounds,
        errors=errors,
        to=request.form.get("to", f"{soon.day}/{soon.month}/{soon.year}"),
        words=request.form.get("words", ""),
    )
