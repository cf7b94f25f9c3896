"""Signing out because a program says so (OpenID RP-initiated logout)."""

from typing import Any

from authlib.oidc.rpinitiated import EndSessionEndpoint
from joserfc.jwk import KeySet

from ledger.edge import sessions
from ledger.edge.oauth.keys import ALGORITHM, keyrings


class EndSession(EndSessionEndpoint):  # type: ignore[misc]  # Authlib has no types.
    """``/oauth/end-session``. A program must show an ID token of ours that it was given."""

    def get_server_jwks(self) -> KeySet:
        return keyrings().now().verifying

    def get_algorithms(self) -> list[str]:
        return [ALGORITHM]

    def end_session(self, end_session_request: Any) -> None:
        signed = sessions.browser().signed_in
        claims = end_session_request.id_token_claims or {}
        if signed is None or str(signed.person_id) == claims.get("sub"):
            sessions.browser().end()
