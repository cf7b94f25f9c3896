"""Signing out because a program says so (OpenID RP-initiated logout)."""

from authlib.oauth2 import OAuth2Error
from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue

from ledger.edge.guard import public
from ledger.edge.oauth.server import server
from ledger.web.foreign_forms import as_address

blueprint = Blueprint("signing_out", __name__)

_WHY = "a program asks for a person who signs out; it has to show what it knows"


@blueprint.get("/oauth/end-session")
@public(_WHY)
def end_session() -> ResponseReturnValue:
    """Sign out because a program says so; ask the person, if it does not show who they are."""
    try:
        asked = server().validate_endpoint_request("end_session")
    except OAuth2Error:
        return render_template("sign_in/sign_out.jinja")
    if asked.needs_confirmation:
        return render_template("sign_in/sign_out.jinja")
    done: ResponseReturnValue | None = server().create_endpoint_response("end_session", asked)
    return done or redirect("/signed-out", 303)


@blueprint.post("/oauth/end-session")
@public(_WHY)
def end_session_by_form() -> ResponseReturnValue:
    """Do the same for a program that sends a form."""
    return as_address()
