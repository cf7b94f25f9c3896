"""Taking up an invitation: choosing a password, or linking the account of a provider.

The address of an invitation is a secret. It is taken out of the address bar at once and kept
in the session, so that neither the history nor a link from the next page gives it away.
"""

from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from ledger.core.actor import Actor
from ledger.core.errors import Invalid
from ledger.core.work import unit_of_work
from ledger.directory import service as directory
from ledger.edge import accounts, provider_links, providers
from ledger.edge.accounts import PASSWORD_LENGTH_MIN, SpentInvitation
from ledger.edge.guard import public
from ledger.edge.sessions import Authentication

blueprint = Blueprint("invitation", __name__)

_WHY = "whoever was invited has no account yet; the invitation itself is what lets them in"


@blueprint.get("/invitation/<token>")
@public(_WHY)
def open_invitation(token: str) -> ResponseReturnValue:
    """Take an invitation up in this browser."""
    accounts.invited(token)
    session["invitation"] = token
    return redirect("/invitation", 303)


@blueprint.get("/invitation")
@public(_WHY)
def choose() -> ResponseReturnValue:
    """Show how the invited person may sign in from now on."""
    accounts.invited(_kept())
    return _page({})


@blueprint.post("/invitation")
@public(_WHY)
def set_password() -> ResponseReturnValue:
    """Open the account with the password that was chosen."""
    password, again = request.form.get("password", ""), request.form.get("password_again", "")
    if password != again:
        return _page({"password_again": "Type the same password twice"}), 422
    try:
        person_id = accounts.set_password(_kept(), password)
    except accounts.WeakPassword as weak:
        return _page({"password": weak.detail[:1].upper() + weak.detail[1:]}), 422
    _accepted(person_id)
    flash("Your password is set. Sign in with it.", "success")
    return redirect("/sign-in", 303)


def link_invited(authentication: Authentication) -> UUID | None:
    """Link an account at a provider with the person whose invitation this browser holds."""
    if "invitation" not in session:
        return None
    try:
        person_id = accounts.use_up(_kept())
    except SpentInvitation:
        return None
    provider_links.link(authentication.iss, authentication.sub, person_id)
    _accepted(person_id)
    return person_id


def _accepted(person_id: UUID) -> None:
    session.pop("invitation", None)
    with unit_of_work(Actor.system("invitations")) as work:
        directory.accept_invitation(work, person_id=person_id)


def _kept() -> str:
    token = session.get("invitation")
    if not isinstance(token, str):
        raise Invalid("open the link of your invitation first")
    return token


def _page(errors: dict[str, str]) -> str:
    local = current_app.extensions["settings"].local_accounts
    others = [one for one in providers.providers().values() if one.slug != providers.LOCAL]
    return render_template(
        "sign_in/invitation.jinja",
        local=local,
        links=[(f"/sign-in/{one.slug}", one.name) for one in others],
        length_min=PASSWORD_LENGTH_MIN,
        errors=errors,
    )
