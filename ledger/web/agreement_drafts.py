"""Pages for drafting an agreement, a part at a time, until it can be proposed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.agreements import queries, service
from ledger.agreements.queries import VersionView
from ledger.agreements.rules import wording
from ledger.agreements.rules.checks import NotReady, faults
from ledger.agreements.rules.lifecycle import State
from ledger.agreements.rules.terms import Kind, Terms, Variable
from ledger.agreements.service.loading import NothingOpen
from ledger.agreements.templates import template_for
from ledger.core import clock
from ledger.core.db import db
from ledger.core.errors import Fault, Invalid
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.edge.signing import limits
from ledger.web import agreement_choices as choices
from ledger.web import agreement_forms as forms
from ledger.web.agreement_words import KIND_WORDS, flow_cards

blueprint = Blueprint("agreement_drafts", __name__, url_prefix="/agreements")


@dataclass(frozen=True, slots=True)
class Question:
    """A blank of the template, and what fills it."""

    name: str
    ask: str
    value: str


@blueprint.get("/new")
@requires(Permission.AGREEMENT_DRAFT)
def begin() -> ResponseReturnValue:
    """Ask for the beginnings of an agreement: what, between whom, for how long."""
    return _begin_page({})


@blueprint.post("/new")
@requires(Permission.AGREEMENT_DRAFT)
def create() -> ResponseReturnValue:
    """Record the first draft, and lead on to what it needs."""
    actor = current_actor()
    if actor.organisation_id is None:
        raise Invalid("act for an organisation to draft an agreement")
    terms, errors = forms.basics(request.form, db.session(), actor.organisation_id)
    if terms is None:
        return _begin_page(errors), 422
    with unit_of_work(actor) as work:
        once_form(work)
        drafted = service.draft(work, terms=terms)
    return redirect(url_for(".overview", agreement_id=drafted.agreement_id), 303)


@blueprint.get("/<uuid:agreement_id>/draft")
@requires(Permission.AGREEMENT_DRAFT)
def overview(agreement_id: UUID) -> ResponseReturnValue:
    """Show what the draft has, and what is missing before it can be proposed."""
    return _overview_page(agreement_id)


@blueprint.post("/<uuid:agreement_id>/amend")
@requires(Permission.AGREEMENT_DRAFT)
def amend(agreement_id: UUID) -> ResponseReturnValue:
    """Begin the next version of an agreement, with the terms of the one that stands."""
    shown = queries.agreement(db.session(), current_actor(), agreement_id)
    today = clock.today()
    terms = replace(shown.terms, starts_on=max(today, shown.terms.starts_on))
    with unit_of_work(current_actor()) as work:
        once_form(work)
        service.amend(work, agreement_id, terms=terms)
    return redirect(url_for(".overview", agreement_id=agreement_id), 303)


@blueprint.get("/<uuid:agreement_id>/draft/days")
@requires(Permission.AGREEMENT_DRAFT)
def days(agreement_id: UUID) -> ResponseReturnValue:
    """Ask for the title and the days."""
    return _days_page(draft_of(agreement_id), {})


@blueprint.post("/<uuid:agreement_id>/draft/days")
@requires(Permission.AGREEMENT_DRAFT)
def set_days(agreement_id: UUID) -> ResponseReturnValue:
    """Change the title and the days."""
    return change(agreement_id, forms.with_days, _days_page)


@blueprint.get("/<uuid:agreement_id>/draft/flow")
@requires(Permission.AGREEMENT_DRAFT)
def flow(agreement_id: UUID) -> ResponseReturnValue:
    """Ask for one flow of data."""
    return _flow_page(draft_of(agreement_id), {})


@blueprint.post("/<uuid:agreement_id>/draft/flow")
@requires(Permission.AGREEMENT_DRAFT)
def add_flow(agreement_id: UUID) -> ResponseReturnValue:
    """Add a flow."""
    return change(agreement_id, forms.with_flow, _flow_page)


@blueprint.get("/<uuid:agreement_id>/draft/approval")
@requires(Permission.AGREEMENT_DRAFT)
def approval(agreement_id: UUID) -> ResponseReturnValue:
    """Ask for one approval that the agreement rests on."""
    return _approval_page(draft_of(agreement_id), {})


@blueprint.post("/<uuid:agreement_id>/draft/approval")
@requires(Permission.AGREEMENT_DRAFT)
def add_approval(agreement_id: UUID) -> ResponseReturnValue:
    """Add an approval."""
    return change(agreement_id, forms.with_approval, _approval_page)


@blueprint.get("/<uuid:agreement_id>/draft/contribution")
@requires(Permission.AGREEMENT_DRAFT)
def contribution(agreement_id: UUID) -> ResponseReturnValue:
    """Ask for one contribution to the pool."""
    return _contribution_page(draft_of(agreement_id), {})


@blueprint.post("/<uuid:agreement_id>/draft/contribution")
@requires(Permission.AGREEMENT_DRAFT)
def add_contribution(agreement_id: UUID) -> ResponseReturnValue:
    """Add a contribution."""
    return change(agreement_id, forms.with_contribution, _contribution_page)


@blueprint.post("/<uuid:agreement_id>/draft/remove")
@requires(Permission.AGREEMENT_DRAFT)
def remove(agreement_id: UUID) -> ResponseReturnValue:
    """Take a flow, an approval or a contribution out again."""
    key = request.form.get("key", "")
    return change(agreement_id, lambda terms, _form: (forms.without(terms, key), {}), _flow_page)


@blueprint.get("/<uuid:agreement_id>/draft/words")
@requires(Permission.AGREEMENT_DRAFT)
def words(agreement_id: UUID) -> ResponseReturnValue:
    """Ask for the words that fill the template's blanks."""
    return _words_page(draft_of(agreement_id), {})


