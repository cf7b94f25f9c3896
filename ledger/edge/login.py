"""Signing in through an OpenID provider: this service as its client (relying party).

Authlib runs the protocol: authorization code, PKCE S256, state and nonce. What is added here:
the issuer is compared in the provider's metadata and in its answer (RFC 9207), the ID token
must name us in ``aud``, carry an asymmetric signature and match its access token, ``max_age``
is held to, the clock is the service's, and whatever goes wrong is one sentence for the
person, never a stack trace.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import requests
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from authlib.oidc.core.util import create_half_hash
from flask import Flask, current_app, request, session
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import import_key
from sqlalchemy import delete
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import LargeBinary

from ledger.core import clock, privacy
from ledger.core.db import Operational
from ledger.edge.oauth import assertions, clients
from ledger.edge.oauth.server import issuer
from ledger.edge.operational import changing, reading
from ledger.edge.providers import LOCAL, Provider
from ledger.edge.sessions import Authentication

log: structlog.stdlib.BoundLogger = structlog.get_logger("ledger.login")

_WAIT_S: Final = 10
_CLOCKS_DIFFER_S: Final = 60
_BEGUN_MAX: Final = 5


class SignInFailed(Exception):
    """A person could not be signed in; its sentence is for them."""


class ProviderUnreachable(SignInFailed):
    """The provider did not answer, or not as a provider does."""


class ProviderLink(Operational):
    """Which person an account at a provider is. The account is kept as a keyed digest."""

    __tablename__ = "provider_links"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_id: Mapped[UUID] = mapped_column(index=True)
    linked_at: Mapped[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """Somebody who came back from a provider.

    Attributes:
        person_id: Who it is; None if no person here has that account.
        return_to: The page they wanted.
        id_token: What the provider said, to be shown to it when they sign out.
        provider_session: What the provider calls their session there.
    """

    person_id: UUID | None
    authentication: Authentication
    return_to: str
    id_token: str
    provider_session: str | None


class _IDToken(CodeIDToken):  # type: ignore[misc]  # Authlib has no types.
    """An ID token, judged by the service's clock."""

    def validate(self, now: float | None = None, leeway: int = 0) -> None:
        super().validate(now=int(clock.now().timestamp()), leeway=_CLOCKS_DIFFER_S)


def init_app(app: Flask) -> None:
    """Make *app* a client of each of its providers. Nothing is fetched before it is needed."""
    oauth = OAuth(app)
    for provider in app.extensions["providers"].values():
        oauth.register(
            provider.slug,
            client_id=provider.client_id,
            client_secret=_secret(provider),
            server_metadata_url=f"{provider.issuer}/.well-known/openid-configuration",
            client_auth_methods=_auth_methods(provider),
            client_kwargs={
                "scope": provider.scope,
                "code_challenge_method": "S256",
                "default_timeout": _WAIT_S,
                "token_endpoint_auth_method": (
                    assertions.METHOD if provider.private_jwk else "client_secret_basic"
                ),
            },
        )


def start(
    provider: Provider, *, return_to: str, max_age_s: int | None = None, acr_values: str = ""
) -> str:
    """Return the provider's address at which a person signs in, to come back to *return_to*.

    Raises:
        ProviderUnreachable: nothing could be learned about it.
    """
    client, redirect_uri = _client(provider), issuer() + provider.callback
    levels = acr_values or provider.acr_values
    asked = {"max_age": max_age_s, "acr_values": levels or None}
    try:
        _check_metadata(provider, client)
        made = client.create_authorization_url(
            redirect_uri, **{name: value for name, value in asked.items() if value is not None}
        )
    except (AuthlibBaseError, requests.RequestException, KeyError, ValueError) as error:
        raise _unreachable(provider, error) from error
    _keep_few(client)
    client.save_authorize_data(
        redirect_uri=redirect_uri, return_to=return_to, max_age_s=max_age_s, **made
    )
    return str(made["url"])


def finish(provider: Provider) -> Returned:
    """Return who came back from a provider, in the request to its call-back address.

    Raises:
        SignInFailed: the answer is forged, was used before, or says no.
        ProviderUnreachable: the provider did not exchange its code.
    """
    client, state = _client(provider), request.args.get("state", "")
    asked = client.framework.get_state_data(session, state)
    if asked is None:
        raise SignInFailed(
            "This answer belongs to no sign-in that was begun in this browser, or was used "
            "already. Begin again."
        )
    try:
        metadata = _check_metadata(provider, client)
        _check_issuer(provider, metadata)
        if request.args.get("error"):
            client.framework.clear_state_data(session, state)
            raise _refused(provider, request.args["error"])
        token = client.authorize_access_token(claims_cls=_IDToken, claims_options=_claims(provider))
        claims = token["userinfo"]
        _check_access_token(claims, token)
        _check_age(claims, asked.get("max_age_s"))
    except requests.RequestException as error:
        raise _unreachable(provider, error) from error
    except (AuthlibBaseError, JoseError, KeyError, TypeError, ValueError) as error:
        log.warning("sign-in failed", provider=provider.slug, why=type(error).__name__)
        raise SignInFailed(
            "The provider's answer could not be checked, so you are not signed in. Begin again."
        ) from error
    return Returned(
        person_id=_who(provider, claims["sub"]),
        authentication=Authentication(
            iss=claims["iss"],
            sub=claims["sub"],
            acr=claims.get("acr"),
            amr=tuple(claims.get("amr") or ()),
            auth_time=int(claims.get("auth_time") or claims["iat"]),
            token_id=claims.get("jti"),
        ),
        return_to=asked["return_to"],
        id_token=token["id_token"],
        provider_session=str(claims["sid"])[:255] if "sid" in claims else None,
    )


