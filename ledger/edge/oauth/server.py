"""Authlib's authorization server with our grants: what is stricter here than there.

* PKCE with S256 for every client, and no other method; Authlib lets confidential clients off.
* A code or refresh token used twice revokes everything that came of it.
* Redirect addresses are compared as text, and an unknown one is never repeated in an answer.
* The issuer, and so everything signed, is the setting ``public_url`` and not the Host header.
"""

from datetime import timedelta
from typing import Any, ClassVar, Final

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.flask_oauth2.requests import FlaskOAuth2Payload, FlaskOAuth2Request
from authlib.oauth2.rfc6749 import InvalidRequestError, InvalidScopeError, OAuth2Request, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9207.parameter import IssuerParameter
from authlib.oidc.core import OpenIDCode
from flask import Flask, current_app
from flask import request as flask_request

from ledger.core import clock
from ledger.edge.oauth import assertions, clients, keys, resources, tokens
from ledger.edge.oauth import grants as kept
from ledger.edge.oauth.clients import IDENTITY_SCOPES, RegisteredClient
from ledger.edge.oauth.grants import KeptCode, KeptRefreshToken
from ledger.edge.oauth.inspection import Introspection, Revocation
from ledger.edge.oauth.keys import ALGORITHM, keyrings
from ledger.edge.oauth.logout import EndSession
from ledger.edge.oauth.models import Grant

_METHODS: Final = [*clients.AUTH_METHODS]
_ID_TOKEN_LASTS_S: Final = 600
_NONCE_LENGTH_MAX: Final = 255
_PAGES: Final = ("/oauth/authorize", "/oauth/end-session")


def issuer() -> str:
    """Return this service's name as an issuer of tokens."""
    address: str = current_app.extensions["settings"].public_url
    return address


class _Payload(FlaskOAuth2Payload):  # type: ignore[misc]  # Authlib has no types.
    """Parameters from where they belong: a program's in the body, a browser's in the address."""

    @property
    def data(self) -> Any:
        by_browser = self._request.path in _PAGES
        return self._request.args if by_browser else self._request.form


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
        redirect_uri = super().validate_authorization_request()
        nonce = self.request.payload.data.get("nonce", "")
        if not nonce.isprintable() or len(nonce) > _NONCE_LENGTH_MAX:
            what = f"nonce must be printable, and {_NONCE_LENGTH_MAX} characters at most"
            raise InvalidRequestError(what, redirect_uri=redirect_uri)
        asked = self.request.payload.datalist.get("resource", [])
        try:
            self.request.resources = resources.asked(asked, issuer())
        except resources.InvalidTarget as error:
            error.redirect_uri = redirect_uri
            raise
        return str(redirect_uri)

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
        )

    def validate_token_request(self) -> None:
        super().validate_token_request()
        _check_resources(self.request.authorization_code.grant)

    def query_authorization_code(self, code: str, client: RegisteredClient) -> KeptCode | None:
        return kept.code(code, client.client_id)

    def authenticate_user(self, authorization_code: KeptCode) -> Grant | None:
        # The last check before tokens are made: of two requests at once, one passes.
        return authorization_code.grant if kept.use(authorization_code) else None

    def delete_authorization_code(self, authorization_code: KeptCode) -> None:
        """Used codes stay, to notice a second use."""


class _RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def validate_token_request(self) -> None:
        super().validate_token_request()
        _check_resources(self.request.refresh_token.grant)

    def authenticate_refresh_token(self, refresh_token: str) -> KeptRefreshToken | None:
        return kept.refresh_token(refresh_token)

    def authenticate_user(self, refresh_token: KeptRefreshToken) -> Grant | None:
        return refresh_token.grant if kept.use(refresh_token) else None

    def revoke_old_credential(self, refresh_token: KeptRefreshToken) -> None:
        """It was used up before the new one was made."""


class _ClientGrant(grants.ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = [one for one in _METHODS if one != "none"]


def _check_resources(grant: Grant) -> None:
    """Refuse a resource that was not given before anything is used up for it."""
    resources.narrowed(flask_request.form.getlist("resource"), grant.resources)


class _OpenID(OpenIDCode):  # type: ignore[misc]
    def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:
        return False  # It is the client's to compare, and a code works once.

    def resolve_client_private_key(self, client: RegisteredClient) -> Any:
        return keyrings().now().signing

    def get_client_algorithm(self, client: RegisteredClient) -> str:
        return ALGORITHM

    def get_encode_header(self, client: RegisteredClient) -> dict[str, str]:
        return {"alg": ALGORITHM, "kid": str(keyrings().now().signing.kid)}

    def get_client_claims(self, client: RegisteredClient) -> dict[str, Any]:
        now = int(clock.now().timestamp())
        audience = client.client_id
        return {"iss": issuer(), "aud": audience, "iat": now, "exp": now + _ID_TOKEN_LASTS_S}

    def generate_user_info(self, user: Grant, scope: str) -> dict[str, str]:
        return {"sub": str(user.person_id)}


class _Issuer(IssuerParameter):  # type: ignore[misc]
    def get_issuer(self) -> str:
        return issuer()


def _issue(
    *,
    client: RegisteredClient,
    user: Grant | None = None,
    scope: str | None = None,
    include_refresh_token: bool = True,
    **_: Any,
) -> dict[str, Any]:
    """Make the tokens of a grant; without a person's, of a new one to the client itself."""
    settings = current_app.extensions["settings"]
    asked = flask_request.form.getlist("resource")
    allowed = client.get_allowed_scope(scope)
    if not allowed or (user is None and not IDENTITY_SCOPES.isdisjoint(allowed.split())):
        raise InvalidScopeError
    if user is None:
        wanted = resources.asked(asked, issuer())
        grant = kept.give(client.client_id, scope=allowed, resources=wanted, granter=None)
    else:
        wanted, grant = resources.narrowed(asked, user.resources), user
    if client.client_id == clients.OWN_CLIENT:
        wanted = (issuer() + resources.USERINFO,)  # Signing in gives no way into the API.
    elif "openid" in allowed.split() and issuer() not in wanted:
        wanted = (*wanted, issuer() + resources.USERINFO)
    lasts = timedelta(minutes=settings.access_token_minutes)
    claims = tokens.claims_of(
        client, issuer=issuer(), grant=grant, scope=allowed, audience=wanted, lasts=lasts
    )
    token = {
        "token_type": "Bearer",
        "access_token": tokens.signed(claims),
        "expires_in": int(lasts.total_seconds()),
        "scope": allowed,
    }
    if include_refresh_token and user is not None:
        refreshed_for = timedelta(days=settings.refresh_token_days)
        token["refresh_token"] = kept.new_refresh_token(grant, refreshed_for)
    return token


def init_app(app: Flask) -> None:
    """Give *app* its authorization server."""
    keys.init_app(app)
    tokens.init_app(app)
    server = _Server()
    server.scopes_supported = sorted(clients.SCOPES)
    server.register_token_generator("default", _issue)
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
