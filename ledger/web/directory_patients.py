"""Pages to find a patient, say that one cares for them, and link their sign-in.

A patient's name is shown only in the answer to a look-up, which is recorded: no address leads
to it, and so neither a history nor a link gives it away.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.core import clock
from ledger.core.authority import Resource, in_force, permits
from ledger.core.db import db
from ledger.core.errors import Invalid, NotFound
from ledger.core.policy import Permission, Relation
from ledger.core.work import unit_of_work
from ledger.directory import queries, service
from ledger.directory.entries import Assurance
from ledger.directory.rules.care import DeclarationWithoutReason, DeclaredReason
from ledger.directory.rules.imports import Identity, day
from ledger.directory.rules.names import BadEmail
from ledger.directory.rules.nhs_number import parse, spaced
from ledger.edge import accounts
from ledger.edge.guard import current_actor, requires
from ledger.edge.limits import GUESSES, limiter
from ledger.edge.once import once_form
from ledger.web.shell import day as in_words

blueprint = Blueprint("patients", __name__, url_prefix="/patients")

_REASONS: Final = {
    DeclaredReason.URGENT_CALL: "They called for urgent help",
    DeclaredReason.AMBULANCE: "I am with them in an ambulance",
    DeclaredReason.LOCUM: "I am a locum",
    DeclaredReason.REFERRAL: "They were referred to me",
    DeclaredReason.COVER: "I am covering for a colleague",
}

_ONESELF: Final = Resource(held=frozenset({Relation.OWN}))
"""One asks what one may see oneself."""

ABSENT: Final = (
    "Nobody whom you may see has this NHS number and date of birth. Check both with the patient."
)


@dataclass(frozen=True, slots=True)
class FoundPatient:
    """A patient who was found, in words, and what the finder may do about them."""

    id: UUID
    name: str
    born: str
    nhs_number: str
    cares: bool
    may_declare: bool
    may_link: bool
    may_recover: bool
    linked: bool
    may_ask: bool
    may_people: bool
    may_write: bool
    may_request: bool
    may_put_right: bool

    @classmethod
    def of(
        cls,
        patient_id: UUID,
        identity: Identity,
        *,
        cares: bool,
        may_declare: bool,
        may_link: bool,
        linked: bool,
        may_ask: bool,
        may_people: bool,
        may_write: bool,
        may_request: bool,
        may_put_right: bool,
    ) -> "FoundPatient":
        """Present a patient. Who cares for them already has nothing to declare."""
        return cls(
            patient_id,
            identity.name,
            in_words(identity.date_of_birth),
            spaced(identity.nhs_number),
            cares,
            may_declare and not cares,
            may_link and not linked,
            may_link and linked,
            linked,
            may_ask,
            may_people,
            may_write,
            may_request,
            may_put_right,
        )


def reason_options(chosen: str = "") -> list[dict[str, object]]:
    """Return why somebody may care for a patient, as the radios component takes them."""
    return [
        {"value": reason.value, "text": words, "checked": reason == chosen}
        for reason, words in _REASONS.items()
    ]


@blueprint.get("/find")
@requires(Permission.PATIENT_FIND)
def ask() -> str:
    """Ask for the NHS number and the date of birth of a patient."""
    return _find_page({}, {})


@blueprint.post("/find")
@requires(Permission.PATIENT_FIND)
@limiter.limit(GUESSES)
def find() -> ResponseReturnValue:
    """Show who that is. That it was asked is recorded, and the patient can see it."""
    given = {field: request.form.get(field, "") for field in ("nhs_number", "born")}
    errors = {}
    for field, read in (("nhs_number", parse), ("born", day)):
        try:
            read(given[field].strip())
        except Invalid as refused:
            errors[field] = refused.detail[:1].upper() + refused.detail[1:]
    if errors:
        return _find_page(errors, given), 422
    with unit_of_work(current_actor()) as work:
        once_form(work)
        patient_id = service.find_patient(
            work, nhs_number=given["nhs_number"], date_of_birth=day(given["born"].strip())
        )
    if patient_id is None:
        return _find_page({"nhs_number": ABSENT}, given), 404
    return _found_page(patient_id, {}, {})


@blueprint.post("/<uuid:patient_id>/care")
@requires(Permission.CARE_DECLARE)
def declare(patient_id: UUID) -> ResponseReturnValue:
    """Record that whoever is signed in cares for a patient, and why."""
    given = {field: request.form.get(field, "") for field in ("reason", "words")}
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            service.declare_care(
                work,
                patient_id=patient_id,
                reason=_reason(given["reason"]),
                words=given["words"],
            )
    except DeclarationWithoutReason as refused:
        flash(f"Nothing was recorded: {refused.detail}. Find the patient again.")
        return redirect(url_for("patients.ask"), 303)
    flash(
        "It is recorded that you care for this patient, for a week. It will be reviewed.", "success"
    )
    return redirect(url_for("patients.ask"), 303)


@blueprint.post("/<uuid:patient_id>/sign-in")
@requires(Permission.PATIENT_LINK)
def link(patient_id: UUID) -> ResponseReturnValue:
    """Link a patient's record to their sign-in, once they were seen with proof of who they are."""
    email = request.form.get("email", "")
    if request.form.get("seen") != "yes":
        flash("Nothing was linked: first see the patient and proof of who they are.")
        return redirect(url_for("patients.ask"), 303)
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            invited = service.invite_patient(
                work, patient_id=patient_id, email=email, assurance=Assurance.IN_PERSON
            )
    except BadEmail as refused:
        flash(f"Nothing was linked: {refused.detail}.")
        return redirect(url_for("patients.ask"), 303)
    if not invited.needs_invitation:
        flash("Linked. They sign in as before, and find their own record.", "success")
        return redirect(url_for("patients.ask"), 303)
    token = accounts.invite(invited.person_id, email)
    page = render_template(
        "directory/invitation.jinja",
        address=f"{current_app.extensions['settings'].public_url}/invitation/{token}",
        back=url_for("patients.ask"),
    )
    return page, 200, {"Cache-Control": "no-store"}