@blueprint.post("/<uuid:agreement_id>/draft/words")
@requires(Permission.AGREEMENT_DRAFT)
def fill_in(agreement_id: UUID) -> ResponseReturnValue:
    """Fill the blanks."""
    return change(agreement_id, _filled, _words_page)


@blueprint.post("/<uuid:agreement_id>/propose")
@requires(Permission.AGREEMENT_DRAFT)
def propose(agreement_id: UUID) -> ResponseReturnValue:
    """Put the draft to its parties, or say everything that is missing."""
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            meant = request.form.get("accept_gap") == "yes"
            service.propose(work, agreement_id, limits=limits(), accept_gap=meant)
    except NotReady as refused:
        return _overview_page(agreement_id, refused.faults), 422
    flash("Proposed. Its text is fixed, and its parties can sign it.")
    return redirect(url_for("agreement_pages.read", agreement_id=agreement_id), 303)


def draft_of(agreement_id: UUID) -> VersionView:
    """Return the open draft. Raises `NothingOpen` if it has been proposed."""
    session, actor = db.session(), current_actor()
    number = queries.agreement(session, actor, agreement_id).open
    shown = queries.version(session, actor, agreement_id, number) if number else None
    if shown is None or shown.state is not State.DRAFT:
        raise NothingOpen("its draft has been proposed: look at the agreement")
    return shown


def change(
    agreement_id: UUID,
    altered: Callable[[Terms, forms.Form], tuple[Terms, dict[str, str]]],
    again: Callable[[VersionView, dict[str, str]], str],
) -> ResponseReturnValue:
    """Record the draft as *altered* makes it of the form, or show the form *again*."""
    shown = draft_of(agreement_id)
    terms, errors = altered(shown.terms, request.form)
    if errors:
        return again(shown, errors), 422
    with unit_of_work(current_actor()) as work:
        once_form(work)
        service.redraft(work, agreement_id, terms=terms)
    return redirect(url_for("agreement_drafts.overview", agreement_id=agreement_id), 303)


def _filled(terms: Terms, form: forms.Form) -> tuple[Terms, dict[str, str]]:
    read = forms.Reading(form)
    asked = [question.name for question in template_for(terms.kind).questions]
    values = {name: form.get(name, "").strip() for name in asked}
    for name, value in values.items():
        if len(value) > 1000:  # noqa: PLR2004  (as the API)
            read.errors[name] = "Use 1,000 characters or fewer"
    filled = tuple(Variable(name=name, value=value) for name, value in values.items() if value)
    return replace(terms, variables=filled), read.errors


def _begin_page(errors: dict[str, str]) -> str:
    chosen = request.form.get("kind", Kind.DATA_SHARING)
    kinds = [
        {"value": kind.value, "text": text, "checked": kind == chosen}
        for kind, text in KIND_WORDS.items()
    ]
    known = directory.search_organisations(db.session(), limit=200)
    return render_template(
        "agreements/begin.jinja",
        errors=errors,
        given=request.form,
        kinds=kinds,
        others=range(1, forms.OTHERS_MAX + 1),
        organisations=[f"{one.ods_code} {one.name}" for one in known if one.ods_code],
    )


def _overview_page(agreement_id: UUID, refused: Sequence[Fault] = ()) -> str:
    shown = draft_of(agreement_id)
    today = clock.today()
    fund = shown.terms.fund
    return render_template(
        "agreements/draft.jinja",
        shown=shown,
        flows=flow_cards(shown),
        approvals=[wording.approval(one) for one in shown.terms.approvals],
        contributions=[
            (one.key, wording.contribution(one, shown.terms))
            for one in (fund.contributions if fund else ())
        ],
        follows=wording.follows(shown.terms),
        is_fund=fund is not None,
        faults=refused or faults(shown.document, shown.terms, today=today, limits=limits()),
        refused=bool(refused),
    )


def _days_page(shown: VersionView, errors: dict[str, str]) -> str:
    given = request.form or forms.days_given(shown.terms)
    return render_template("agreements/days.jinja", shown=shown, errors=errors, given=given)


def _flow_page(shown: VersionView, errors: dict[str, str]) -> str:
    return render_template(
        "agreements/flow.jinja",
        shown=shown,
        errors=errors,
        **choices.of_flow(shown.terms, request.form),
    )


def _approval_page(shown: VersionView, errors: dict[str, str]) -> str:
    return render_template(
        "agreements/approval.jinja",
        shown=shown,
        errors=errors,
        given=request.form,
        kinds=choices.of_approval(request.form),
    )


def _contribution_page(shown: VersionView, errors: dict[str, str]) -> str:
    return render_template(
        "agreements/contribution.jinja",
        shown=shown,
        errors=errors,
        given=request.form,
        partners=choices.of_party(shown.terms, request.form, "partner"),
    )


def _words_page(shown: VersionView, errors: dict[str, str]) -> str:
    held = {one.name: one.value for one in shown.terms.variables}
    questions = [
        Question(
            one.name,
            one.ask,
            request.form.get(one.name, held.get(one.name, one.default or "")),
        )
        for one in template_for(shown.terms.kind).questions
    ]
    return render_template(
        "agreements/words.jinja", shown=shown, errors=errors, questions=questions
    )
