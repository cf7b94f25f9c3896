"""Pages of what comes and what is owed: the days of agreements, and destroying or returning."""

from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from sqlalchemy.orm import Session

from ledger.agreements import queries, service
from ledger.agreements.queries import Due, Obligation
from ledger.agreements.rules.leaving import Disposal
from ledger.agreements.rules.reminders import Matter
from ledger.core import clock
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web.agreement_words import Status
from ledger.web.shell import day
from ledger.web.tasks import Task

blueprint = Blueprint("agreement_duties", __name__, url_prefix="/agreements")

_AHEAD: Final = timedelta(days=730)
_SOON: Final = timedelta(days=90)
_DISPOSALS: Final = {
    Disposal.DESTROYED: "All of it was destroyed",
    Disposal.RETURNED: "All of it was returned to whoever gave it",
}


@dataclass(frozen=True, slots=True)
class Coming:
    """A day of an agreement, in a month of the calendar."""

    agreement_id: UUID
    title: str
    what: str
    on: str
    status: Status


@blueprint.get("/calendar")
@requires(Permission.AGREEMENT_READ)
def calendar() -> ResponseReturnValue:
    """List what ends and what is to be reviewed in the next two years, by month."""
    today = clock.today()
    found = queries.calendar(db.session(), current_actor(), first=today, last=today + _AHEAD)
    months: dict[str, list[Coming]] = {}
    for each in found:
        month = str(format_date(each.day, "MMMM y"))
        months.setdefault(month, []).append(_coming(each, today))
    return render_template("agreements/calendar.jinja", months=months)


@blueprint.get("/obligations")
@requires(Permission.AGREEMENT_READ)
def obligations() -> ResponseReturnValue:
    """List who has to destroy or return what they received, and who has."""
    actor, today = current_actor(), clock.today()
    found = queries.obligations(db.session(), actor, today=today)
    return render_template(
        "agreements/obligations.jinja",
        lines=[(one, _owed(one), day(one.due_on)) for one in found],
        own_id=actor.organisation_id,
    )


@blueprint.get("/<uuid:agreement_id>/certify")
@requires(Permission.AGREEMENT_CERTIFY)
def certify(agreement_id: UUID) -> ResponseReturnValue:
    """Ask what became of the data, and for the certificate."""
    return _certify_page(agreement_id, {})


@blueprint.post("/<uuid:agreement_id>/certify")
@requires(Permission.AGREEMENT_CERTIFY)
def send_certificate(agreement_id: UUID) -> ResponseReturnValue:
    """Certify it, by the digest of a file that the organisation keeps."""
    disposal, file = request.form.get("disposal", ""), request.files.get("file")
    errors = {} if disposal in set(Disposal) else {"disposal": "Choose what became of it"}
    if file is None or not file.filename:
        errors["file"] = "Choose the certificate"
    if errors or file is None:
        return _certify_page(agreement_id, errors), 422
    digest = sha256(file.stream.read()).hexdigest()
    with unit_of_work(current_actor()) as work:
        once_form(work)
        service.certify(work, agreement_id, disposal=Disposal(disposal), certificate_sha256=digest)
    flash("Certified. Keep the file: the log knows it by its SHA-256.", "success")
    return redirect(url_for(".obligations"), 303)


def owed(session: Session, actor: Actor, today: date) -> list[Task]:
    """Return what the reader's organisation has still to destroy or return."""
    if actor.organisation_id is None:
        return []
    return [
        Task(
            one.title,
            url_for("agreement_duties.certify", agreement_id=one.agreement_id),
            "Destroy or return what you received, and certify it",
            f"By {day(one.due_on)}" if not one.overdue else "Overdue",
            "red" if one.overdue else "blue",
        )
        for one in queries.obligations(session, actor, today=today)
        if one.organisation_id == actor.organisation_id and one.certified_at is None
    ]


def _coming(each: Due, today: date) -> Coming:
    what = "Ends after this day" if each.matter is Matter.EXPIRY else "To be reviewed by this day"
    near = each.day - today <= _SOON
    ends = each.matter is Matter.EXPIRY
    renew = Status("Renew it, or it stops", "orange") if ends else Status("Soon", "blue")
    status = renew if near else Status("Later", "grey")
    return Coming(each.agreement_id, each.title, what, day(each.day), status)


def _owed(one: Obligation) -> Status:
    if one.certified_at is not None:
        return Status("Destroyed" if one.disposal == Disposal.DESTROYED else "Returned", "green")
    return Status("Overdue", "red") if one.overdue else Status("To do", "blue")


def _certify_page(agreement_id: UUID, errors: dict[str, str]) -> str:
    actor, today = current_actor(), clock.today()
    mine = next(
        (
            one
            for one in queries.obligations(db.session(), actor, today=today)
            if (one.agreement_id, one.organisation_id) == (agreement_id, actor.organisation_id)
        ),
        None,
    )
    if mine is None:
        raise NotFound("your organisation owes nothing under this agreement")
    chosen = request.form.get("disposal")
    return render_template(
        "agreements/certify.jinja",
        one=mine,
        status=_owed(mine),
        by=day(mine.due_on),
        errors=errors,
        disposals=[
            {"value": each.value, "text": text, "checked": each == chosen}
            for each, text in _DISPOSALS.items()
        ],
    )
