"""The authorization server's page: people sign in by a local account, or give a program leave.

For this service's own sign-in the person proves who they are here, by name and password. For
any other program they have signed in to the service already, by whatever provider, and say
here whether the program may act for them.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from authlib.oauth2 import OAuth2Error
from flask import Blueprint, Response, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as AnyResponse

from ledger.core import clock
from ledger.core.db import db
from ledger.directory import queries as directory
from ledger.edge import accounts, headers, sessions
from ledger.edge.accounts import WrongCredentials
from ledger.edge.guard import public, signed_in
from ledger.edge.oauth import clients, grants
from ledger.edge.oauth.clients import RegisteredClient
from ledger.edge.oauth.grants import Granter
from ledger.edge.oauth.server import issuer, server
from ledger.edge.sessions import Authentication, SignedIn
from ledger.edge.throttle import TooManyAttempts
from ledger.web import navigation, scope_words

blueprint = Blueprint("authorize", __name__)

LOCAL_ACR: Final = "urn:care-ledger:acr:password"
_ASKED_MAX: Final = 5
_WHY: Final = "people sign in here, and nothing is given before they have"


@dataclass(frozen=True, slots=True)
class Request:
    """What a program asks of a person, in the person's words."""

    client: str
    organisation: str
    acting_as: str
    may: tuple[str, ...]


@blueprint.get("/oauth/authorize")
@public(_WHY)
def ask() -> ResponseReturnValue:
    """Let the person sign in or decide, unless both are done; then go back to the client."""
    client = clients.find(request.args.get("client_id", ""))
    granter = _granter(client)
    try:
        grant = server().get_consent_grant(end_user=granter)
        max_age_s = _max_age()
    except OAuth2Error as error:
        return _refused(error)
    own, prompts = client is not None and client.id is None, _prompts()
    if granter is None or not _is_fresh(granter.authentication.auth_time, max_age_s):
        if "none" in prompts:
            return _back(grant.redirect_uri, error="login_required")
        _asked_now()
        return _local_form() if own else redirect(_sign_in_address(granter), 303)
    if own or ("consent" not in prompts and _given_before(grant, granter)):
        return _give(grant, granter)
    if "none" in prompts:
        return _back(grant.redirect_uri, error="consent_required")
    return _consent_page(grant)


@blueprint.post("/oauth/authorize")
@public(_WHY)
def decide() -> ResponseReturnValue:
    """Take the name and password of a local account, or the answer to a program's request."""
    client = clients.find(request.args.get("client_id", ""))
    granter = _granter(client)
    try:
        grant = server().get_consent_grant(end_user=granter)
    except OAuth2Error as error:
        return _refused(error)
    if client is not None and client.id is None:
        return _sign_in_locally()
    if granter is None:
        return redirect(_sign_in_address(None), 303)
    if request.form.get("decision") == "allow":
        return _give(grant, granter)
    return _back(grant.redirect_uri, error="access_denied")


@blueprint.get("/oauth/end-session")
@public("a program asks for a person who signs out; it has to show what it knows")
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


def _sign_in_locally() -> ResponseReturnValue:
    name, password = request.form.get("username", ""), request.form.get("password", "")
    errors = {
        field: sentence
        for field, given, sentence in (
            ("username", name, "Enter the name you sign in by"),
            ("password", password, "Enter your password"),
        )
        if not given
    }
    if errors:
        return _local_form(name, errors), 422
    try:
        person_id = accounts.check(name, password, address=request.remote_addr or "")
    except WrongCredentials:
        return _local_form(name, {"username": "The name or the password is wrong"}), 422
    except TooManyAttempts as error:
        page = _local_form(name, {"username": f"Too many attempts: {error.detail}"})
        return page, 429, {"Retry-After": str(error.wait_s)}
    sessions.browser().rotate()  # Whoever gave this browser its session does not share it now.
    session["local"] = {"person": str(person_id), "at": int(clock.now().timestamp())}
    return redirect(_this_address(), 303)


