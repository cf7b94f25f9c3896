"""Authlib's authorization server with our grants: what is stricter here than there.

* PKCE with S256 for every client, and no other method; Authlib lets confidential clients off.
* A code or refresh token used twice revokes everything that came of it.
* Redirect addresses are compared as text, and an unknown one is never repeated in an answer.
* A parameter is sent once; `request` objects are refused, and pushed requests are taken instead.
* A token may be bound to a key (DPoP), and must be for the clients that are registered so.
* The issuer, and so everything signed, is the setting ``public_url`` and not the Host header.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.flask_oauth2.requests import FlaskOAuth2Payload, FlaskOAuth2Request
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, OAuth2Request, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9207.parameter import IssuerParameter
from authlib.oidc.core import OpenIDCode
from flask import Flask, current_app, g
from flask import request as flask_request

from ledger.core import clock
from ledger.edge.oauth import assertions, client_rules, clients, keys, pushed, resources, tokens
from ledger.edge.oauth import grants as kept
from ledger.edge.oauth.clients import RegisteredClient
from ledger.edge.oauth.grants import KeptCode, KeptRefreshToken
from ledger.edge.oauth.inspection import Introspection, Revocation
from ledger.edge.oauth.issuing import (
    check_resources,
    check_sender,
    issue,
    issuer,
    not_supported,
    prove_sender,
)
from ledger.edge.oauth.keys import keyrings
from ledger.edge.oauth.logout import EndSession
from ledger.edge.oauth.models import Grant

__all__ = ["init_app", "issuer", "server"]

_METHODS: Final = [*client_rules.AUTH_METHODS]
_ID_TOKEN_LASTS_S: Final = 600
_NONCE_LENGTH_MAX: Final = 255
_DIGITS_MAX: Final = 9
_AUTHORIZE: Final = "/oauth/authorize"
_PUSH: Final = "/oauth/par"
_END_SESSION: Final = "/oauth/end-session"
_PROMPTS: Final = frozenset({"none", "login", "consent"})
_THUMBPRINT: Final = re.compile(r"[A-Za-z0-9_-]{43}")


class _Payload(FlaskOAuth2Payload):  # type: ignore[misc]  # Authlib has no types.
    """Parameters from where they belong: a program's in the body, a browser's in the address."""

    @property
    def data(self) -> Any:
        path = self._request.path
        if path == _AUTHORIZE:
            return pushed.parameters()
        if path == _PUSH:
            return g.get("asked_of_person", self._request.form)
        return self._request.args if path == _END_SESSION else self._request.form


class _Request(FlaskOAuth2Request):  # type: ignore[misc]
    """A request as it came to the public address, whatever a proxy has made of it."""

    def __init__(self, request: Any) -> None:
        # Not Authlib's: it would refuse the plain http by which a proxy speaks to us.
        OAuth2Request.__init__(
            self, method=request.method, uri=issuer() + request.full_path, headers=request.headers
        )
        self._request, self.payload = request, _Payload(request)


class _Server(AuthorizationServer):  # type: ignore[misc]
    def create_oauth2_request(self, request: Any) -> OAuth2Request:
        return _Request(flask_request)

    def query_client(self, client_id: str) -> RegisteredClient | None:
        return clients.find(client_id)

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        """Nothing is left to save: `_issue` has."""


class _S256(CodeChallenge):  # type: ignore[misc]
    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD: ClassVar = ["S256"]

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        given = grant.request.payload.data
        if not given.get("code_challenge") or given.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE is needed: code_challenge, and its method S256")
        super().validate_code_challenge(grant, redirect_uri)


class _CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS

    @staticmethod
    def validate_authorization_redirect_uri(request: OAuth2Request, client: Any) -> str:
        uri = request.payload.redirect_uri or client.get_default_redirect_uri()
        if not uri or not client.check_redirect_uri(uri):
            raise InvalidRequestError("redirect_uri must be one that the client registered")
        return str(uri)

    def validate_authorization_request(self) -> str:
        redirect_uri = str(super().validate_authorization_request())
        try:
            self._check_request()
        except OAuth2Error as error:
            error.redirect_uri = redirect_uri
            raise
        return redirect_uri

    def _check_request(self) -> None:
        payload = self.request.payload
        given, several = payload.data, payload.datalist
        twice = [name for name, all_of in several.items() if len(all_of) > 1]
        if set(twice) - {"resource"}:
            raise InvalidRequestError("a parameter was sent twice")
        for name in ("request", "registration"):
            if name in given:
                raise not_supported(name)
        if self.request.client.pushed_only and not self._is_pushed():
            raise InvalidRequestError("this client has to push its requests (RFC 9126)")
        if given.get("response_mode", "query") != "query":
            raise InvalidRequestError("response_mode must be query")
        nonce = given.get("nonce", "")
        if not nonce.isprintable() or len(nonce) > _NONCE_LENGTH_MAX:
            what = f"nonce must be printable, and {_NONCE_LENGTH_MAX} characters at most"
            raise InvalidRequestError(what)
        if not _THUMBPRINT.fullmatch(given.get("dpop_jkt", "-" * 43)):
            raise InvalidRequestError("dpop_jkt must be the SHA-256 thumbprint of a key")
        _check_asked_of_person(given)
        self.request.resources = resources.asked(several.get("resource", []), issuer())

    def _is_pushed(self) -> bool:
        return flask_request.path != _AUTHORIZE or pushed.was_pushed()

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        payload = request.payload
        grant = kept.give(
            request.client.client_id,
            scope=request.scope,
            resources=request.resources,
            granter=request.user,
        )
        kept.keep_code(
            code,
            grant,
            redirect_uri=payload.redirect_uri,
            code_challenge=payload.data["code_challenge"],
            nonce=payload.data.get("nonce"),
            jkt=payload.data.get("dpop_jkt"),
        )

    def validate_token_request(self) -> None:
        prove_sender()
        super().validate_token_request()
        code: KeptCode = self.request.authorization_code
        check_sender(self.request.client, code.row.jkt)
        check_resources(code.grant)

    def query_authorization_code(self, code: str, client: RegisteredClient) -> KeptCode | None:
        return kept.code(code, client.client_id)

    def authenticate_user(self, authorization_code: KeptCode) -> Grant | None:
        # The last check before tokens are made: of two requests at once, one passes.
        return authorization_code.grant if kept.use(authorization_code) else None

    def delete_authorization_code(self, authorization_code: KeptCode) -> None:
        """Used codes stay, to notice a second use."""


class _RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS

    @property
    def INCLUDE_NEW_REFRESH_TOKEN(self) -> bool:  # noqa: N802  (Authlib's name)
        """Tokens rotate, except where FAPI 2.0 (5.3.2.1) forbids it: there a key guards them."""
        client: RegisteredClient = self.request.client
        return client.profile != client_rules.FAPI

    def validate_token_request(self) -> None:
        prove_sender()
        super().validate_token_request()
        token: KeptRefreshToken = self.request.refresh_token
        check_sender(self.request.client, token.row.jkt)
        check_resources(token.grant)

    def authenticate_refresh_token(self, refresh_token: str) -> KeptRefreshToken | None:
        return kept.refresh_token(refresh_token, of_client=self.request.client.client_id)

    def authenticate_user(self, refresh_token: KeptRefreshToken) -> Grant | None:
        if not self.INCLUDE_NEW_REFRESH_TOKEN:
            return refresh_token.grant
        if not kept.use(refresh_token):
            raise InvalidGrantError("the refresh token was used before")
        return refresh_token.grant

    def revoke_old_credential(self, refresh_token: KeptRefreshToken) -> None:
        """It was used up before the new one was made."""


class _ClientGrant(grants.ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = [one for one in _METHODS if one != "none"]

    def validate_token_request(self) -> None:
        prove_sender()
        super().validate_token_request()
        check_sender(self.request.client, None)


def _check_asked_of_person(given: Mapping[str, str]) -> None:
    """Refuse what would be read in two ways (OpenID Connect Core, 3.1.2.1)."""
    prompts = given.get("prompt", "").split()
    if "select_account" in prompts:
        raise OAuth2Error("accounts are not chosen here", error="account_selection_required")
    if not _PROMPTS.issuperset(prompts) or ("none" in prompts and len(prompts) > 1):
        raise InvalidRequestError("prompt is none alone, or login, consent or both")
    max_age = given.get("max_age", "0")
    if not (max_age.isascii() and max_age.isdecimal() and len(max_age) <= _DIGITS_MAX):
        raise InvalidRequestError("max_age is a whole number of seconds")


class _OpenID(OpenIDCode):  # type: ignore[misc]
    def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:
        return False  # It is the client's to compare, and a code works once.

    def resolve_client_private_key(self, client: RegisteredClient) -> Any:
        return keyrings().now().signing

    def get_client_algorithm(self, client: RegisteredClient) -> str:
        return client.algorithm

    def get_encode_header(self, client: RegisteredClient) -> dict[str, str]:
        return {"alg": client.algorithm, "kid": str(keyrings().now().signing.kid)}

    def get_client_claims(self, client: RegisteredClient) -> dict[str, Any]:
        now = int(clock.now().timestamp())
        audience = client.client_id
        return {"iss": issuer(), "aud": audience, "iat": now, "exp": now + _ID_TOKEN_LASTS_S}

    def generate_user_info(self, user: Grant, scope: str) -> dict[str, str]:
        return {"sub": str(user.person_id)}


class _Issuer(IssuerParameter):  # type: ignore[misc]
    def get_issuer(self) -> str:
        return issuer()


def init_app(app: Flask) -> None:
    """Give *app* its authorization server."""
    keys.init_app(app)
    tokens.init_app(app)
    server = _Server()
    server.scopes_supported = sorted(client_rules.SCOPES)
    server.register_token_generator("default", issue)
    server.register_client_auth_method(assertions.METHOD, assertions.authenticate)
    server.register_grant(_CodeGrant, [_S256(required=True), _OpenID()])
    server.register_grant(_RefreshGrant)
    server.register_grant(_ClientGrant)
    server.register_endpoint(Introspection)
    server.register_endpoint(Revocation)
    server.register_endpoint(EndSession)
    server.register_extension(_Issuer())
    app.extensions["oauth_server"] = server


def server() -> AuthorizationServer:
    """Return the authorization server of the current application."""
    return current_app.extensions["oauth_server"]
