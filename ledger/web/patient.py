"""Pages for patients: what I agreed to and said no to, taking it back, and who looked."""

from collections.abc import Iterable
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.access import queries as access
from ledger.access.queries import Looked
from ledger.consent import queries, service
from ledger.consent.proxies.speaking import CAPACITIES
from ledger.consent.queries import ConsentView
from ledger.consent.rules.choices import WORDS_MAX
from ledger.consent.rules.lifecycle import Reason
from ledger.consent.rules.model import Capacity, Kind
from ledger.consent.service import Said
from ledger.core import clock
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.directory.acting import queries as acting
from ledger.edge import cursors
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web.patient_words import (
    REASON_WORDS,
    ConsentCard,
    Happened,
    LookedRow,
    Names,
    changes,
    organisation_ids,
)

blueprint = Blueprint("my", __name__, url_prefix="/my")


def own_patient_id() -> UUID:
    """Return the record that is the signed-in person's own, or theirs for whom they act.

    Raises:
        NotFound: their sign-in is not linked to one.
    """
    actor = current_actor()
    patient_id = next(iter(actor.proxy_for), actor.patient_id)
    if patient_id is None:
        raise NotFound("this sign-in leads to no patient's record; ask the service to link it")
    return patient_id


def own_capacity(patient_id: UUID) -> Capacity:
    """Return as what the signed-in person speaks: as the patient, or by the power they act by."""
    actor = current_actor()
    if patient_id not in actor.proxy_for or actor.person_id is None:
        return Capacity.PATIENT
    found = acting.acting(db.session(), actor.person_id, patient_id, clock.now())
    return Capacity.PATIENT if found is None else CAPACITIES[found.kind]


@blueprint.get("/choices")
@requires(Permission.CONSENT_READ)
def choices() -> str:
    """Show what the patient agreed to, and what they said no to."""
    now = clock.now()
    views = queries.of_patient(db.session(), current_actor(), own_patient_id(), now=now)
    cards = [ConsentCard.of(view, _names(views), now) for view in views]
    return render_template(
        "patient/choices.jinja",
        live=[card for card in cards if card.live],
        over=[card for card in cards if not card.live],
    )


@blueprint.get("/choices/<uuid:consent_id>")
@requires(Permission.CONSENT_READ)
def choice(consent_id: UUID) -> str:
    """Show one choice and everything that happened to it."""
    view = _own(consent_id)
    return render_template(
        "patient/choice.jinja",
        card=ConsentCard.of(view, _names([view]), clock.now()),
        history=[Happened.of(event, view.base) for event in view.events],
        notice=view.notice,
    )


@blueprint.get("/choices/<uuid:consent_id>/take-back")
@requires(Permission.CONSENT_WITHDRAW)
def ask_to_take_back(consent_id: UUID) -> str:
    """Say what will change before anything does."""
    return _take_back_page(_own(consent_id), {})


@blueprint.post("/choices/<uuid:consent_id>/take-back")
@requires(Permission.CONSENT_WITHDRAW)
def take_back(consent_id: UUID) -> ResponseReturnValue:
    """Take a choice back, from now on."""
    view = _own(consent_id)
    words = request.form.get("words", "").strip()
    if len(words) > WORDS_MAX:
        return _take_back_page(view, {"words": f"Write at most {WORDS_MAX} characters"}), 422
    reason = request.form.get("reason", "")
    with unit_of_work(current_actor()) as work:
        once_form(work)
        service.withdraw(
            work,
            consent_id,
            reason=Reason(reason) if reason in set(REASON_WORDS) else Reason.NOT_SAID,
            said=Said(words=words or None, capacity=own_capacity(view.patient_id)),
        )
    return redirect(url_for(".done", consent_id=consent_id), 303)


@blueprint.get("/choices/<uuid:consent_id>/done")
@requires(Permission.CONSENT_READ)
def done(consent_id: UUID) -> str:
    """Confirm what was just recorded, with its receipt."""
    view = _own(consent_id)
    card = ConsentCard.of(view, _names([view]), clock.now())
    last = Happened.of(view.events[-1], view.base)
    return render_template("patient/done.jinja", card=card, last=last)


@blueprint.get("/looked")
@requires(Permission.ACCESS_HISTORY)
def looked() -> str:
    """Show who asked about the patient, and what they were told."""
    limit, after = cursors.limit(), cursors.after(of="looked", shape=(int,))
    views = access.looked(
        db.session(),
        current_actor(),
        own_patient_id(),
        before=after[0] if after else None,
        limit=limit + 1,
    )
    names = _names(views[:limit])
    older = None
    if len(views) > limit:
        older = cursors.page_href((views[limit - 1].position,), of="looked")
    rows = [LookedRow.of(view, names) for view in views[:limit]]
    return render_template("patient/looked.jinja", rows=rows, older=older)


def _own(consent_id: UUID) -> ConsentView:
    """Return a consent of the signed-in patient's own.

    Raises:
        NotFound: it is not theirs, or there is none.
    """
    view = queries.consent(db.session(), current_actor(), consent_id, now=clock.now())
    if view.patient_id != own_patient_id():
        raise NotFound("no such consent")
    return view


def _names(views: Iterable[ConsentView | Looked]) -> Names:
    found = directory.organisations(db.session(), organisation_ids(views))
    return {one: view.name for one, view in found.items()}


def _take_back_page(view: ConsentView, errors: dict[str, str]) -> str:
    names = _names([view])
    return render_template(
        "patient/take_back.jinja",
        card=ConsentCard.of(view, names, clock.now()),
        changes=changes(view, names),
        offer_no=view.kind is Kind.CONFIDENTIALITY,
        reasons=[{"value": code.value, "text": words} for code, words in REASON_WORDS.items()],
        words=request.form.get("words", ""),
        words_max=WORDS_MAX,
        errors=errors,
    )
