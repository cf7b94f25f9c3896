"""Breaking the glass, in steps: what will happen, why, how long is left, and ending it early.

The step before asks for nothing and records nothing; what is asked for travels in the form, as
no address says what somebody wanted to see of whom.
"""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from ledger.access import service
from ledger.access.deciding import BREAK_GLASS
from ledger.access.own_overrides import own_overrides
from ledger.access.rules.overrides import WORDS_MAX, OverrideOver, OverrideWithoutReason
from ledger.access.rules.words import OverrideReason
from ledger.access.ruleset import in_force
from ledger.core import clock
from ledger.core.actor import Actor
from ledger.core.authority import could_ever
from ledger.core.authority import in_force as policy
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web.ask import OVERRIDE_WORDS, answer_page, faults, form_page, options, organisation_id
from ledger.web.open_glass import OpenGlass
from ledger.web.shell import moment
from ledger.web.tasks import Task

blueprint = Blueprint("break_glass", __name__, url_prefix="/ask")


@blueprint.post("/<uuid:patient_id>/override/before")
@requires(Permission.ACCESS_OVERRIDE)
def before(patient_id: UUID) -> ResponseReturnValue:
    """Say what will happen before it does, and ask why."""
    given = _given()
    errors = faults(given)
    if errors:
        return form_page(patient_id, errors, given), 422
    return _before(patient_id, given, {})


@blueprint.post("/<uuid:patient_id>/override")
@requires(Permission.ACCESS_OVERRIDE)
def override(patient_id: UUID) -> ResponseReturnValue:
    """Break the glass, with a reason, and ask again as the emergency that it is."""
    given = _given()
    errors = faults(given)
    if errors:
        return form_page(patient_id, errors, given), 422
    code = request.form.get("reason_code", "")
    if code not in set(OverrideReason):
        return _before(patient_id, given, {"reason_code": "Choose why"}), 422
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            service.open_override(
                work,
                patient_id=patient_id,
                organisation_id=organisation_id(),
                reason_code=OverrideReason(code),
                reason=request.form.get("reason", ""),
            )
    except OverrideWithoutReason as refused:
        errors = {"reason": refused.detail[:1].upper() + refused.detail[1:]}
        return _before(patient_id, given, errors), 422
    return answer_page(patient_id, given)


@blueprint.post("/<uuid:patient_id>/override/<uuid:override_id>/end")
@requires(Permission.ACCESS_OVERRIDE)
def end(patient_id: UUID, override_id: UUID) -> ResponseReturnValue:
    """End it before its minutes are over."""
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            service.end_override(work, override_id)
    except OverrideOver:
        flash("It was over already.")
    else:
        flash("It is over. It is reviewed all the same.", "success")
    return redirect(url_for("ask.form", patient_id=patient_id), 303)


def waiting(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Return the glass that the reader has broken and that is open."""
    if not could_ever(policy(), actor, Permission.ACCESS_OVERRIDE):
        return []
    now = clock.now()
    return [
        Task(
            "You have broken the glass; end it when you need it no longer",
            url_for("ask.form", patient_id=one.patient_id),
            f"Until {moment(one.ends_at)}",
            OpenGlass.of(one, now).left,
            "red",
        )
        for one in own_overrides(session, actor, now=now)
    ]


def _given() -> dict[str, str]:
    given = {name: request.form.get(name, "") for name in ("category", "holder")}
    return {**given, "purpose": BREAK_GLASS}


def _before(patient_id: UUID, given: Mapping[str, str], errors: Mapping[str, str]) -> str:
    return render_template(
        "ask/break_glass.jinja",
        patient_id=patient_id,
        given=given,
        minutes=int(in_force().override_lasts.total_seconds() // 60),
        reasons=options(OVERRIDE_WORDS.items(), request.form.get("reason_code", "")),
        words=request.form.get("reason", ""),
        words_max=WORDS_MAX,
        errors=errors,
    )
