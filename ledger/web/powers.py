"""Staff pages on who may act for a patient: record, verify, stop, end; capacity; disputes."""

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.consent.proxies import service as proxies
from ledger.consent.proxies.entries import Ground
from ledger.core import clock
from ledger.core.db import db
from ledger.core.errors import Conflict, Invalid, NotFound
from ledger.core.permissions import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.directory.acting import findings, service, views
from ledger.directory.acting.basis import Basis
from ledger.directory.acting.entries import Capable
from ledger.directory.acting.queries import age_band
from ledger.directory.acting.rules import PowerEnd, PowerKind, Scope, SuspendReason
from ledger.directory.rules.imports import day
from ledger.edge import accounts
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web.power_words import (
    CAPABLE_WORDS,
    SCOPE_WORDS,
    SUSPEND_WORDS,
    PowerCard,
    capacity_line,
    kind_options,
    options,
)

blueprint = Blueprint("powers", __name__)

Kind = TypeVar("Kind", bound=StrEnum)

GROUND_WORDS = {
    Ground.ONE_HOLDER_SUFFICES: "One holder of parental responsibility suffices",
    Ground.BEST_INTERESTS: "Best interests decision",
    Ground.IMCA: "With an independent mental capacity advocate",
    Ground.COURT: "The court decided",
    Ground.AGREED: "They have agreed",
}


@blueprint.get("/patients/<uuid:patient_id>/people")
@requires(Permission.POWER_READ)
def show(patient_id: UUID) -> ResponseReturnValue:
    """Show who may act for a patient."""
    return _page(patient_id, {}, {})


@blueprint.post("/patients/<uuid:patient_id>/people")
@requires(Permission.POWER_RECORD)
def record(patient_id: UUID) -> ResponseReturnValue:
    """Record that somebody may act for a patient."""
    given = request.form
    kind, _, basis = given.get("kind", "").partition("/")
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            _, invited = service.record_power(
                work,
                patient_id=patient_id,
                name=given.get("name", ""),
                email=given.get("email", ""),
                kind=_one_of(PowerKind, kind, "choose by what right they act"),
                basis=_one_of(Basis, basis, "choose by what right they act"),
                scope=frozenset(Scope(one) for one in given.getlist("scope") if one in set(Scope)),
                from_on=_day(given.get("from_on", ""), "first day") or work.today,
                until_on=_day(given.get("until_on", ""), "last day"),
                evidence=given.get("evidence", ""),
            )
    except (Invalid, Conflict) as refused:
        return _page(patient_id, {"record": _sentence(refused)}, dict(given))
    if not invited.needs_invitation:
        flash("Recorded. They sign in as before.", "success")
        return redirect(url_for(".show", patient_id=patient_id), 303)
    token = accounts.invite(invited.person_id, given.get("email", ""))
    address = f"{current_app.extensions['settings'].public_url}/invitation/{token}"
    back = url_for(".show", patient_id=patient_id)
    page = render_template("directory/invitation.jinja", address=address, back=back)
    return page, 200, {"Cache-Control": "no-store"}


@blueprint.post("/patients/<uuid:patient_id>/people/<uuid:power_id>/verify")
@requires(Permission.POWER_VERIFY)
def verify(patient_id: UUID, power_id: UUID) -> ResponseReturnValue:
    """Say that one has looked at the evidence, as a second person."""
    return _do(patient_id, lambda work: service.verify(work, power_id=power_id), "Verified.")


@blueprint.post("/patients/<uuid:patient_id>/people/<uuid:power_id>/stop")
@requires(Permission.POWER_SUSPEND)
def suspend(patient_id: UUID, power_id: UUID) -> ResponseReturnValue:
    """Stop a power for the time being, or let it hold again."""
    words = request.form.get("words", "")
    reason = request.form.get("reason", "")

    def command(work: UnitOfWork) -> None:
        if reason == "resume":
            service.resume(work, power_id=power_id, words=words)
            return
        why = _one_of(SuspendReason, reason, "choose why it is stopped")
        service.suspend(work, power_id=power_id, reason=why, words=words)

    return _do(patient_id, command, "Recorded. It counts at once.")


