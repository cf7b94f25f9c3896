"""Making the tokens of a grant, for whoever proved to be the client, and holds the key."""

from datetime import timedelta
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, InvalidScopeError
from flask import current_app, g
from flask import request as flask_request

from ledger.edge.oauth import client_rules, clients, dpop, resources, tokens
from ledger.edge.oauth import grants as kept
from ledger.edge.oauth.clients import RegisteredClient
from ledger.edge.oauth.models import Grant


def issuer() -> str:
    """Return this service's name as an issuer of tokens."""
    address: str = current_app.extensions["settings"].public_url
    return address


def prove_sender() -> None:
    """Remember which key the request proves to hold, before anything is used up for it.

    Raises:
        InvalidProof: it shows a proof that proves nothing.
    """
    g.proven_jkt = dpop.check(flask_request) if dpop.is_sent(flask_request) else None


def check_sender(client: RegisteredClient, bound_to: str | None) -> None:
    """Refuse a request that does not hold the key that it must.

    Raises:
        OAuth2Error: the client's tokens are always bound and no key was proven, or what it
            shows is bound to another key.
    """
    proven = g.proven_jkt
    if client.dpop_only and proven is None:
        raise InvalidRequestError("this client's tokens are bound to a key: send a DPoP proof")
    if bound_to is not None and proven != bound_to:
        raise InvalidGrantError("what was sent is bound to another key")


def check_resources(grant: Grant) -> None:
    """Refuse a resource that was not given before anything is used up for it."""
    resources.narrowed(flask_request.form.getlist("resource"), grant.resources)


def issue(
    *,
    client: RegisteredClient,
    user: Grant | None = None,
    scope: str | None = None,
    include_refresh_token: bool = True,
    **_: Any,
) -> dict[str, Any]:
    """Make the tokens of a grant; without a person's, of a new one to the client itself.

    Raises:
        OAuth2Error: the scope or a resource is not the client's to have.
    """
    settings, proven = current_app.extensions["settings"], g.proven_jkt
    allowed = client.get_allowed_scope(scope)
    identity = client_rules.IDENTITY_SCOPES
    if not allowed or (user is None and not identity.isdisjoint(allowed.split())):
        raise InvalidScopeError
    grant, wanted = _for(client, user, allowed)
    lasts = timedelta(minutes=settings.access_token_minutes)
    claims = tokens.claims_of(
        client,
        issuer=issuer(),
        grant=grant,
        scope=allowed,
        audience=wanted,
        lasts=lasts,
        jkt=proven,
    )
    token = {
        "token_type": "DPoP" if proven else "Bearer",
        "access_token": tokens.signed(claims, algorithm=client.algorithm),
        "expires_in": int(lasts.total_seconds()),
        "scope": allowed,
    }
    if include_refresh_token and user is not None:
        # A client with a proof of its own needs no second one to refresh (RFC 9449, 5).
        bound_to = proven if client.auth_method == "none" else None
        refreshed_for = timedelta(days=settings.refresh_token_days)
        token["refresh_token"] = kept.new_refresh_token(grant, refreshed_for, jkt=bound_to)
    return token


def _for(client: RegisteredClient, user: Grant | None, scope: str) -> tuple[Grant, tuple[str, ...]]:
    """Return the grant, and the resources of it that this token is for."""
    asked = flask_request.form.getlist("resource")
    if user is None:
        wanted = resources.asked(asked, issuer())
        return kept.give(client.client_id, scope=scope, resources=wanted, granter=None), wanted
    wanted = resources.narrowed(asked, user.resources)
    if client.client_id == clients.OWN_CLIENT:
        wanted = (issuer() + resources.USERINFO,)  # Signing in gives no way into the API.
    elif "openid" in scope.split() and issuer() not in wanted:
        wanted = (*wanted, issuer() + resources.USERINFO)
    return user, wanted


def not_supported(parameter: str) -> OAuth2Error:
    """Return the error for a parameter of OpenID Connect that is not taken here."""
    return OAuth2Error(f"{parameter} is not taken here", error=f"{parameter}_not_supported")