def sign_out_url(provider: Provider, id_token: str) -> str | None:
    """Return where a person signs out of the provider, if it has such a place."""
    client = _client(provider)
    try:
        made = client.create_logout_url(
            post_logout_redirect_uri=f"{issuer()}/signed-out", id_token_hint=id_token
        )
    except (AuthlibBaseError, requests.RequestException, RuntimeError, ValueError):
        return None
    return str(made["url"])


def link(authentication: Authentication, person_id: UUID) -> None:
    """Let an account at a provider sign a person in. Takes the place of an earlier link."""
    with changing() as work:
        key = _key(authentication.iss, authentication.sub)
        row = work.get(ProviderLink, key) or ProviderLink(key=key)
        row.person_id, row.linked_at = person_id, clock.now()
        work.add(row)


def unlink(person_id: UUID) -> None:
    """Let no account at a provider sign a person in any more."""
    with changing() as work:
        work.execute(delete(ProviderLink).where(ProviderLink.person_id == person_id))


def _who(provider: Provider, sub: str) -> UUID | None:
    if provider.slug == LOCAL:
        return UUID(sub)
    with reading() as work:
        found = work.get(ProviderLink, _key(provider.issuer, sub))
    return found.person_id if found else None


def _key(iss: str, sub: str) -> bytes:
    return privacy.lookup_hmac("provider-account", f"{iss}\n{sub}")


def _client(provider: Provider) -> Any:
    return current_app.extensions["authlib.integrations.flask_client"].create_client(provider.slug)


def _secret(provider: Provider) -> Any:
    if provider.slug == LOCAL:
        return clients.own_secret()
    # An EC key as PEM is refused by Authlib; as a parsed key every kind works.
    return import_key(provider.private_jwk) if provider.private_jwk else provider.client_secret


def _auth_methods(provider: Provider) -> list[Any]:
    if not provider.private_jwk:
        return []
    algorithm = {"RSA": "PS256", "EC": "ES256", "OKP": "Ed25519"}[provider.private_jwk["kty"]]
    return [PrivateKeyJWT(alg=provider.private_jwk.get("alg", algorithm))]


def _claims(provider: Provider) -> dict[str, Any]:
    return {
        "iss": {"essential": True, "value": provider.issuer},
        "aud": {"essential": True, "value": provider.client_id},
        **{name: {"essential": True} for name in ("sub", "exp", "iat", "nonce")},
    }


def _check_metadata(provider: Provider, client: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = client.load_server_metadata()
    if metadata.get("issuer") != provider.issuer:
        raise ValueError("the metadata is of another issuer")
    algorithms = metadata.get("id_token_signing_alg_values_supported", ["RS256"])
    # Authlib accepts what is listed here: never "none", nor one that a secret could make.
    metadata["id_token_signing_alg_values_supported"] = [
        one for one in algorithms if one in assertions.ALGORITHMS
    ]
    return metadata


def _check_issuer(provider: Provider, metadata: dict[str, Any]) -> None:
    """Refuse an answer that another provider sent (RFC 9207, mix-up)."""
    always = metadata.get("authorization_response_iss_parameter_supported", False)
    if request.args.get("iss", None if always else provider.issuer) != provider.issuer:
        raise ValueError("the answer is of another issuer")


def _check_access_token(claims: dict[str, Any], token: dict[str, Any]) -> None:
    """Refuse an access token that was swapped. Authlib leaves this to a class of its own."""
    algorithm = jws.extract_compact(token["id_token"].encode()).headers()["alg"]
    expected = create_half_hash(token["access_token"], algorithm)
    if "at_hash" in claims and expected and claims["at_hash"] != expected.decode():
        raise ValueError("the ID token is of another access token")


def _check_age(claims: dict[str, Any], max_age_s: int | None) -> None:
    if max_age_s is None:
        return
    age_s = clock.now().timestamp() - claims["auth_time"]
    if age_s > max_age_s + _CLOCKS_DIFFER_S:
        raise ValueError("the provider let an old sign-in count")


def _keep_few(client: Any) -> None:
    """Forget the oldest sign-ins that were begun in this browser and never finished."""
    begun = [name for name in session if name.startswith(f"_state_{client.name}_")]
    for name in sorted(begun, key=lambda name: float(session[name]["exp"]))[: 1 - _BEGUN_MAX]:
        del session[name]


def _refused(provider: Provider, error: str) -> SignInFailed:
    log.info("sign-in refused", provider=provider.slug)
    if error == "access_denied":
        return SignInFailed("You said no, or the provider did. You are not signed in.")
    return SignInFailed("The provider could not sign you in. Begin again.")


def _unreachable(provider: Provider, error: Exception) -> ProviderUnreachable:
    log.error("provider unreachable", provider=provider.slug, why=type(error).__name__)
    return ProviderUnreachable(
        f"We cannot reach {provider.name} just now. Try again in a few minutes."
    )
