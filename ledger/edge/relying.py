"""This service as a client of its providers: what Authlib is told, and what it leaves open.

* A provider's metadata is read anew after an hour, and must name the issuer of the setting.
* A token signed by a key that is not known has the keys fetched anew, at most every half
  minute: whoever sends tokens with made-up key ids has nobody asked for more.
* Only asymmetric signatures count, whatever the metadata lists.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from flask import Flask, current_app
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet, import_key
from joserfc.jws import JWSRegistry

from ledger.core import clock
from ledger.edge.oauth import assertions, clients
from ledger.edge.providers import LOCAL, Provider

_WAIT_S: Final = 10
_METADATA_GOOD_FOR: Final = timedelta(hours=1)
_KEYS_ANEW_EVERY: Final = timedelta(seconds=30)


class _Client(FlaskOAuth2App):  # type: ignore[misc]  # Authlib has no types.
    """Authlib's client of one provider, which asks it again now and then, and never often."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._read_at: datetime | None = None
        self._keys_at: datetime | None = None

    def load_server_metadata(self) -> dict[str, Any]:
        now = clock.now()
        if self._read_at is None or now - self._read_at > _METADATA_GOOD_FOR:
            self.server_metadata.clear()
            super().load_server_metadata()
            self._read_at = now
        return self.server_metadata  # type: ignore[no-any-return]

    def fetch_jwk_set(self, force: bool = False) -> Any:  # noqa: FBT001, FBT002  (Authlib's)
        now = clock.now()
        if force and self._keys_at is not None and now - self._keys_at < _KEYS_ANEW_EVERY:
            return super().fetch_jwk_set()
        if force:
            self._keys_at = now
        return super().fetch_jwk_set(force=force)


class _OAuth(OAuth):  # type: ignore[misc]
    oauth2_client_cls = _Client


def init_app(app: Flask) -> None:
    """Make *app* a client of each of its providers. Nothing is fetched before it is needed."""
    oauth = _OAuth(app)
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


def client_of(provider: Provider) -> Any:
    """Return Authlib's client of *provider*."""
    return current_app.extensions["authlib.integrations.flask_client"].create_client(provider.slug)


def metadata_of(provider: Provider) -> dict[str, Any]:
    """Return what *provider* says of itself.

    Raises:
        ValueError: it names another issuer, or it signs with nothing that proves anything.
        requests.RequestException: it does not answer.
    """
    metadata: dict[str, Any] = client_of(provider).load_server_metadata()
    if metadata.get("issuer") != provider.issuer:
        raise ValueError("the metadata is of another issuer")
    algorithms = metadata.get("id_token_signing_alg_values_supported", ["RS256"])
    # Authlib accepts what is listed here: never "none", nor one that a secret could make.
    metadata["id_token_signing_alg_values_supported"] = [
        one for one in algorithms if one in assertions.ALGORITHMS
    ]
    return metadata


def verified(provider: Provider, text: str) -> jwt.Token:
    """Return a JWT that *provider* has signed. Its claims are not looked at.

    Raises:
        JoseError, ValueError: it is none, or another has signed it.
        requests.RequestException: the provider does not answer.
    """
    client, metadata = client_of(provider), metadata_of(provider)
    registry = JWSRegistry(algorithms=metadata["id_token_signing_alg_values_supported"])
    try:
        return jwt.decode(text, KeySet.import_key_set(client.fetch_jwk_set()), registry=registry)
    except InvalidKeyIdError:
        anew = KeySet.import_key_set(client.fetch_jwk_set(force=True))
        return jwt.decode(text, anew, registry=registry)


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
