"""Pages that join one agreement to another: its renewal, and the fund that goes with it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.agreements import queries, service
from ledger.agreements.queries import VersionView
from ledger.agreements.rules.terms import Kind, Terms
from ledger.core.db import db
from ledger.core.errors import Conflict, Invalid, NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web.shell import day

blueprint = Blueprint("agreement_links", __name__, url_prefix="/agreements")


@blueprint.get("/<uuid:agreement_id>/renew")
@requires(Permission.AGREEMENT_DRAFT)
def renew(agreement_id: UUID) -> ResponseReturnValue:
    """Say what a renewal is, and from which day on."""
    shown = queries.agreement(db.session(), current_actor(), agreement_id)
    first = shown.last_day + timedelta(days=1)
    return render_template(
        "agreements/renew.jinja", shown=shown, last=day(shown.last_day), first=day(first)
    )


@blueprint.post("/<uuid:agreement_id>/renew")
@requires(Permission.AGREEMENT_DRAFT)
def send_renewal(agreement_id: UUID) -> ResponseReturnValue:
    """Draft the agreement that renews this one, without a gap, for as long again."""
    shown = queries.agreement(db.session(), current_actor(), agreement_id)
    with unit_of_work(current_actor()) as work:
        once_form(work)
        drafted = service.draft(work, terms=_again(shown))
    flash("Drafted, to begin on the day after the last. Look at the days and the approvals.")
    return redirect(url_for("agreement_drafts.overview", agreement_id=drafted.agreement_id), 303)


@blueprint.get("/<uuid:agreement_id>/link")
@requires(Permission.AGREEMENT_DRAFT)
def link(agreement_id: UUID) -> ResponseReturnValue:
    """Ask which data sharing agreement a pooled fund works with."""
    return _link_page(agreement_id, {})


@blueprint.post("/<uuid:agreement_id>/link")
@requires(Permission.AGREEMENT_DRAFT)
def send_link(agreement_id: UUID) -> ResponseReturnValue:
    """Link them. Neither hangs on the other."""
    linked_id = request.form.get("linked", type=UUID)
    if linked_id is None:
        return _link_page(agreement_id, {"linked": "Choose an agreement"}), 422
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            service.link(work, agreement_id, linked_id=linked_id)
    except (Conflict, Invalid, NotFound) as refused:
        return _link_page(agreement_id, {"linked": f"{refused.title}: {refused.detail}"}), 422
    flash("Linked. Suspending or ending the one leaves the other as it is.")
    return redirect(url_for("agreement_pages.read", agreement_id=agreement_id), 303)


def _again(shown: VersionView) -> Terms:
    """Return the terms of a renewal: the same, from the next day on, for as long again."""
    terms = shown.terms
    first = shown.last_day + timedelta(days=1)
    later = first - terms.starts_on
    return replace(
        terms,
        starts_on=first,
        ends_on=terms.ends_on + later,
        review_on=terms.review_on + later,
        renews_id=shown.agreement_id,
    )


def _link_page(agreement_id: UUID, errors: dict[str, str]) -> str:
    session, actor = db.session(), current_actor()
    shown = queries.agreement(session, actor, agreement_id)
    chosen = request.form.get("linked", "")
    there = set(shown.linked_ids)
    found = [
        {"value": str(one.id), "text": one.title, "selected": str(one.id) == chosen}
        for one in queries.visible(session, actor, limit=200)
        if one.kind is Kind.DATA_SHARING and one.id not in there
    ]
    return render_template(
        "agreements/link.jinja",
        shown=shown,
        errors=errors,
        others=[{"value": "", "text": "Choose one"}, *found],
    )