def _granter(client: RegisteredClient | None) -> Granter | None:
    """Return who would give leave: by local account for our own sign-in, else by session."""
    if client is None:
        return None
    signed, local = g.get("signed_in"), session.get("local")
    if client.id is None:
        if not local:
            return None
        proof = Authentication(
            iss=issuer(), sub=local["person"], acr=LOCAL_ACR, amr=("pwd",), auth_time=local["at"]
        )
        person_id = UUID(local["person"])
        return Granter(person_id=person_id, membership_id=None, authentication=proof)
    if not isinstance(signed, SignedIn):
        return None
    return Granter(
        person_id=signed.person_id,
        membership_id=signed.membership_id,
        authentication=signed.authentication,
    )


def _give(grant: Any, granter: Granter) -> AnyResponse:
    _asked().pop(_request_key(), None)
    session.modified = True
    response: AnyResponse = server().create_authorization_response(grant=grant, grant_user=granter)
    return response


def _consent_page(grant: Any) -> ResponseReturnValue:
    client: RegisteredClient = grant.request.client
    actor = signed_in()
    ids = [client.organisation_id] if client.organisation_id else []
    organisations = directory.organisations(db.session(), ids)
    address = urlsplit(grant.redirect_uri)
    headers.allow_form_target(f"{address.scheme}://{address.netloc}")
    page = Request(
        client=client.name,
        organisation=next((one.name for one in organisations.values()), ""),
        acting_as=navigation.acting_as(actor) if actor else "",
        may=tuple(map(scope_words.words, grant.request.scope.split())),
    )
    return render_template("sign_in/consent.jinja", page=page)


def _given_before(grant: Any, granter: Granter) -> bool:
    asked = frozenset(grant.request.scope.split())
    return grants.has_given(granter.person_id, grant.request.client.client_id, asked)


def _local_form(name: str = "", errors: dict[str, str] | None = None) -> str:
    return render_template(
        "sign_in/local.jinja", action=_this_address(), username=name, errors=errors or {}
    )


def _refused(error: OAuth2Error) -> AnyResponse:
    """Tell the client, at an address it registered; if that is not known, tell the person."""
    if error.redirect_uri:
        return _back(error.redirect_uri, error=error.error, about=error.description)
    what = "The program that sent you here asked wrongly, so we cannot go on. Go back to it."
    return Response(render_template("sign_in/failed.jinja", what=what), 400)


def _back(redirect_uri: str, *, error: str, about: str = "") -> AnyResponse:
    address = urlsplit(redirect_uri)
    answer = {"error": error, "iss": issuer()}
    answer |= {"error_description": about} if about else {}
    answer |= {"state": request.args["state"]} if "state" in request.args else {}
    query = [*parse_qsl(address.query), *answer.items()]
    return redirect(address._replace(query=urlencode(query)).geturl(), 302)


def _max_age() -> int | None:
    given = request.args.get("max_age")
    return int(given) if given and given.isdecimal() and given.isascii() else None


def _prompts() -> list[str]:
    return request.args.get("prompt", "").split()


def _is_fresh(auth_time: int, max_age_s: int | None) -> bool:
    """Say whether a sign-in will do; when a new one is wanted, one since it was wanted does."""
    enough = max_age_s is None or clock.now().timestamp() - auth_time <= max_age_s
    if enough and "login" not in _prompts():
        return True
    asked_at = _asked().get(_request_key())
    return asked_at is not None and auth_time >= asked_at


def _asked_now() -> None:
    asked = _asked()
    if _request_key() not in asked:
        asked[_request_key()] = int(clock.now().timestamp())
    session["asked"] = dict(sorted(asked.items(), key=lambda one: one[1])[-_ASKED_MAX:])


def _asked() -> dict[str, int]:
    asked: dict[str, int] = session.get("asked", {})
    return asked


def _request_key() -> str:
    return sha256(request.query_string).hexdigest()[:32]


def _this_address() -> str:
    return f"/oauth/authorize?{request.query_string.decode('ascii', 'replace')}"


def _sign_in_address(granter: Granter | None) -> str:
    back = {"next": _this_address()}
    if granter is None:
        return f"/sign-in?{urlencode(back)}"
    return f"/sign-in/again?{urlencode({**back, 'at_once': 'yes'})}"
