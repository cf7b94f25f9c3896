"""Somebody's own sign-in: where they are signed in, and what gets them back in."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template
from flask.typing import ResponseReturnValue

from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.directory import service
from ledger.edge import accounts, forgetting, notices, providers, recovery, session_list
from ledger.edge.guard import current_actor, requires
from ledger.edge.identity import require_recent
from ledger.edge.notices import Happened
from ledger.edge.once import once_form
from ledger.edge.session_list import OpenSession
from ledger.web import navigation
from ledger.web.acting import who_signed_in
from ledger.web.shell import moment

blueprint = Blueprint("account", __name__, url_prefix="/account")

_BROWSERS: Final = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class SessionCard:
    """Somewhere one is signed in, in words."""

    id: UUID
    where: str
    how: str
    acting_as: str
    since: str
    seen: str
    here: bool


def device(user_agent: str) -> str:
    """Say what sort of browser signed in, as its owner would: Firefox on Android."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "A browser")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{browser} on {system}" if system else browser


@blueprint.get("")
@requires(Permission.PROFILE_READ)
def show() -> ResponseReturnValue:
    """Show where one is signed in, and how many recovery codes are left."""
    signed = who_signed_in()
    return render_template(
        "sign_in/account.jinja",
        cards=_cards(signed.person_id, signed.session_id),
        has_password=accounts.has_account(signed.person_id),
        codes_left=recovery.codes_left(signed.person_id),
    )


@blueprint.post("/sessions/<uuid:session_id>/end")
@requires(Permission.PROFILE_READ)
def end(session_id: UUID) -> ResponseReturnValue:
    """End one other session of one's own."""
    signed = who_signed_in()
    if session_id == signed.session_id or not session_list.end_one(signed.person_id, session_id):
        raise NotFound("no such session")
    flash("You are signed out there.", "success")
    return redirect("/account", 303)


@blueprint.post("/sessions/end-others")
@requires(Permission.PROFILE_READ)
def end_others() -> ResponseReturnValue:
    """End every session of one's own but this, and what programs were given leave for."""
    signed = who_signed_in()
    forgetting.sign_out_everywhere(signed.person_id, but=signed.session_id)
    flash("You are signed out everywhere else, and no program acts for you any more.", "success")
    return redirect("/account", 303)


@blueprint.post("/recovery-codes")
@requires(Permission.PROFILE_READ)
def make_codes() -> ResponseReturnValue:
    """Make recovery codes, and show them once. Needs a recent sign-in."""
    signed = who_signed_in()
    require_recent()
    if not accounts.has_account(signed.person_id):
        raise NotFound("you have no password here")
    with unit_of_work(current_actor()) as work:
        once_form(work)
        service.make_recovery_codes(work)
    codes = recovery.make_codes(signed.person_id)
    notices.add(signed.person_id, Happened.CODES_MADE)
    page = render_template("sign_in/recovery_codes.jinja", codes=codes)
    return page, 200, {"Cache-Control": "no-store"}


def _cards(person_id: UUID, here: UUID) -> list[SessionCard]:
    held = {one.id: one for one in directory.memberships(db.session(), person_id)}
    known = providers.providers()

    def acting(one: OpenSession) -> str:
        role = held.get(one.membership_id) if one.membership_id else None
        if role is None:
            return "Yourself"
        return f"{navigation.role_words(role.role)}, {role.organisation_name}"

    return [
        SessionCard(
            id=one.id,
            where=device(one.user_agent),
            how=known[one.provider].name if one.provider in known else "a provider no longer used",
            acting_as=acting(one),
            since=moment(one.started_at),
            seen=moment(one.seen_at),
            here=one.id == here,
        )
        for one in session_list.open_sessions(person_id)
    ]
