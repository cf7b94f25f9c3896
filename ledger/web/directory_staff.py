"""Pages for stewards: who works here, in which roles, and how they come to sign in."""

from datetime import date
from typing import Final
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.authority import in_force, permits
from ledger.core.db import db
from ledger.core.errors import Invalid, LedgerError, NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries, service
from ledger.directory.entries import EndReason
from ledger.directory.rules.imports import day
from ledger.directory.rules.memberships import NotAStaffRole, RoleAlreadyHeld
from ledger.directory.rules.names import BadEmail, BadName
from ledger.directory.rules.periods import BadPeriod
from ledger.edge import accounts
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web.navigation import role_words
from ledger.web.staff_words import StaffCard, role_options

blueprint = Blueprint("staff", __name__, url_prefix="/staff")

_FIELDS: Final[dict[type[LedgerError], str]] = {
    BadName: "name",
    BadEmail: "email",
    NotAStaffRole: "role",
    RoleAlreadyHeld: "role",
    BadPeriod: "until",
}


@blueprint.get("")
@requires(Permission.PERSON_INVITE)
def show() -> ResponseReturnValue:
    """Show who works at an organisation: one's own, or any that the host brings in."""
    at, today = _at(current_actor()), clock.today()
    cards = [StaffCard.of(member, today=today) for member in queries.staff(db.session(), at)]
    organisation = queries.organisation(db.session(), at)
    return render_template("directory/staff.jinja", cards=cards, organisation=organisation)


@blueprint.get("/invite")
@requires(Permission.PERSON_INVITE)
def invite() -> ResponseReturnValue:
    """Ask whom to invite, and into which role."""
    return _invite_page({}, {})


@blueprint.post("/invite")
@requires(Permission.PERSON_INVITE)
def send_invitation() -> ResponseReturnValue:
    """Invite somebody, and show the address that lets them in. It is shown once."""
    actor = current_actor()
    at = _at(actor)
    given = {field: request.form.get(field, "") for field in ("name", "email", "role", "until")}
    try:
        with unit_of_work(actor) as work:
            once_form(work)
            invited = service.invite(
                work,
                name=given["name"],
                email=given["email"],
                organisation_id=at,
                role=_role(given["role"]),
                until_on=_optional_day(given["until"]),
            )
    except tuple(_FIELDS) as refused:
        return _invite_page(_errors(refused), given), 422
    if not invited.needs_invitation:
        flash(f"They are here already, and have the role {role_words(_role(given['role']))}.")
        return redirect(url_for("staff.show", at=_other(actor, at)), 303)
    return _invitation_page(at, accounts.invite(invited.person_id, given["email"]))


@blueprint.get("/<uuid:person_id>")
@requires(Permission.PERSON_INVITE)
def person(person_id: UUID) -> ResponseReturnValue:
    """Show somebody's roles here, to give another or end one."""
    return _person_page(_at(current_actor()), person_id, {}, {})


@blueprint.post("/<uuid:person_id>/roles")
@requires(Permission.MEMBERSHIP_GIVE)
def give_role(person_id: UUID) -> ResponseReturnValue:
    """Give somebody here one role more."""
    actor = current_actor()
    at = _at(actor)
    _card(at, person_id)
    given = {field: request.form.get(field, "") for field in ("role", "until")}
    try:
        with unit_of_work(actor) as work:
            once_form(work)
            service.give_role(
                work,
                person_id=person_id,
                organisation_id=at,
                role=_role(given["role"]),
                until_on=_optional_day(given["until"]),
            )
    except tuple(_FIELDS) as refused:
        return _person_page(at, person_id, _errors(refused), given), 422
    flash("The role is given. They can change to it at once.", "success")
    return redirect(url_for("staff.person", person_id=person_id, at=_other(actor, at)), 303)


@blueprint.post("/<uuid:person_id>/roles/<uuid:membership_id>/end")
@requires(Permission.MEMBERSHIP_GIVE)
def end_role(person_id: UUID, membership_id: UUID) -> ResponseReturnValue:
    """End a role at once."""
    actor = current_actor()
    at = _at(actor)
    if membership_id not in {line.membership_id for line in _card(at, person_id).roles}:
        raise NotFound("no such role")
    with unit_of_work(actor) as work:
        once_form(work)
        service.end_role(work, membership_id=membership_id, reason=EndReason.CHANGED_DUTIES)
    flash("The role has ended. They cannot use it any more.", "success")
    return redirect(url_for("staff.person", person_id=person_id, at=_other(actor, at)), 303)


@blueprint.post("/<uuid:person_id>/invitation")
@requires(Permission.PERSON_INVITE)
def invite_again(person_id: UUID) -> ResponseReturnValue:
    """Make a new invitation for somebody who has not taken up theirs."""
    actor = current_actor()
    at = _at(actor)
    card = _card(at, person_id)
    with unit_of_work(actor) as work:
        once_form(work)
        service.invite_again(work, person_id=person_id, organisation_id=at)
    return _invitation_page(at, accounts.invite(person_id, card.email))


def _at(actor: Actor) -> UUID:
    """Return whose staff is meant: the organisation in the address, or the actor's own.

    Raises:
        NotFound: there is none, or the actor may not invite people there.
    """
    text = request.args.get("at", "")
    try:
        at = UUID(text) if text else actor.organisation_id
    except ValueError:
        at = None
    if at is None or not permits(
        in_force(), actor, Permission.PERSON_INVITE, queries.resource(db.session(), at)
    ):
        raise NotFound("no such organisation, or its staff is not yours to see")
    return at


def _other(actor: Actor, at: UUID) -> UUID | None:
    """Return *at* if the address must name it."""
    return at if at != actor.organisation_id else None


def _card(at: UUID, person_id: UUID) -> StaffCard:
    for member in queries.staff(db.session(), at):
        if member.person_id == person_id:
            return StaffCard.of(member, today=clock.today())
    raise NotFound("no such person")


def _invite_page(errors: dict[str, str], given: dict[str, str]) -> str:
    actor = current_actor()
    at = _at(actor)
    return render_template(
        "directory/invite.jinja",
        errors=errors,
        given=given,
        roles=role_options(given.get("role", "")),
        organisation=queries.organisation(db.session(), at),
        at=_other(actor, at),
    )


def _invitation_page(at: UUID, token: str) -> ResponseReturnValue:
    actor, settings = current_actor(), current_app.extensions["settings"]
    page = render_template(
        "directory/invitation.jinja",
        address=f"{settings.public_url}/invitation/{token}",
        back=url_for("staff.show", at=_other(actor, at)),
    )
    return page, 200, {"Cache-Control": "no-store"}


def _person_page(at: UUID, person_id: UUID, errors: dict[str, str], given: dict[str, str]) -> str:
    actor = current_actor()
    return render_template(
        "directory/person.jinja",
        card=_card(at, person_id),
        own=person_id == actor.id,
        errors=errors,
        given=given,
        roles=role_options(given.get("role", "")),
        at=_other(actor, at),
    )


def _errors(refused: LedgerError) -> dict[str, str]:
    """Return a refusal as a form shows it: the field, and a sentence with a capital."""
    field = _FIELDS[type(refused)]
    return {field: refused.detail[:1].upper() + refused.detail[1:]}


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError as unknown:
        raise NotAStaffRole("choose a role") from unknown


def _optional_day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return day(text.strip())
    except Invalid as refused:
        raise BadPeriod(refused.detail) from refused
