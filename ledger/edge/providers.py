"""The OpenID providers that people sign in through, as the deployment names them.

The setting ``oidc_providers`` is a JSON list (or the path of a file with one) of objects:

    slug           names it in addresses here: /sign-in/<slug>/callback is to be registered there
    name           what people read on the sign-in page
    issuer         exactly as its tokens spell it; everything else is discovered there
    client_id      what it calls this service
    client_secret  or ``private_jwk``: a JWK by which this service authenticates (private_key_jwt)
    scope          asked for; ``openid profile`` unless given
    acr_values     levels of assurance to ask for, if any
    people         whom it is for: ``staff``, ``patients`` or ``anyone`` (the default)

The service itself is one of them, named ``local``, while it has local accounts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from flask import Flask, current_app
from joserfc.errors import JoseError
from joserfc.jwk import import_key

from ledger.core.errors import NotFound
from ledger.edge.oauth import clients
from ledger.settings import BadSettings, Settings

LOCAL: Final = "local"
_PEOPLE: Final = ("anyone", "patients", "staff")
_TAKEN: Final = ("again", "local", "role")  # Pages below /sign-in/ have these names.
_NEEDED: Final = ("slug", "name", "issuer", "client_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """An OpenID provider, and what this service is to it."""

    slug: str
    name: str
    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    private_jwk: dict[str, Any] | None = field(default=None, repr=False)
    scope: str = "openid profile"
    acr_values: str = ""
    people: str = "anyone"

    @property
    def callback(self) -> str:
        """The address that it sends people back to, below this service's own."""
        return f"/sign-in/{self.slug}/callback"


def init_app(app: Flask) -> None:
    """Read the providers of *app*.

    Raises:
        BadSettings: the setting cannot be used; the sentence says what is wrong with it.
    """
    app.extensions["providers"] = {one.slug: one for one in read(app.extensions["settings"])}


def providers() -> Mapping[str, Provider]:
    """Return the providers of the current application by their slugs."""
    found: Mapping[str, Provider] = current_app.extensions["providers"]
    return found


def named(slug: str) -> Provider:
    """Return one provider.

    Raises:
        NotFound: none is called that.
    """
    try:
        return providers()[slug]
    except KeyError:
        raise NotFound("nobody signs in that way here") from None


def read(settings: Settings) -> list[Provider]:
    """Return the providers that *settings* name, the local one last.

    Raises:
        BadSettings: see `init_app`.
    """
    text = settings.oidc_providers.strip()
    try:
        if text and not text.startswith("["):
            text = Path(text).read_text()
        found = [_provider(given) for given in orjson.loads(text or "[]")]
    except (OSError, TypeError, ValueError, orjson.JSONDecodeError) as error:
        raise BadSettings(f"LEDGER_OIDC_PROVIDERS cannot be used: {error}") from error
    if settings.local_accounts:
        found.append(_local(settings))
    slugs = [one.slug for one in found]
    if len(set(slugs)) != len(slugs):
        raise BadSettings("LEDGER_OIDC_PROVIDERS names two providers alike")
    if not found:
        raise BadSettings(
            "nobody could sign in: set LEDGER_OIDC_PROVIDERS, or LEDGER_LOCAL_ACCOUNTS to 'on'"
        )
    return found


def _local(settings: Settings) -> Provider:
    return Provider(
        slug=LOCAL,
        name="a name and password",
        issuer=settings.public_url,
        client_id=clients.OWN_CLIENT,
        client_secret="",  # Derived from the master key when it is needed.
    )


def _provider(given: object) -> Provider:
    known = {one.name for one in fields(Provider)}
    if not isinstance(given, dict) or not known.issuperset(given):
        raise ValueError(f"each is an object of {', '.join(sorted(known))}")
    missing = [name for name in _NEEDED if not given.get(name)]
    if missing:
        raise ValueError(f"{missing[0]} is missing")
    one = Provider(**given)
    _check_names(one)
    _check_secret(one)
    return one


def _check_names(one: Provider) -> None:
    if not one.slug.replace("-", "").isalnum() or not one.slug.isascii():
        raise ValueError(f"the slug {one.slug!r} is not letters, digits and hyphens")
    if one.slug in _TAKEN:
        raise ValueError(f"the slug {one.slug!r} is taken; choose another")
    address = urlsplit(one.issuer)
    here = address.hostname in {"127.0.0.1", "localhost", "::1"}
    if address.scheme != "https" and not (address.scheme == "http" and here):
        raise ValueError(f"the issuer of {one.slug} must begin with https://")
    if one.people not in _PEOPLE or "openid" not in one.scope.split():
        raise ValueError(f"{one.slug}: people is one of {_PEOPLE}, and scope holds openid")


def _check_secret(one: Provider) -> None:
    if bool(one.client_secret) == bool(one.private_jwk):
        raise ValueError(f"{one.slug} needs a client_secret or a private_jwk")
    if one.private_jwk is None:
        return
    try:
        private = import_key(one.private_jwk).is_private
    except (JoseError, TypeError, ValueError):
        private = False
    if not private:
        raise ValueError(f"the private_jwk of {one.slug} is no private key")
