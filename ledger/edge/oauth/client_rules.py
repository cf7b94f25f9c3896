"""What a client can be: the rules for whoever registers one, a steward or the client itself."""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from ledger.core.errors import Invalid
from ledger.core.permissions import Permission

if TYPE_CHECKING:
    from ledger.edge.oauth.clients import RegisteredClient

AUTH_METHODS: Final = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")
GRANT_TYPES: Final = ("authorization_code", "client_credentials", "refresh_token")
IDENTITY_SCOPES: Final = frozenset({"openid", "profile", "offline_access"})
API_SCOPES: Final = frozenset(Permission) | {f"{one.split(':')[0]}:*" for one in Permission}
SCOPES: Final = IDENTITY_SCOPES | API_SCOPES
FAPI: Final = "fapi2"
PROFILES: Final = ("", FAPI)
"""What a client is held to: nothing beyond the rules for all, or FAPI 2.0 (security profile)."""
_NAME_LENGTH_MAX: Final = 200
_REDIRECTS_MAX: Final = 20


class BadRedirect(Invalid):
    """A redirect URI cannot be one."""


def check(wanted: "RegisteredClient") -> None:
    """Raise `Invalid` unless a client can be like that."""
    if not 1 <= len(wanted.name) <= _NAME_LENGTH_MAX or not wanted.name.isprintable():
        raise Invalid(f"a client's name has 1 to {_NAME_LENGTH_MAX} printable characters")
    _check_words(wanted)
    _check_redirects(wanted)
    if (wanted.auth_method == "private_key_jwt") != (wanted.jwks is not None):
        raise Invalid("private_key_jwt needs the client's public keys (a JWK set), and only it")
    if wanted.jwks is not None:
        _check_keys(wanted.jwks)
    if wanted.profile == FAPI:
        _check_fapi(wanted)


def _check_words(wanted: "RegisteredClient") -> None:
    _known("scope", wanted.scopes, SCOPES)
    _known("grant type", wanted.grant_types, GRANT_TYPES)
    _known("way to authenticate", [wanted.auth_method], AUTH_METHODS)
    _known("profile", [wanted.profile], PROFILES)
    if not wanted.scopes or not wanted.grant_types:
        raise Invalid("a client needs at least one scope and one grant type")
    if {"refresh_token", "authorization_code"} & wanted.grant_types == {"refresh_token"}:
        raise Invalid("only with authorization_code is there something to refresh")
    if wanted.auth_method == "none" and "client_credentials" in wanted.grant_types:
        raise Invalid("a client that cannot authenticate cannot use client_credentials")


def _check_redirects(wanted: "RegisteredClient") -> None:
    by_code = "authorization_code" in wanted.grant_types
    if by_code != bool(wanted.redirect_uris):
        raise BadRedirect(
            "the grant type authorization_code needs a redirect URI, and only it does"
        )
    if len(wanted.redirect_uris) > _REDIRECTS_MAX:
        raise BadRedirect(f"a client has {_REDIRECTS_MAX} redirect URIs at most")
    for uri in (*wanted.redirect_uris, *wanted.post_logout_redirect_uris):
        _check_redirect(uri)


def _known(what: str, given: Iterable[str], known: Collection[str]) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise Invalid(f"{unknown[0]!r} is no {what}; known: {', '.join(sorted(known))}")


def _check_redirect(uri: str) -> None:
    try:
        parts = urlsplit(uri)
        loopback = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    except ValueError as error:
        raise BadRedirect(f"{uri!r} is no address") from error
    if not (parts.scheme == "https" and parts.hostname) and not (
        parts.scheme == "http" and loopback
    ):
        raise BadRedirect(f"{uri!r}: a redirect URI begins with https://, or is on this computer")
    if parts.fragment or "#" in uri or not uri.isascii() or " " in uri:
        raise BadRedirect(f"{uri!r}: a redirect URI is ASCII and has no fragment")


def _check_keys(jwks: dict[str, Any]) -> None:
    try:
        keys = KeySet.import_key_set(jwks).keys  # type: ignore[arg-type]
    except (JoseError, KeyError, TypeError, ValueError) as error:
        raise Invalid("the public keys are no JWK set; it looks like {'keys': [...]}") from error
    if not keys or any(key.is_private or key.key_type == "oct" for key in keys):
        raise Invalid("give the public halves of asymmetric keys only; keep the private ones")


def _check_fapi(wanted: "RegisteredClient") -> None:
    """FAPI 2.0 security profile, 5.3.2: who it is, by a key; its tokens, by a key too."""
    if wanted.auth_method != "private_key_jwt":
        raise Invalid("a client of the FAPI profile authenticates by private_key_jwt")
    if not wanted.dpop_only or not wanted.pushed_only:
        raise Invalid("a client of the FAPI profile pushes its requests and binds tokens by DPoP")
