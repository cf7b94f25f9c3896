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
from ledger.edge.oauth import clients, grants, pushed
from ledger.edge.oauth.clients import RegisteredClient
from ledger.edge.oauth.grants import Granter
from ledger.edge.oauth.logout import hinted_person
from ledger.edge.oauth.pushed import parameters
from ledger.edge.oauth.server import issuer, server
from ledger.edge.sessions import Authentication, SignedIn
from ledger.edge.throttle import TooManyAttempts
from ledger.web import navigation, scope_words
from ledger.web.foreign_forms import as_address, protect

blueprint = Blueprint("authorize", __name__)

LOCAL_ACR: Final = "urn:care-ledger:acr:password"
_ASKED_MAX: Final = 5
_COMES_IN_WITHIN_S: Final = 120
_PASSED_ON: Final = ("acr_values", "login_hint")
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
    try:
        client = clients.find(parameters().get("client_id", ""))
        granter = _granter(client)
        grant = server().get_consent_grant(end_user=granter)
        hinted = hinted_person(grant)
    except OAuth2Error as error:
        return _refused(error)
    own, prompts = client is not None and client.id is None, _prompts()
    if granter is None or not _will_do(granter, hinted):
        if "none" in prompts or (granter is not None and _asked_already(granter)):
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
    """Take the name and password of a local account, or the answer to a program's request.

    A program may ask by a form too (OpenID Connect Core, 3.1.2.1): it is led to the page.
    """
    if not {"username", "decision"} & request.form.keys():
        return as_address()
    protect()
    try:
        client = clients.find(parameters().get("client_id", ""))
        granter = _granter(client)
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
    signed = g.get("signed_in")
    if client.id is None:
        local = _local(signed)
        if local is None:
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


def _local(signed: object) -> dict[str, Any] | None:
    """Return who typed a name and password in this browser, while that counts.

    It counts no longer than the password that it was; and only for as long as it takes to come
    in, unless the browser's session is theirs, which ends when they have their sessions ended.
    """
    local: dict[str, Any] | None = session.get("local")
    if local is None:
        return None
    person_id = UUID(local["person"])
    chosen_at = accounts.chosen_at(person_id)
    if chosen_at is None or int(chosen_at.timestamp()) > local["at"]:
        return None
    theirs = isinstance(signed, SignedIn) and signed.person_id == person_id
    late = clock.now().timestamp() - local["at"] > _COMES_IN_WITHIN_S
    return None if late and not theirs else local


def _give(grant: Any, granter: Granter) -> AnyResponse:
    _forget_request()
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
    client, whither = grant.request.client, grant.request.resources
    return grants.has_given(granter, client.client_id, asked, whither)


def _local_form(name: str | None = None, errors: dict[str, str] | None = None) -> str:
    shown = parameters().get("login_hint", "") if name is None else name
    return render_template(
        "sign_in/local.jinja", action=_this_address(), username=shown, errors=errors or {}
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
    answer |= {"state": parameters()["state"]} if "state" in parameters() else {}
    _forget_request()
    query = [*parse_qsl(address.query), *answer.items()]
    return redirect(address._replace(query=urlencode(query)).geturl(), 302)


def _prompts() -> list[str]:
    return parameters().get("prompt", "").split()


def _will_do(granter: Granter, hinted: str | None) -> bool:
    """Say whether a sign-in will do; when a new one is wanted, one since it was wanted does.

    A level of assurance is asked for once: it is the client's to judge what it got, by ``acr``
    (OpenID Connect Core, 5.5.1.1), and a provider that cannot give it must not be asked for ever.
    """
    if hinted is not None and hinted != str(granter.person_id):
        return False
    proof, asked = granter.authentication, parameters()
    age_s, levels = clock.now().timestamp() - proof.auth_time, asked.get("acr_values", "").split()
    enough = "max_age" not in asked or age_s <= int(asked["max_age"])
    strong = not levels or proof.acr in levels or "none" in _prompts()
    if enough and strong and "login" not in _prompts():
        return True
    return _asked_already(granter)


def _asked_already(granter: Granter) -> bool:
    """Say whether they have signed in since this request asked them to."""
    asked_at = _asked().get(_request_key())
    return asked_at is not None and granter.authentication.auth_time >= asked_at


def _asked_now() -> None:
    asked = _asked()
    if _request_key() not in asked:
        asked[_request_key()] = int(clock.now().timestamp())
    session["asked"] = dict(sorted(asked.items(), key=lambda one: one[1])[-_ASKED_MAX:])


def _asked() -> dict[str, int]:
    asked: dict[str, int] = session.get("asked", {})
    return asked


def _forget_request() -> None:
    """The request is answered: a later one that is spelled the same is another."""
    pushed.done()
    if _asked().pop(_request_key(), None) is not None:
        session.modified = True


def _request_key() -> str:
    return sha256(request.query_string).hexdigest()[:32]


def _this_address() -> str:
    return f"/oauth/authorize?{request.query_string.decode('ascii', 'replace')}"


def _sign_in_address(granter: Granter | None) -> str:
    passed = {name: parameters()[name] for name in _PASSED_ON if name in parameters()}
    query = {"next": _this_address(), **passed}
    if granter is None:
        return f"/sign-in?{urlencode(query)}"
    return f"/sign-in/again?{urlencode({**query, 'at_once': 'yes'})}"
