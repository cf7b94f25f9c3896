"""Pages to compare two records, propose that they are one patient's, and confirm it.

Who the patients are is shown in answer to a form only, and that it was looked at is recorded.
"""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Conflict, Invalid, NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.directory import service
from ledger.directory.identity import joining, queries
from ledger.directory.identity.queries import ProposalView
from ledger.directory.identity.rules import EVIDENCE_MAX, GROUNDS, Act, Ground
from ledger.directory.rules.imports import day
from ledger.directory.rules.nhs_number import parse
from ledger.edge.guard import current_actor, requires
from ledger.edge.limits import GUESSES, limiter
from ledger.edge.once import once_form
from ledger.web.directory_patients import ABSENT
from ledger.web.identity_words import (
    ACT_WORDS,
    GROUND_WORDS,
    Line,
    Side,
    ground_options,
    lines,
)
from ledger.web.shell import moment
from ledger.web.tasks import Task

blueprint = Blueprint("identity_pages", __name__, url_prefix="/records")


@blueprint.get("")
@requires(Permission.PATIENT_CORRECT)
def show() -> str:
    """List what waits for a second person, and ask which two records to compare."""
    return _show({}, {})


@blueprint.post("/compare")
@requires(Permission.PATIENT_CORRECT)
@limiter.limit(GUESSES)
def compare() -> ResponseReturnValue:
    """Show two records side by side. That both were looked up is recorded."""
    fields = ("first_number", "first_born", "second_number", "second_born")
    given = {field: request.form.get(field, "") for field in fields}
    errors = {}
    for field in fields:
        try:
            (day if field.endswith("born") else parse)(given[field].strip())
        except Invalid as refused:
            errors[field] = refused.detail[:1].upper() + refused.detail[1:]
    if errors:
        return _show(errors, given), 422
    with unit_of_work(current_actor()) as work:
        once_form(work)
        found = [
            service.find_patient(
                work,
                nhs_number=given[f"{which}_number"],
                date_of_birth=day(given[f"{which}_born"].strip()),
            )
            for which in ("first", "second")
        ]
    for which, one in zip(("first", "second"), found, strict=True):
        if one is None:
            errors[f"{which}_number"] = ABSENT
    if errors:
        return _show(errors, given), 404
    first_id, second_id = (one for one in found if one is not None)
    if first_id == second_id:
        errors["second_number"] = "Both lead to the same record. It is one patient’s already."
        return _show(errors, given), 422
    return _compared(first_id, second_id, {}, {})


@blueprint.post("/propose")
@requires(Permission.PATIENT_CORRECT)
def propose() -> ResponseReturnValue:
    """Record the proposal; a colleague is told."""
    first_id, second_id = _id("surviving_id"), _id("superseded_id")
    given = {field: request.form.get(field, "") for field in ("ground", "evidence")}
    errors = {}
    if given["ground"] not in GROUNDS[Act.JOIN]:
        errors["ground"] = "Choose how it came out"
    if not 0 < len(given["evidence"].strip()) <= EVIDENCE_MAX:
        errors["evidence"] = f"Say what you looked at, in 1 to {EVIDENCE_MAX} characters"
    if errors:
        with unit_of_work(current_actor()) as work:
            joining.look_at(work, first_id, second_id)
        return _compared(first_id, second_id, errors, given)
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            joining.propose(
                work,
                act=Act.JOIN,
                surviving_id=first_id,
                superseded_id=second_id,
                ground=Ground(given["ground"]),
                evidence=given["evidence"],
            )
    except Conflict as refused:
        flash(f"Nothing was proposed: {refused.title}.")
        return redirect(url_for("identity_pages.show"), 303)
    flash("Proposed. A colleague has to look at both records and confirm it.", "success")
    return redirect(url_for("identity_pages.show"), 303)


@blueprint.get("/proposals/<uuid:proposal_id>")
@requires(Permission.PATIENT_CORRECT)
def one(proposal_id: UUID) -> str:
    """Show what was proposed and how it is known; not yet who the patients are."""
    view = _proposal(proposal_id)
    return _proposal_page(view, [])


