"""Pages of agreements: the list, reading one, signing it, and stopping it."""

from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from ledger.agreements import queries, service
from ledger.agreements.queries import VersionView
from ledger.agreements.rules.lifecycle import State
from ledger.agreements.rules.terms import Kind
from ledger.agreements.service.loading import NothingOpen
from ledger.core import authority, clock
from ledger.core.actor import Actor, Role
from ledger.core.authority import Resource
from ledger.core.db import db
from ledger.core.errors import Invalid
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge import cursors
from ledger.edge.guard import current_actor, public, requires
from ledger.edge.once import once_form
from ledger.edge.signing import signing_evidence
from ledger.web.agreement_changes import changes, why_mine
from ledger.web.agreement_words import (
    KIND_WORDS,
    STATE_WORDS,
    AgreementLine,
    Status,
    facts,
    flow_cards,
    progress,
    purpose_words,
    sections,
)
from ledger.web.tasks import Sort, Task

blueprint = Blueprint("agreement_pages", __name__, url_prefix="/agreements")

_OPEN = frozenset({State.PROPOSED, State.SIGNING})


@blueprint.get("")
@requires(Permission.AGREEMENT_READ)
def show() -> ResponseReturnValue:
    """List the agreements that whoever is signed in may read."""
    limit, after = cursors.limit(), cursors.after(of="agreement-pages", shape=(str, str))
    sought = request.args.get("q", "")[:100]
    found = queries.visible(
        db.session(),
        current_actor(),
        containing=sought,
        after=(after[0], UUID(after[1])) if after else None,
        limit=limit + 1,
    )
    last = found[limit - 1] if len(found) > limit else None
    more = (last.title, str(last.id)) if last else None
    today = clock.today()
    return render_template(
        "agreements/list.jinja",
        lines=[AgreementLine.of(one, today=today) for one in found[:limit]],
        older=cursors.page_href(more, of="agreement-pages") if more else None,
        sought=sought,
        may_draft=_may(current_actor(), Permission.AGREEMENT_DRAFT),
    )


@blueprint.get("/register")
@public("who shares what with whom, for what, is for everybody to know")
def register() -> ResponseReturnValue:
    """Show anybody the agreements in force today."""
    today = clock.today()
    limit, after = cursors.limit(), cursors.after(of="register-page", shape=(str, str))
    sought, party, kind = (request.args.get(name, "")[:100] for name in ("q", "party", "kind"))
    found = queries.register_page(
        db.session(),
        on=today,
        containing=sought,
        kind=Kind(kind) if kind in set(Kind) else None,
        party=party,
        after=(after[0], UUID(after[1])) if after else None,
        limit=limit + 1,
    )
    last = found[limit - 1] if len(found) > limit else None
    more = (last.title, str(last.id)) if last else None
    choices = [("", "Any"), *((one.value, text) for one, text in KIND_WORDS.items())]
    return render_template(
        "agreements/register.jinja",
        lines=[
            (
                AgreementLine.of(one, today=today),
                [purpose_words(code) for code in one.purposes],
                one.categories,
            )
            for one in found[:limit]
        ],
        sought=sought,
        party=party,
        kind=kind,
        kinds=[{"value": v, "text": text, "selected": v == kind} for v, text in choices],
        older=cursors.page_href(more, of="register-page") if more else None,
    )


@blueprint.get("/<uuid:agreement_id>")
@requires(Permission.AGREEMENT_READ)
def read(agreement_id: UUID) -> ResponseReturnValue:
    """Show an agreement: what it is, how far it is signed, its flows and its clauses."""
    session, actor, today = db.session(), current_actor(), clock.today()
    shown = asked_for(session, actor, agreement_id)
    signing = queries.signing(session, actor, shown, today=today)
    own_draft = shown.state is State.DRAFT and shown.drafter_id == actor.organisation_id
    parties = shown.terms.party_ids
    return render_template(
        "agreements/read.jinja",
        shown=shown,
        status=Status.of(
            shown.state, first_day=shown.first_day, last_day=shown.last_day, today=today
        ),
        facts=facts(shown, today=today),
        progress=progress(shown, signing) if shown.state is not State.DRAFT else (),
        issued=shown.state is not State.DRAFT,
        versions=[(number, STATE_WORDS[state][0]) for number, state in shown.versions],
        own_draft=own_draft and _may(actor, Permission.AGREEMENT_DRAFT, parties),
        may_sign=signing.statement is not None and _may(actor, Permission.AGREEMENT_SIGN, parties),
        why_not=signing.because if shown.state in _OPEN else None,
        may_suspend=_may(actor, Permission.AGREEMENT_SUSPEND, parties),
        may_amend=shown.open is None and _may(actor, Permission.AGREEMENT_DRAFT, parties),
        may_leave=_may(actor, Permission.AGREEMENT_SIGN, parties),
    )


