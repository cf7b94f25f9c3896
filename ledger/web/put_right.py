"""Put a patient's record right: raise a doubt, move a consent to whose it is, record a death."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.consent import queries as consents
from ledger.consent.rules.choices import WORDS_MAX
from ledger.consent.rules.lifecycle import Status
from ledger.consent.service import correcting
from ledger.core import clock
from ledger.core.db import db
from ledger.core.errors import Conflict, Invalid, NotFound
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.directory import service as directory
from ledger.directory.acting import findings
from ledger.directory.acting import service as acting
from ledger.directory.identity import doubting
from ledger.directory.identity.queries import in_doubt
from ledger.directory.rules.imports import day
from ledger.edge.guard import current_actor, requires
from ledger.edge.limits import GUESSES, limiter
from ledger.edge.once import once_form
from ledger.vocabulary import purposes
from ledger.web.shell import day as in_words

blueprint = Blueprint("put_right", __name__, url_prefix="/patients")

_ABSENT: Final = "Nobody whom you may see has this NHS number and date of birth"


@blueprint.get("/<uuid:patient_id>/put-right")
@requires(Permission.PATIENT_FIND)
def show(patient_id: UUID) -> str:
    """Show what can be put right, to who may."""
    return _page(patient_id, {})


@blueprint.post("/<uuid:patient_id>/put-right/doubt")
@requires(Permission.PATIENT_CORRECT)
def doubt(patient_id: UUID) -> ResponseReturnValue:
    """Raise a doubt: at once the record permits direct care alone."""
    return _do(
        patient_id,
        "evidence",
        lambda work: doubting.raise_doubt(
            work, patient_id=patient_id, evidence=request.form.get("evidence", "")
        ),
        "It is in doubt from now on, and permits direct care alone.",
    )


@blueprint.post("/<uuid:patient_id>/put-right/death")
@requires(Permission.DEATH_RECORD)
def death(patient_id: UUID) -> ResponseReturnValue:
    """Record that the patient has died."""
    return _do(
        patient_id,
        "died",
        lambda work: findings.record_death(
            work, patient_id=patient_id, died_on=day(request.form.get("died", "").strip())
        ),
        "Recorded. Nobody acts for them any more; what they chose still counts.",
    )


@blueprint.post("/<uuid:patient_id>/put-right/misfiled")
@requires(Permission.PATIENT_CORRECT)
@limiter.limit(GUESSES)
def misfiled(patient_id: UUID) -> ResponseReturnValue:
    """Move a consent to the patient whose it is; that they were looked up is recorded."""
    given = request.form
    try:
        consent_id = UUID(given.get("consent", ""))
        number, born = given.get("number", "").strip(), given.get("born", "").strip()
        right_id = None
        if number or born:
            with unit_of_work(current_actor()) as work:
                once_form(work)
                right_id = directory.find_patient(work, nhs_number=number, date_of_birth=day(born))
            if right_id is None:
                return _page(patient_id, {"number": _ABSENT}), 404
        elif given.get("nobody") != "yes":
            return _page(patient_id, {"number": "Say whose it is, or that it is nobody’s"}), 422
    except Invalid as refused:
        return _page(patient_id, {"number": _sentence(refused)}), 422
    except ValueError:
        return _page(patient_id, {"consent": "Choose which consent"}), 422
    if not any(one["value"] == str(consent_id) for one in _consents(patient_id, "")):
        raise NotFound("no such consent of this patient")
    try:
        with unit_of_work(current_actor()) as work:
            words = given.get("words", "").strip() or None
            correcting.misfiled(work, consent_id, right_patient_id=right_id, words=words)
    except (Invalid, Conflict) as refused:
        return _page(patient_id, {"consent": _sentence(refused)}), 422
    flash("Recorded. What was seen because of it is listed under possible breaches.", "success")
    return redirect(url_for(".show", patient_id=patient_id), 303)


def _do(
    patient_id: UUID, field: str, command: Callable[[UnitOfWork], None], done: str
) -> ResponseReturnValue:
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            command(work)
    except (Invalid, Conflict) as refused:
        return _page(patient_id, {field: _sentence(refused)}), 422
    flash(done, "success")
    return redirect(url_for(".show", patient_id=patient_id), 303)


def _consents(patient_id: UUID, chosen: str) -> list[dict[str, object]]:
    """Return what stands in the record, to who may read it."""
    try:
        views = consents.of_patient(db.session(), current_actor(), patient_id, now=clock.now())
    except NotFound:
        return []
    return [
        {
            "value": str(one.id),
            "text": f"{', '.join(map(purposes.words, sorted(one.purposes))) or 'Any use'}, "
            f"{in_words(clock.civil_date(one.events[0].at))}",
            "checked": str(one.id) == chosen,
        }
        for one in views
        if one.status in {Status.ACTIVE, Status.REFUSED, Status.SUSPENDED}
    ]


def _page(patient_id: UUID, errors: dict[str, str]) -> str:
    with unit_of_work(current_actor()) as work:
        may = _may(work, patient_id)
    if not any(may.values()):
        raise NotFound("no such patient")
    return render_template(
        "directory/put_right.jinja",
        patient_id=patient_id,
        may=may,
        doubted=may["correct"] and in_doubt(db.session(), patient_id),
        consents=_consents(patient_id, request.form.get("consent", "")),
        given=request.form,
        words_max=WORDS_MAX,
        errors=errors,
    )


def _may(work: UnitOfWork, patient_id: UUID) -> dict[str, bool]:
    on = acting.resource(work, patient_id)
    return {
        "correct": work.may(Permission.PATIENT_CORRECT, on=on),
        "death": work.may(Permission.DEATH_RECORD, on=on),
    }


def _sentence(refused: Invalid | Conflict) -> str:
    return refused.detail[:1].upper() + refused.detail[1:]