@blueprint.post("/proposals/<uuid:proposal_id>/look")
@requires(Permission.PATIENT_CORRECT)
def look(proposal_id: UUID) -> ResponseReturnValue:
    """Show both records side by side. That they were looked at is recorded."""
    view = _proposal(proposal_id)
    with unit_of_work(current_actor()) as work:
        joining.look(work, proposal_id)
    compared = lines(*_sides(db.session(), view.surviving_id, view.superseded_id))
    return _proposal_page(view, compared), 200, {"Cache-Control": "no-store"}


@blueprint.post("/proposals/<uuid:proposal_id>/settle")
@requires(Permission.PATIENT_CORRECT)
def settle(proposal_id: UUID) -> ResponseReturnValue:
    """Confirm what a colleague proposed, or decline it."""
    answer = request.form.get("answer", "")
    if answer not in {"confirm", "decline"}:
        flash("Nothing was recorded: choose one of the two buttons.")
        return redirect(url_for("identity_pages.one", proposal_id=proposal_id), 303)
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            if answer == "confirm":
                joining.confirm(work, proposal_id)
            else:
                joining.decline(work, proposal_id)
    except Conflict as refused:
        flash(f"Nothing was recorded: {refused.title}.")
        return redirect(url_for("identity_pages.show"), 303)
    said = "It is so from now on." if answer == "confirm" else "Declined. Nothing changed."
    flash(said, "success")
    return redirect(url_for("identity_pages.show"), 303)


def waiting(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Return what waits for the reader to confirm: not what they proposed themselves."""
    if actor.organisation_id is None or not {Role.PRIVACY_OFFICER, Role.STEWARD} & actor.roles:
        return []
    return [
        Task(
            ACT_WORDS[view.act],
            url_for("identity_pages.one", proposal_id=view.id),
            f"Proposed {moment(view.proposed_at)}",
            "Waits for you",
            "yellow",
        )
        for view in queries.waiting(session, actor.organisation_id)
        if view.proposed_by != actor.id
    ]


def _show(errors: Mapping[str, str], given: Mapping[str, str]) -> str:
    own = current_actor().organisation_id
    views = () if own is None else queries.waiting(db.session(), own)
    names = directory.person_names(db.session(), {view.proposed_by for view in views})
    cards = [
        {
            "words": ACT_WORDS[view.act],
            "ground": GROUND_WORDS[view.ground],
            "who": names.get(view.proposed_by) or "Somebody who is not here any more",
            "when": moment(view.proposed_at),
            "address": url_for("identity_pages.one", proposal_id=view.id),
        }
        for view in views
    ]
    return render_template("directory/records.jinja", cards=cards, errors=errors, given=given)


def _compared(
    first_id: UUID, second_id: UUID, errors: Mapping[str, str], given: Mapping[str, str]
) -> ResponseReturnValue:
    first, second = _sides(db.session(), first_id, second_id)
    page = render_template(
        "directory/compare.jinja",
        lines=lines(first, second),
        first=first,
        second=second,
        grounds=ground_options(Act.JOIN, given.get("ground", "")),
        evidence=given.get("evidence", ""),
        evidence_max=EVIDENCE_MAX,
        errors=errors,
    )
    return page, 422 if errors else 200, {"Cache-Control": "no-store"}


def _proposal(proposal_id: UUID) -> ProposalView:
    view = queries.proposal(db.session(), proposal_id)
    own = current_actor().organisation_id
    if view is None or own is None or view.organisation_id != own:
        raise NotFound("no such proposal")
    return view


def _proposal_page(view: ProposalView, compared: list[Line]) -> str:
    actor = current_actor()
    names = directory.person_names(db.session(), {view.proposed_by})
    return render_template(
        "directory/proposal.jinja",
        id=view.id,
        words=ACT_WORDS[view.act],
        ground=GROUND_WORDS[view.ground],
        evidence=view.evidence or "What they wrote was erased.",
        who=names.get(view.proposed_by) or "Somebody who is not here any more",
        when=moment(view.proposed_at),
        lines=compared,
        own=view.proposed_by == actor.person_id,
        settled=view.settled_at is not None,
    )


def _sides(session: Session, first_id: UUID, second_id: UUID) -> tuple[Side, Side]:
    known = directory.patient_identities(session, [first_id, second_id])
    return Side.of(first_id, known.get(first_id)), Side.of(second_id, known.get(second_id))


def _id(field: str) -> UUID:
    try:
        return UUID(request.form.get(field, ""))
    except ValueError as wrong:
        raise NotFound("no such patient") from wrong
