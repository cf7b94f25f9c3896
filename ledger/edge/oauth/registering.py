"""``/oauth/register``: a program registers itself (RFC 7591) and looks after that (RFC 7592)."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from ledger.core.errors import Conflict, Invalid, NotFound
from ledger.edge.guard import public
from ledger.edge.limits import limiter
from ledger.edge.oauth import clients, registration
from ledger.edge.oauth.client_rules import BadRedirect
from ledger.edge.oauth.clients import RegisteredClient
from ledger.edge.oauth.issuing import issuer
from ledger.edge.oauth.models import Client

blueprint = Blueprint("registering", __name__)

PER_ADDRESS: Final = "10 per hour"
_OWN: Final = "the program shows the token that it was given when it registered"


@blueprint.post("/oauth/register")
@limiter.limit(PER_ADDRESS)
@public("a program applies here; it can do nothing until a person approves it")
def register() -> ResponseReturnValue:
    """Keep a program's application, for its organisation to approve."""
    if not current_app.extensions["settings"].client_registration:
        raise NotFound("programs are registered by people here")
    try:
        client, secret, token = registration.apply(_sent())
    except (Conflict, Invalid) as error:
        return _refused(error)
    about = _described(client) | {"registration_access_token": token}
    if secret:
        about |= {"client_secret": secret, "client_secret_expires_at": 0}
    return _uncached(about, 201)


@blueprint.get("/oauth/register/<uuid:client_id>")
@public(_OWN)
def read(client_id: UUID) -> ResponseReturnValue:
    """Say what a program registered, and whether it was approved."""
    row = _managed(client_id)
    if row is None:
        return _nobody()
    about = _described(clients.of(row), approved=row.approved_at is not None)
    return _uncached(about)


@blueprint.put("/oauth/register/<uuid:client_id>")
@public(_OWN)
def change(client_id: UUID) -> ResponseReturnValue:
    """Take other metadata instead, while it waits."""
    if _managed(client_id) is None:
        return _nobody()
    sent = _sent()
    if not isinstance(sent, dict) or sent.get("client_id") != str(client_id):
        return _refused(Invalid("client_id must be that of this address"))
    try:
        return _uncached(_described(registration.change(client_id, sent)))
    except (Conflict, Invalid) as error:
        return _refused(error)


@blueprint.delete("/oauth/register/<uuid:client_id>")
@public(_OWN)
def take_back(client_id: UUID) -> ResponseReturnValue:
    """Forget the application, while it waits."""
    if _managed(client_id) is None:
        return _nobody()
    try:
        registration.take_back(client_id)
    except Conflict as error:
        return _refused(error)
    return Response(status=204)


def _sent() -> object:
    return request.get_json(silent=True)


def _managed(client_id: UUID) -> Client | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return registration.managed(client_id, token) if scheme.lower() == "bearer" else None


def _nobody() -> Response:
    """Answer as RFC 7592, 2.1 says: the same, whether there is such a program or not."""
    answer = _uncached({"error": "invalid_token"}, 401)
    answer.headers["WWW-Authenticate"] = 'Bearer realm="registration", error="invalid_token"'
    return answer


def _refused(error: Conflict | Invalid) -> Response:
    kind = "invalid_redirect_uri" if isinstance(error, BadRedirect) else "invalid_client_metadata"
    status = 403 if isinstance(error, Conflict) else 400
    return _uncached({"error": kind, "error_description": error.detail}, status)


def _described(client: RegisteredClient, *, approved: bool = False) -> dict[str, Any]:
    return registration.described(client) | {
        "registration_client_uri": f"{issuer()}/oauth/register/{client.client_id}",
        "approval": "approved" if approved else "waiting",
    }


def _uncached(body: dict[str, Any], status: int = 200) -> Response:
    answer = jsonify(body)
    answer.status_code = status
    answer.headers["Cache-Control"] = "no-store"
    return answer