@blueprint.get("/<uuid:agreement_id>/sign")
@requires(Permission.AGREEMENT_SIGN)
def sign(agreement_id: UUID) -> ResponseReturnValue:
    """Show what would be signed and as whom, to somebody who has signed in just now."""
    signing_evidence()  # First: whoever must sign in again does so before reading.
    return _sign_page(agreement_id, {})


@blueprint.post("/<uuid:agreement_id>/sign")
@requires(Permission.AGREEMENT_SIGN)
def send_signature(agreement_id: UUID) -> ResponseReturnValue:
    """Sign the text that was shown."""
    evidence, asks = signing_evidence()
    if request.form.get("confirm") != "yes":
        return _sign_page(agreement_id, {"confirm": "Tick the box to sign"}), 422
    number = request.form.get("number", type=int)
    if number is None:
        raise Invalid("this form has lost which version it is of; open the page again")
    with unit_of_work(current_actor()) as work:
        once_form(work)
        in_force = service.sign(
            work,
            agreement_id,
            number=number,
            document_sha256=request.form.get("document_sha256", ""),
            sign_in=evidence,
            asks=asks,
        )
    flash(
        "You have signed. Everybody has: the agreement is now signed by all its parties."
        if in_force
        else "You have signed. The agreement comes into force when everybody has."
    )
    return redirect(url_for("agreement_pages.read", agreement_id=agreement_id), 303)


@blueprint.post("/<uuid:agreement_id>/decline")
@requires(Permission.AGREEMENT_SIGN)
def decline(agreement_id: UUID) -> ResponseReturnValue:
    """Refuse to sign; the version is then over for all."""
    number = request.form.get("number", type=int)
    if number is None:
        raise Invalid("this form has lost which version it is of; open the page again")
    words = request.form.get("words", "").strip()[:1000]
    with unit_of_work(current_actor()) as work:
        once_form(work)
        service.decline(work, agreement_id, number=number, words=words)
    flash("You have declined. This version will not come into force.")
    return redirect(url_for("agreement_pages.read", agreement_id=agreement_id), 303)


def waiting(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Return the agreements that wait for the reader's signature."""
    if Role.SIGNATORY not in actor.roles:
        return []
    tasks = []
    for summary in queries.to_sign(session, actor):
        href = url_for("agreement_pages.read", agreement_id=summary.id)
        hint = f"Between {', '.join(summary.parties)}"
        task = Task(summary.title, href, hint, "Waits for you to sign", sort=Sort.SIGN)
        tasks.append(task)
    return tasks


def asked_for(session: Session, actor: Actor, agreement_id: UUID) -> VersionView:
    """Return the version that the address names, or the one that matters most."""
    number = request.args.get("version", type=int)
    if number is None:
        return queries.agreement(session, actor, agreement_id)
    return queries.version(session, actor, agreement_id, number)


def _sign_page(agreement_id: UUID, errors: dict[str, str]) -> str:
    session, actor, today = db.session(), current_actor(), clock.today()
    number = queries.agreement(session, actor, agreement_id).open
    if number is None:
        raise NothingOpen("it was signed by all, or declined: look at the agreement")
    shown = queries.version(session, actor, agreement_id, number)
    signing = queries.signing(session, actor, shown, today=today)
    ends = [{flow.from_party, flow.to_party} for flow in shown.terms.flows]
    own = [actor.organisation_id in both for both in ends]
    flows = list(zip(flow_cards(shown), own, strict=True))
    return render_template(
        "agreements/sign.jinja",
        shown=shown,
        signing=signing,
        flows=[card for card, is_own in flows if is_own],
        other_flows=[card for card, is_own in flows if not is_own],
        changes=changes(queries.differences(session, shown)),
        why=why_mine(shown, signing, actor),
        sections=sections(shown.document.clauses),
        errors=errors,
    )


def _may(
    actor: Actor, permission: Permission, organisation_ids: frozenset[UUID] | None = None
) -> bool:
    """Say whether to offer a link; what it leads to decides by itself."""
    own = frozenset({actor.organisation_id}) if actor.organisation_id else frozenset[UUID]()
    on = Resource(organisation_ids=own if organisation_ids is None else organisation_ids)
    return authority.permits(authority.in_force(), actor, permission, on)
