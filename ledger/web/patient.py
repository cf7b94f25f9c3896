"""Pages for patients: what I agreed to and said no to, taking it back, and who looked."""

from collections.abc import Iterable
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.access.queries import Looked
from ledger.consent import queries, service
from ledger.consent.asking import queries as asking
from ledger.consent.proxies.speaking import CAPACITIES
from ledger.consent.queries import ConsentView
from ledger.consent.rules.choices import WORDS_MAX
from ledger.consent.rules.lifecycle import Reason, Status
from ledger.consent.rules.model import Capacity, Kind
from ledger.consent.service import Said
from ledger.core import clock
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.directory.acting import queries as acting
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.messages.taken_back import parties_told
from ledger.web import patient_gains, patient_places
from ledger.web.patient_words import (
    REASON_WORDS,
    ConsentCard,
    Happened,
    NoticeLine,
    ToldRow,
    can_be_less,
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
    now, actor, patient_id = clock.now(), current_actor(), own_patient_id()
    views = queries.of_patient(db.session(), actor, patient_id, now=now)
    asked = asking.waiting_for(db.session(), actor, patient_id, now=now)
    waiting = {one.consent_id for one in asked}
    names = names_of(views)
    cards = [ConsentCard.of(one, names, now) for one in views if one.id not in waiting]
    by = directory.organisations(db.session(), {one.organisation_id for one in asked})
    return render_template(
        "patient/choices.jinja",
        places=tuple(patient_places.places(actor)),
        asked=[(one.consent_id, by[one.organisation_id].name) for one in asked],
        live=[card for card in cards if card.live],
        over=[card for card in cards if not card.live],
    )


@blueprint.get("/choices/<uuid:consent_id>")
@requires(Permission.CONSENT_READ)
def choice(consent_id: UUID) -> str:
    """Show one choice and everything that happened to it."""
    view, now = own(consent_id), clock.now()
    told = parties_told(db.session(), current_actor(), consent_id, now=now)
    names = names_of([view]) | _named(one.organisation_id for one in told)
    return render_template(
        "patient/choice.jinja",
        card=ConsentCard.of(view, names, now),
        history=[Happened.of(event, view.base) for event in view.events],
        notice=NoticeLine.of(view.notice),
        told=[ToldRow.of(one, names) for one in told],
        less=can_be_less(view, now),
        frozen=view.status is Status.PROXY_FROZEN,
    )


@blueprint.get("/choices/<uuid:consent_id>/take-back")
@requires(Permission.CONSENT_WITHDRAW)
def ask_to_take_back(consent_id: UUID) -> str:
    """Say what will change before anything does."""
    return _take_back_page(own(consent_id), {})


@blueprint.post("/choices/<uuid:consent_id>/take-back")
@requires(Permission.CONSENT_WITHDRAW)
def take_back(consent_id: UUID) -> ResponseReturnValue:
    """Take a choice back, from now on."""
    view = own(consent_id)
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


@blueprint.post("/choices/<uuid:consent_id>/take-up")
@requires(Permission.CONSENT_GRANT)
def take_up(consent_id: UUID) -> ResponseReturnValue:
    """Take up as one's own what a parent had agreed to before one came of age."""
    view = own(consent_id)
    with unit_of_work(current_actor()) as work:
        once_form(work)
        said = Said(capacity=own_capacity(view.patient_id))
        service.re_validate(work, consent_id, said=said)
    return redirect(url_for(".done", consent_id=consent_id), 303)


@blueprint.get("/choices/<uuid:consent_id>/done")
@requires(Permission.CONSENT_READ)
def done(consent_id: UUID) -> str:
    """Confirm what was just recorded, with its receipt."""
    view = own(consent_id)
    card = ConsentCard.of(view, names_of([view]), clock.now())
    last = Happened.of(view.events[-1], view.base)
    told = parties_told(db.session(), current_actor(), consent_id, now=clock.now())
    return render_template(
        "patient/done.jinja",
        card=card,
        last=last,
        tells=sorted({_named([o.organisation_id])[o.organisation_id] for o in told}),
    )


def own(consent_id: UUID) -> ConsentView:
    """Return a consent of the signed-in patient's own.

    Raises:
        NotFound: it is not theirs, or there is none.
    """
    view = queries.consent(db.session(), current_actor(), consent_id, now=clock.now())
    if view.patient_id != own_patient_id():
        raise NotFound("no such consent")
    return view


def names_of(views: Iterable[ConsentView | Looked]) -> dict[UUID, str]:
    """Return the names of the organisations that *views* name."""
    return _named(organisation_ids(views))


def _named(ids: Iterable[UUID]) -> dict[UUID, str]:
    return {one: view.name for one, view in directory.organisations(db.session(), ids).items()}


def _take_back_page(view: ConsentView, errors: dict[str, str]) -> str:
    names, said = names_of([view]), Said(capacity=own_capacity(view.patient_id))
    return render_template(
        "patient/take_back.jinja",
        card=ConsentCard.of(view, names, clock.now()),
        changes=changes(view, names),
        gains=patient_gains.preview(
            view.patient_id, lambda work: service.withdraw(work, view.id, said=said)
        ),
        offer_no=view.kind is Kind.CONFIDENTIALITY,
        reasons=[{"value": code.value, "text": words} for code, words in REASON_WORDS.items()],
        words=request.form.get("words", ""),
        words_max=WORDS_MAX,
        errors=errors,
    )