@blueprint.post("/patients/<uuid:patient_id>/people/<uuid:power_id>/end")
@requires(Permission.POWER_END)
def end(patient_id: UUID, power_id: UUID) -> ResponseReturnValue:
    """End a power."""
    why = request.form.get("reason", PowerEnd.REVOKED)

    def command(work: UnitOfWork) -> None:
        reason = _one_of(PowerEnd, why, "choose why it is over")
        service.end(work, power_id=power_id, reason=reason)

    return _do(patient_id, command, "They cannot act for the patient any more.")


@blueprint.post("/patients/<uuid:patient_id>/capacity")
@requires(Permission.CAPACITY_RECORD)
def capacity(patient_id: UUID) -> ResponseReturnValue:
    """Record what was found about a patient's capacity."""

    def command(work: UnitOfWork) -> None:
        review_on = _day(request.form.get("review_on", ""), "day of the review")
        if review_on is None:
            raise Invalid("give a day on which it is looked at again")
        findings.record_capacity(
            work,
            patient_id=patient_id,
            finding=_one_of(Capable, request.form.get("finding", ""), "choose what you found"),
            found_on=work.today,
            review_on=review_on,
            words=request.form.get("words", ""),
        )

    return _do(patient_id, command, "Recorded. It counts from now on.")


@blueprint.get("/disagreements")
@requires(Permission.CONSENT_SETTLE)
def in_dispute() -> str:
    """Show where those who speak for a patient disagree."""
    with unit_of_work(current_actor()) as work:
        found = proxies.in_dispute(work)
    return render_template(
        "acting/disputes.jinja",
        disputes=found,
        grounds=options({k.value: v for k, v in GROUND_WORDS.items()}),
        errors={},
    )


@blueprint.post("/disagreements/<uuid:patient_id>")
@requires(Permission.CONSENT_SETTLE)
def settle(patient_id: UUID) -> ResponseReturnValue:
    """Settle a disagreement."""
    aside = request.form.get("set_aside", "").split()
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            proxies.settle(
                work,
                patient_id=patient_id,
                set_aside=frozenset(map(UUID, aside)),
                ground=_one_of(Ground, request.form.get("ground", ""), "choose the ground"),
                words=request.form.get("words", ""),
            )
    except ValueError:
        flash("Nothing was recorded: choose which side counts.")
    except (Invalid, Conflict) as refused:
        flash(f"Nothing was recorded: {refused.detail}.")
    else:
        flash("It is settled, and recorded.", "success")
    return redirect(url_for(".in_dispute"), 303)


def _page(patient_id: UUID, errors: dict[str, str], given: dict[str, str]) -> ResponseReturnValue:
    with unit_of_work(current_actor()) as work:
        on = service.resource(work, patient_id)
        if not work.may(Permission.POWER_READ, on=on):
            raise NotFound("no such patient")
        may = {one.name.lower(): work.may(one, on=on) for one in Permission}
    session, now = db.session(), clock.now()
    found = views.powers_over(session, patient_id, now, with_evidence=may["power_verify"])
    page = render_template(
        "acting/people.jinja",
        patient_id=patient_id,
        cards=[PowerCard.of(one) for one in found],
        capacity=capacity_line(views.capacity(session, patient_id)),
        band=age_band(session, patient_id, now),
        kinds=kind_options(given.get("kind", "")),
        scopes=options({k.value: v.capitalize() for k, v in SCOPE_WORDS.items()}),
        findings=options({k.value: v for k, v in CAPABLE_WORDS.items()}),
        reasons=options({k.value: v for k, v in SUSPEND_WORDS.items()}),
        may=may,
        given=given,
        errors=errors,
    )
    return page, 422 if errors else 200, {"Cache-Control": "no-store"}


def _do(patient_id: UUID, command: Callable[[UnitOfWork], None], done: str) -> ResponseReturnValue:
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            command(work)
    except (Invalid, Conflict) as refused:
        return _page(patient_id, {"": f"Nothing was recorded: {_sentence(refused)}"}, {})
    flash(done, "success")
    return redirect(url_for(".show", patient_id=patient_id), 303)


def _one_of(kind: type[Kind], text: str, ask: str) -> Kind:
    try:
        return kind(text)
    except ValueError as unknown:
        raise Invalid(ask) from unknown


def _day(text: str, what: str) -> date | None:
    if not text.strip():
        return None
    try:
        return day(text.strip())
    except Invalid as bad:
        raise Invalid(f"{what}: {bad.detail}") from bad


def _sentence(refused: Invalid | Conflict) -> str:
    return refused.detail[:1].upper() + refused.detail[1:]
