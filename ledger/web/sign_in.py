"""Signing in and out: choosing a provider, coming back from it, leaving again."""

from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Flask, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.directory import queries as directory
from ledger.directory.acting import queries as acting
from ledger.directory.queries import Door
from ledger.edge import doors, login, providers, recognising, sessions
from ledger.edge.claims import Chosen
from ledger.edge.guard import public
from ledger.edge.login import Returned, SignInFailed
from ledger.edge.providers import Provider
from ledger.edge.sessions import SignedIn
from ledger.web import invitation, notices, step_up
from ledger.web.acting import count_of_choices, go_on, hints, local_path
from ledger.web.step_up import failed

blueprint = Blueprint("sign_in", __name__)


@blueprint.get("/sign-in")
@public("this is where people sign in")
def choose_provider() -> ResponseReturnValue:
    """Let a person say where they have an account; lead on at once if there is one place."""
    back = local_path(request.args.get("next"))
    offered = list(providers.providers().values())
    if len(offered) == 1:
        return redirect(_start_address(offered[0], back), 303)
    links = [(_start_address(one, back), one.name) for one in offered]
    return render_template("sign_in/provider.jinja", links=links)


@blueprint.get("/sign-in/<slug>")
@public("this is where people sign in")
def begin(slug: str) -> ResponseReturnValue:
    """Lead to a provider."""
    back = local_path(request.args.get("next"))
    try:
        address = login.start(providers.named(slug), return_to=back, hints=hints())
        return redirect(address, 303)
    except SignInFailed as failure:
        return failed(failure)


@blueprint.get("/sign-in/<slug>/callback")
@public("people come back here before they are signed in")
def come_back(slug: str) -> ResponseReturnValue:
    """Sign in whoever comes back from a provider, if they are somebody here."""
    provider = providers.named(slug)
    try:
        returned = login.finish(provider)
        person_id = recognising.person(provider, returned)
        chosen = recognising.chosen(provider, returned)
    except SignInFailed as failure:
        return failed(failure)
    if person_id is None:
        person_id = invitation.link_invited(returned.authentication)
    if person_id is None or directory.person_state(db.session(), person_id) is None:
        return render_template("sign_in/unknown.jinja", provider=provider.name), 403
    door = doors.through(provider.door, chosen) if chosen else provider.door
    count = count_of_choices(person_id, door)
    for_others = door.as_patient and acting.has_powers(db.session(), person_id)
    if count == 0 and not for_others:
        return render_template("sign_in/no_role.jinja"), 403
    _enter(provider, returned, _actor(person_id, door), chosen)
    notices.show(person_id)
    if not step_up.enough(returned.authentication, returned.need):
        return step_up.not_enough(returned.need, returned.return_to)
    if count > 1 and not session["chose_role"]:
        return redirect(f"/sign-in/role?{urlencode({'next': returned.return_to})}", 303)
    return go_on(returned.return_to)


@blueprint.post("/sign-out")
@public("signing out of nothing does no harm")
def sign_out() -> ResponseReturnValue:
    """End the session here, then at the provider."""
    signed, id_token = g.get("signed_in"), session.get("id_token")
    sessions.browser().end()
    if isinstance(signed, SignedIn) and id_token and signed.provider in providers.providers():
        address = login.sign_out_url(providers.named(signed.provider), id_token)
        if address:
            return redirect(address, 303)
    return redirect("/signed-out", 303)


@blueprint.get("/signed-out")
@public("nobody is signed in any more")
def signed_out() -> ResponseReturnValue:
    """Say that it is done."""
    return render_template("sign_in/signed_out.jinja")


def init_app(app: Flask) -> None:
    """Have pages that need a stronger sign-in lead to one."""
    step_up.init_app(app)


def _actor(person_id: UUID, door: Door) -> Actor:
    """Return who somebody is by default: kept with their session, so that it never drifts."""
    before = sessions.browser().signed_in
    same = before is not None and before.person_id == person_id
    kept = before.membership_id if same and before else None
    return directory.actor_for(db.session(), person_id, kept, door=door)


def _enter(provider: Provider, returned: Returned, actor: Actor, chosen: Chosen | None) -> None:
    """Begin the person's session. Signing in again keeps the role they had chosen."""
    before = sessions.browser().signed_in
    same = before is not None and before.person_id == actor.id
    chose = bool(same and session.get("chose_role"))
    if before is not None and not same:
        session.clear()  # What one person left in a browser is not the next one's.
    sessions.begin(
        actor.id,
        returned.authentication,
        provider=provider.slug,
        membership_id=actor.membership_id,
        provider_session=returned.provider_session,
    )
    doors.remember(chosen)
    session["id_token"], session["chose_role"] = returned.id_token, chose


def _start_address(provider: Provider, back: str) -> str:
    return f"/sign-in/{provider.slug}?{urlencode({'next': back, **hints()})}"
