"""What a program shows of an ID token that it was given: to sign its person out, or in again."""

from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oidc.rpinitiated import EndSessionEndpoint
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from ledger.edge import sessions
from ledger.edge.oauth.keys import ALGORITHMS, keyrings


class EndSession(EndSessionEndpoint):  # type: ignore[misc]  # Authlib has no types.
    """``/oauth/end-session``. A program must show an ID token of ours that it was given."""

    def get_server_jwks(self) -> KeySet:
        return keyrings().now().verifying

    def get_algorithms(self) -> list[str]:
        return list(ALGORITHMS)

    def end_session(self, end_session_request: Any) -> None:
        signed = sessions.browser().signed_in
        claims = end_session_request.id_token_claims or {}
        if signed is None or str(signed.person_id) == claims.get("sub"):
            sessions.browser().end()


def hinted_person(grant: Any) -> str | None:
    """Return the ``sub`` that an authorization request's ``id_token_hint`` names, if it has one.

    Raises:
        InvalidRequestError: it is no ID token that this client was given (OpenID Core, 3.1.2.1).
    """
    hint = grant.request.payload.data.get("id_token_hint")
    if hint is None:
        return None
    try:
        token = jwt.decode(hint, keyrings().now().verifying, algorithms=list(ALGORITHMS))
        for_it = token.claims["aud"] == grant.request.client.client_id
        subject = token.claims["sub"]
    except (JoseError, KeyError, TypeError, ValueError):
        for_it, subject = False, None
    if not for_it or not isinstance(subject, str):
        what = "id_token_hint is no ID token of this client"
        raise InvalidRequestError(what, redirect_uri=grant.redirect_uri)
    return subject