def _find_page(errors: dict[str, str], given: dict[str, str]) -> str:
    return render_template("directory/find.jinja", errors=errors, given=given)


def _found_page(
    patient_id: UUID, errors: dict[str, str], given: dict[str, str]
) -> ResponseReturnValue:
    actor, session, policy = current_actor(), db.session(), in_force()
    identity = queries.patient_identities(session, [patient_id])[patient_id]
    if identity is None:
        raise NotFound("no such patient")
    cares = actor.organisation_id is not None and bool(
        queries.care_relationship(
            session,
            patient_id=patient_id,
            organisation_id=actor.organisation_id,
            person_id=actor.id,
            on=clock.today(),
        )
    )
    ours = frozenset({actor.organisation_id}) if actor.organisation_id else frozenset[UUID]()
    here = Resource(patient_id=patient_id, organisation_ids=ours)
    held = frozenset({Relation.CARE}) if cares else frozenset[Relation]()
    cared = Resource(patient_id=patient_id, organisation_ids=ours, held=held)
    found = FoundPatient.of(
        patient_id,
        identity,
        cares=cares,
        may_declare=permits(policy, actor, Permission.CARE_DECLARE, here),
        may_link=permits(policy, actor, Permission.PATIENT_LINK, here),
        linked=queries.linked_person(session, patient_id) is not None,
        may_ask=permits(policy, actor, Permission.ACCESS_ASK, _ONESELF),
        may_people=permits(policy, actor, Permission.POWER_READ, cared),
        may_write=permits(policy, actor, Permission.CONSENT_WITHDRAW, here),
        may_request=permits(policy, actor, Permission.CONSENT_ASK, cared),
        may_put_right=any(
            permits(policy, actor, each, cared)
            for each in (Permission.PATIENT_CORRECT, Permission.DEATH_RECORD)
        ),
    )
    page = render_template(
        "directory/found.jinja",
        patient=found,
        reasons=reason_options(given.get("reason", "")),
        errors=errors,
    )
    return page, 200, {"Cache-Control": "no-store"}


def _reason(text: str) -> DeclaredReason:
    try:
        return DeclaredReason(text)
    except ValueError as unknown:
        raise DeclarationWithoutReason("choose why you are caring for them") from unknown
