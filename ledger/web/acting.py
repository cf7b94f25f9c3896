"""As whom somebody is here: choosing among their roles, and changing to another."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from flask import Blueprint, Response, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as AnyResponse

from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.directory import queries as directory
from ledger.directory.queries import Door, MembershipView
from ledger.edge import doors, sessions
from ledger.edge.guard import current_actor, requires
from ledger.edge.sessions import SignedIn
from ledger.web import navigation

blueprint = Blueprint("acting", __name__)

_AS_PATIENT: Final = "patient"
_HINT_LENGTH_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to go on, in a person's words."""

    value: str
    text: str
    hint: str
    chosen: bool = False


def role_choices(
    held: Iterable[MembershipView], *, is_patient: bool, acting: str | None
) -> tuple[Choice, ...]:
    """Present what somebody may be. Themselves first: their own record is theirs always."""
    own = (Choice(_AS_PATIENT, "Yourself", "See and decide about your own record"),)
    words = navigation.role_words
    roles = (Choice(str(one.id), words(one.role), one.organisation_name) for one in held)
    return tuple(
        Choice(one.value, one.text, one.hint, chosen=one.value == acting)
        for one in (*(own if is_patient else ()), *roles)
    )


@blueprint.get("/sign-in/role")
@requires(Permission.PROFILE_READ)
def choose_role() -> ResponseReturnValue:
    """Show what somebody with several roles may be."""
    return _role_page(who_signed_in(), local_path(request.args.get("next")), errors={})


@blueprint.post("/sign-in/role")
@requires(Permission.PROFILE_READ)
def take_role() -> ResponseReturnValue:
    """Act in the role that was chosen, from now on in this browser, under another token."""
    signed, back = who_signed_in(), local_path(request.form.get("next"))
    chosen = request.form.get("role", "")
    offered = {one.value: one for one in _choices(signed)}
    if chosen not in offered:
        return _role_page(signed, back, errors={"role": "Choose what you are here as"}), 422
    held = {str(one.id): one.id for one in _held(signed.person_id, doors.of_session(signed))}
    sessions.browser().change(membership_id=held.get(chosen))
    sessions.browser().rotate()
    session.pop("csrf_token", None)
    session["chose_role"] = True
    return go_on(back)


def count_of_choices(person_id: UUID, door: Door) -> int:
    """Return in how many ways somebody who came in by *door* may go on."""
    is_patient = door.as_patient and directory.linked_patient(db.session(), person_id) is not None
    return len(role_choices(_held(person_id, door), is_patient=is_patient, acting=None))


def local_path(asked: str | None) -> str:
    """Return a page of ours to go to: the one asked for, unless it would lead elsewhere."""
    plain = asked and asked.startswith("/") and asked.isprintable() and "\\" not in asked
    return asked if plain and asked and not asked.startswith("//") else "/"


def go_on(path: str) -> AnyResponse:
    """Lead on to one of our pages after a form, or to the page that gives a program leave.

    That page may lead to the program at once, and browsers hold a form to the addresses that
    its own page allowed, however many redirects later. A page in between begins afresh.
    """
    if path.startswith("/oauth/"):
        return Response(render_template("sign_in/go_on.jinja", href=path))
    return redirect(path, 303)


def who_signed_in() -> SignedIn:
    """Return who has signed in to this browser. Raises `NotFound` for a program's token."""
    found = g.get("signed_in")
    if not isinstance(found, SignedIn):
        raise NotFound("this page is for people, and a program has sent a token")
    return found


def _role_page(signed: SignedIn, back: str, *, errors: dict[str, str]) -> str:
    choices = _choices(signed)
    return render_template("sign_in/role.jinja", choices=choices, next=back, errors=errors)


def _choices(signed: SignedIn) -> tuple[Choice, ...]:
    actor, door = current_actor(), doors.of_session(signed)
    as_patient = actor.membership_id is None and Role.PATIENT in actor.roles
    return role_choices(
        _held(signed.person_id, door),
        is_patient=actor.patient_id is not None and door.as_patient,
        acting=_AS_PATIENT if as_patient else str(actor.membership_id),
    )


def _held(person_id: UUID, door: Door) -> tuple[MembershipView, ...]:
    today = clock.today()
    held = directory.memberships(db.session(), person_id, on=today)
    return tuple(one for one in held if door.opens(one.role, one.ods_code))


def hints() -> dict[str, str]:
    """Return what a program that sent somebody here asked us to ask their provider."""
    asked = request.args
    return {
        name: asked[name][:_HINT_LENGTH_MAX]
        for name in ("acr_values", "login_hint")
        if name in asked
    }
