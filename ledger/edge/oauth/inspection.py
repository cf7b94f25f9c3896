"""Asking about a token (RFC 7662) and giving one back (RFC 7009): each client about its own.

To give back any token of a grant is to end the grant, as with every other revocation.
"""

from dataclasses import dataclass
from typing import Any, Final

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Request, TokenMixin
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from flask import current_app

from ledger.edge.oauth import client_rules, grants, tokens
from ledger.edge.oauth.clients import RegisteredClient
from ledger.edge.oauth.models import Grant


@dataclass(frozen=True, slots=True)
class Inspected(TokenMixin):  # type: ignore[misc]  # Authlib has no types.
    """A token that is good now, of either sort, and what may be said about it."""

    grant: Grant
    facts: dict[str, Any]

    def check_client(self, client: RegisteredClient) -> bool:
        return bool(self.grant.client_id == client.client_id)

    def is_expired(self) -> bool:
        return False  # `_find` returns none that is.

    def is_revoked(self) -> bool:
        return self.grant.revoked_at is not None


def _find(text: str) -> Inspected | None:
    """Return a good token; the client's hint about its sort is not needed."""
    issuer = current_app.extensions["settings"].public_url
    refresh = grants.refresh_token(text)
    if refresh is not None:
        grant, ends_at = refresh.grant, refresh.row.ends_at
        facts: dict[str, Any] = {"token_type": "refresh_token", "exp": int(ends_at.timestamp())}
        facts |= {"cnf": {"jkt": refresh.row.jkt}} if refresh.row.jkt else {}
        return Inspected(grant, facts | _said(grant, issuer))
    try:
        token = tokens.read(text, issuer=issuer)
    except tokens.InvalidToken:
        return None
    found = grants.find(token.grant_id)
    if found is None:
        return None
    facts = {"token_type": "Bearer", "exp": token.ends_at, "jti": token.token_id}
    facts |= {"token_type": "DPoP", "cnf": {"jkt": token.jkt}} if token.jkt else {}
    facts |= {"aud": list(token.audience), "scope": " ".join(sorted(token.scopes))}
    return Inspected(found, _said(found, issuer) | facts)


def _said(grant: Grant, issuer: str) -> dict[str, Any]:
    return {
        "iss": issuer,
        "client_id": grant.client_id,
        "sub": str(grant.person_id or grant.client_id),
        "scope": grant.scope,
    }


def _check_params(request: OAuth2Request) -> None:
    if not request.form.get("token"):
        raise InvalidRequestError("token is missing")


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    """``POST /oauth/revoke``."""

    CLIENT_AUTH_METHODS: Final = list(client_rules.AUTH_METHODS)

    def check_params(self, request: OAuth2Request, client: RegisteredClient) -> None:
        _check_params(request)

    def query_token(self, token_string: str, token_type_hint: str | None) -> Inspected | None:
        return _find(token_string)

    def revoke_token(self, token: Inspected, request: OAuth2Request) -> None:
        grants.revoke(token.grant.id)


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]
    """``POST /oauth/introspect``."""

    CLIENT_AUTH_METHODS: Final = [one for one in client_rules.AUTH_METHODS if one != "none"]

    def check_params(self, request: OAuth2Request, client: RegisteredClient) -> None:
        _check_params(request)

    def check_permission(
        self, token: Inspected, client: RegisteredClient, request: OAuth2Request
    ) -> bool:
        return token.check_client(client)

    def query_token(self, token_string: str, token_type_hint: str | None) -> Inspected | None:
        return _find(token_string)

    def introspect_token(self, token: Inspected) -> dict[str, Any]:
        return {"active": True, **token.facts}
