"""Staff write down what a patient says on paper, by phone or in front of them, and ask them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.consent import service
from ledger.consent.queries.offers import OnOffer, on_offer
from ledger.consent.rules.choices import WORDS_MAX, Choice, Source
from ledger.consent.service.granting import Said
from ledger.consent.service.late import Waiting, grant_or_wait
from ledger.core import clock
from ledger.core.db import db
from ledger.core.errors import Conflict, Invalid
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.directory import queries as directory
from ledger.directory.rules.imports import day
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.vocabulary import categories, purposes
from ledger.vocabulary.categories import Category

blueprint = Blueprint("staff_answers", __name__, url_prefix="/patients")

SOURCE_WORDS: Final = {
    Source.PAPER: "On paper: I have the signed form",
    Source.PHONE: "By phone, to me",
    Source.SPOKEN: "In front of me",
}
_MAGIC: Final = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}


@dataclass(frozen=True, slots=True)
class Filled:
    """The form as it was sent, checked; `errors` by field."""

    offer: OnOffer | None
    source: Source | None
    decided_at: datetime | None
    evidence: bytes
    media_type: str
    errors: dict[str, str]


def media_type(content: bytes) -> str | None:
    """Return what a file is by how it begins; None for anything but a PDF or a picture."""
    return next((kind for start, kind in _MAGIC.items() if content.startswith(start)), None)


def key(offer: OnOffer) -> str:
    """Return how a form names an offer."""
    return f"{offer.agreement_id}.{offer.purpose}"


@blueprint.get("/<uuid:patient_id>/answer")
@requires(Permission.CONSENT_WITHDRAW)
def form(patient_id: UUID) -> str:
    """Ask what the patient said, and how we know."""
    return _page(patient_id, _offers(), {})


@blueprint.post("/<uuid:patient_id>/answer")
@requires(Permission.CONSENT_WITHDRAW)
def record(patient_id: UUID) -> ResponseReturnValue:
    """Record it. A yes that is older than a no waits for a privacy officer."""
    offers = _offers()
    filled = _filled(offers)
    answer = request.form.get("answer", "")
    if answer not in {"yes", "no"}:
        filled.errors["answer"] = "Choose what they said"
    if filled.errors or filled.offer is None or filled.source is None:
        return _page(patient_id, offers, filled.errors), 422
    said = Said(
        source=filled.source,
        decided_at=filled.decided_at,
        words=request.form.get("words", "").strip() or None,
        evidence=filled.evidence or None,
        media_type=filled.media_type,
    )
    which = {one for one in request.form.getlist("which") if one in set(Category)}
    offer = filled.offer
    choice = Choice(
        purposes=frozenset({offer.purpose}),
        categories=frozenset(map(Category, which))
        or (offer.categories if answer == "yes" else frozenset()),
        organisation_ids=offer.organisation_ids,
    )
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            told = _record(work, patient_id, offer.agreement_id, choice, said, yes=answer == "yes")
    except (Invalid, Conflict) as refused:
        detail = refused.faults[0].detail if refused.faults else refused.detail
        return _page(patient_id, offers, {"what": detail[:1].upper() + detail[1:]}), 422
    flash(told, "success")
    return redirect(url_for("patients.ask"), 303)


def _record(
    work: UnitOfWork, patient_id: UUID, agreement_id: UUID, choice: Choice, said: Said, *, yes: bool
) -> str:
    if not yes:
        service.dissent(
            work, patient_id=patient_id, choice=choice, agreement_id=agreement_id, said=said
        )
        return "Their no is recorded. It counts at once."
    found = grant_or_wait(
        work, patient_id=patient_id, agreement_id=agreement_id, choice=choice, said=said
    )
    if isinstance(found, Waiting):
        return (
            "Recorded, and it does not count yet: they have said no since. A privacy officer "
            "settles it."
        )
    return "Their yes is recorded."


def _filled(offers: Sequence[OnOffer]) -> Filled:
    given, errors = request.form, {}
    offer = next((one for one in offers if key(one) == given.get("what", "")), None)
    if offer is None:
        errors["what"] = "Choose what it is about"
    source = next((one for one in SOURCE_WORDS if one == given.get("source", "")), None)
    if source is None:
        errors["source"] = "Choose how they said it"
    file = request.files.get("evidence")
    content = file.read() if file else b""
    kind = media_type(content)
    if content and kind is None:
        errors["evidence"] = "Choose a PDF, PNG or JPEG file"
    if source is Source.PAPER and not content:
        errors["evidence"] = "Add a scan or photo of the signed form"
    if len(given.get("words", "")) > WORDS_MAX:
        errors["words"] = f"Write at most {WORDS_MAX} characters"
    decided_at = None
    if given.get("decided", "").strip():
        try:
            decided_at = _decided(given["decided"].strip())
        except Invalid as refused:
            errors["decided"] = refused.detail[:1].upper() + refused.detail[1:]
    elif source is Source.PAPER:
        errors["decided"] = "Give the day on which they signed it"
    return Filled(offer, source, decided_at, content, kind or "application/octet-stream", errors)


def _decided(text: str) -> datetime | None:
    """Return the start of that day; None for today, which is now."""
    found, today = day(text), clock.today()
    if found > today:
        raise Invalid("this day is in the future")
    if found == today:
        return None
    start = datetime.combine(found, time.min, tzinfo=clock.zone())
    return start.astimezone(clock.now().tzinfo)


def _offers() -> tuple[OnOffer, ...]:
    """Return what agreements of the reader's organisation let a patient choose about."""
    with unit_of_work(current_actor()) as work:
        return on_offer(work)


def _page(patient_id: UUID, offers: Sequence[OnOffer], errors: dict[str, str]) -> str:
    given = request.form
    ids = {one for offer in offers for one in offer.organisation_ids}
    names = {one: view.name for one, view in directory.organisations(db.session(), ids).items()}
    data = sorted({one for offer in offers for one in offer.categories}, key=categories.words)
    return render_template(
        "ask/answer_form.jinja",
        patient_id=patient_id,
        offers=[
            {
                "value": key(one),
                "text": f"{purposes.words(one.purpose)}, by "
                + ", ".join(sorted(names.get(each, "") for each in one.organisation_ids)),
                "hint": {"text": one.title},
                "checked": key(one) == given.get("what"),
            }
            for one in offers
        ],
        sources=[
            {"value": one.value, "text": text, "checked": one == given.get("source")}
            for one, text in SOURCE_WORDS.items()
        ],
        answers=[
            {"value": value, "text": text, "checked": value == given.get("answer")}
            for value, text in (("yes", "Yes"), ("no", "No"))
        ],
        which=[
            {
                "value": one.value,
                "text": categories.words(one),
                "checked": one.value in given.getlist("which"),
            }
            for one in data
        ],
        given=given,
        words_max=WORDS_MAX,
        errors=errors,
    )
