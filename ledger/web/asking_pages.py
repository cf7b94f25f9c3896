"""Staff ask a patient for consent, and see who has not answered yet."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.agreements import queries as agreements
from ledger.consent.asking import queries, service
from ledger.consent.asking.rules import Outcome
from ledger.consent.notices.queries import NoticeView, notices
from ledger.consent.notices.rules import Format
from ledger.consent.queries.offers import OnOffer, on_offer
from ledger.consent.rules.choices import Choice
from ledger.core import clock
from ledger.core.db import db
from ledger.core.errors import Conflict, Invalid
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory.rules.imports import day
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.vocabulary import purposes
from ledger.web.patient_notices import form_words
from ledger.web.shell import day as in_words
from ledger.web.staff_answers import key

blueprint = Blueprint("asking_pages", __name__)

OUTCOME_WORDS = {
    Outcome.WAITING: "not answered",
    Outcome.ANSWERED: "answered",
    Outcome.YES: "yes",
}


@blueprint.get("/asked")
@requires(Permission.CONSENT_ASK)
def show() -> str:
    """List what one's organisation asked, and how many have not answered."""
    session, actor = db.session(), current_actor()
    found = queries.requests(session, actor, now=clock.now())
    rows = [
        (
            in_words(clock.civil_date(one.asked_at)),
            in_words(one.awaited_to),
            counted(one.counts),
            str(one.letters) if one.letters else "None",
        )
        for one in found
    ]
    return render_template("ask/asked.jinja", rows=rows)


def counted(counts: dict[Outcome, int | None]) -> str:
    """Say how many answered what. Small counts are not told: they would tell who."""
    said = [
        f"{'fewer than can be told' if n is None else n} {OUTCOME_WORDS.get(one, one.value)}"
        for one, n in counts.items()
        if n != 0
    ]
    return ", ".join(said) or "Nobody yet"


@blueprint.get("/patients/<uuid:patient_id>/request")
@requires(Permission.CONSENT_ASK)
def form(patient_id: UUID) -> str:
    """Choose what to ask the patient, with which notice, until when."""
    return _page(patient_id, {})


@blueprint.post("/patients/<uuid:patient_id>/request")
@requires(Permission.CONSENT_ASK)
def ask(patient_id: UUID) -> ResponseReturnValue:
    """Ask them."""
    given = request.form
    offer = next((one for one in _offers() if key(one) == given.get("what", "")), None)
    notice = next((one for one in _notices() if _notice_key(one) == given.get("notice")), None)
    errors = {}
    if offer is None:
        errors["what"] = "Choose what to ask"
    if notice is None:
        errors["notice"] = "Choose a notice"
    last = _last(given.get("last", "").strip(), errors)
    if offer is None or notice is None or last is None:
        return _page(patient_id, errors), 422
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            service.ask(
                work,
                patient_ids=[patient_id],
                agreement_id=offer.agreement_id,
                choice=Choice(
                    purposes=frozenset({offer.purpose}),
                    categories=offer.categories,
                    organisation_ids=offer.organisation_ids,
                ),
                notice_id=notice.id,
                language=notice.language,
                how=Format(notice.format),
                awaited_to=last,
            )
    except (Invalid, Conflict) as refused:
        return _page(patient_id, {"last": refused.detail[:1].upper() + refused.detail[1:]}), 422
    flash("The patient is asked. Who signs in is written to; others need a letter.", "success")
    return redirect(url_for(".show"), 303)


def _last(text: str, errors: dict[str, str]) -> date | None:
    try:
        return day(text)
    except Invalid as refused:
        errors["last"] = refused.detail[:1].upper() + refused.detail[1:]
        return None


def _offers() -> Sequence[OnOffer]:
    """Return what agreements of the reader's organisation let a patient choose about."""
    own = current_actor().organisation_id
    with unit_of_work(current_actor()) as work:
        return [
            one
            for one in on_offer(work)
            if own in agreements.hold(work, one.agreement_id).party_ids
        ]


def _notices() -> Sequence[NoticeView]:
    return notices(db.session())


def _notice_key(one: NoticeView) -> str:
    return f"{one.id}/{one.language}/{one.format}"


def _page(patient_id: UUID, errors: dict[str, str]) -> str:
    given = request.form
    return render_template(
        "ask/request.jinja",
        patient_id=patient_id,
        offers=[
            {
                "value": key(one),
                "text": f"{purposes.words(one.purpose)} ({one.title})",
                "checked": key(one) == given.get("what"),
            }
            for one in _offers()
        ],
        notices=[
            {
                "value": _notice_key(one),
                "text": f"{one.title} ({form_words(f'{one.language}/{one.format}')})",
                "checked": _notice_key(one) == given.get("notice"),
            }
            for one in _notices()
        ],
        given=given,
        errors=errors,
    )
