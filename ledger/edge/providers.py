"""The OpenID providers that people sign in through, as the deployment names them.

The setting ``oidc_providers`` is a JSON list (or the path of a file with one) of objects:

    slug           names it in addresses here: /sign-in/<slug>/callback is to be registered there
    name           what people read on the sign-in page
    issuer         exactly as its tokens spell it; everything else is discovered there
    client_id      what it calls this service
    client_secret  or ``private_jwk``: a JWK by which this service authenticates (private_key_jwt)
    scope          asked for; ``openid profile`` unless given
    acr_values     levels of assurance to ask for at every sign-in, if any
    people         whom it is for: ``staff``, ``patients`` or ``anyone`` (the default)
    organisations  ODS codes: whoever comes by it acts for none but these
    roles          whoever comes by it acts in none but these: an auditor's own provider
    level          how sure its sign-ins are (low, medium, high) unless ``levels`` says; low
    levels         what its own words for that are worth: {"AAL3_ANY": "high"}
    level_claim    the claim with that word: ``acr``, or ``vot``
    level_asked_as how it is asked for one: ``acr_values``, or ``vtr`` (a JSON list)
    userinfo       whether its userinfo is asked too, where its ID tokens say less
    staff, patient what its claims say of people: see `ledger.edge.claims`

The service itself is one of them, named ``local``, while it has local accounts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from flask import Flask, current_app
from joserfc.errors import JoseError
from joserfc.jwk import import_key

from ledger.core.actor import Role
from ledger.core.errors import NotFound
from ledger.directory.queries import Door
from ledger.edge.claims import PatientClaims, StaffClaims
from ledger.edge.oauth import clients
from ledger.setting_values import LEVELS
from ledger.settings import BadSettings, Settings

LOCAL: Final = "local"
_PEOPLE: Final = ("anyone", "patients", "staff")
_TAKEN: Final = ("again", "carry-on", "local", "role")  # Pages below /sign-in/ have these names.
_ASKED_AS: Final = ("acr_values", "vtr")
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
    organisations: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    level: str = LEVELS[0]
    levels: Mapping[str, str] = field(default_factory=dict)
    level_claim: str = "acr"
    level_asked_as: str = "acr_values"
    userinfo: bool = False
    staff: StaffClaims | None = None
    patient: PatientClaims | None = None

    @property
    def callback(self) -> str:
        """The address that it sends people back to, below this service's own."""
        return f"/sign-in/{self.slug}/callback"

    @property
    def door(self) -> Door:
        """What signing in by it leads to."""
        return Door(
            as_patient=self.people != "staff" and not self.roles and not self.organisations,
            as_staff=self.people != "patients",
            ods_codes=frozenset(self.organisations),
            roles=frozenset(map(Role, self.roles)),
        )

    def level_of(self, word: str | None) -> str:
        """Return how sure a sign-in is for which it uses *word*."""
        return self.levels.get(word or "", self.level)

    def reaches(self, level: str) -> bool:
        """Say whether any of its sign-ins is that sure."""
        return bool(self.words_for(level)) or _rank(self.level) >= _rank(level)

    def words_for(self, level: str) -> tuple[str, ...]:
        """Return its words for sign-ins that are at least so sure, in the order of the setting."""
        return tuple(word for word, is_ in self.levels.items() if _rank(is_) >= _rank(level))


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


def of_issuer(issuer: str) -> Provider | None:
    """Return the provider that signs as *issuer*."""
    return next((one for one in providers().values() if one.issuer == issuer), None)


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
    if len({one.issuer for one in found}) != len(found):
        raise BadSettings("LEDGER_OIDC_PROVIDERS gives two providers one issuer")
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
        level=settings.local_level,
    )


def _provider(given: object) -> Provider:
    known = {one.name for one in fields(Provider)}
    if not isinstance(given, dict) or not known.issuperset(given):
        raise ValueError(f"each is an object of {', '.join(sorted(known))}")
    missing = [name for name in _NEEDED if not given.get(name)]
    if missing:
        raise ValueError(f"{missing[0]} is missing")
    one = Provider(**given)
    one = replace(
        one,
        organisations=tuple(code.upper() for code in one.organisations),
        staff=_mapping(StaffClaims, given.get("staff")),
        patient=_mapping(PatientClaims, given.get("patient")),
    )
    _check_names(one)
    _check_secret(one)
    _check_people(one)
    return one


def _mapping(kind: type[Any], given: object) -> Any:
    """Return a mapping of claims; its lists as tuples."""
    if given is None:
        return None
    known = {one.name for one in fields(kind)}
    if not isinstance(given, dict) or not known.issuperset(given):
        raise ValueError(f"{kind.__name__} is an object of {', '.join(sorted(known))}")
    lists = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
    return kind(**{**given, **lists})


def _check_people(one: Provider) -> None:
    if one.people not in _PEOPLE or "openid" not in one.scope.split():
        raise ValueError(f"{one.slug}: people is one of {_PEOPLE}, and scope holds openid")
    if not {one.level, *one.levels.values()} <= {*LEVELS}:
        raise ValueError(f"{one.slug}: a level is one of {LEVELS}")
    if one.level_asked_as not in _ASKED_AS:
        raise ValueError(f"{one.slug}: level_asked_as is one of {_ASKED_AS}")
    named = {*one.roles, *(one.staff.role_map.values() if one.staff else ())}
    if unknown := sorted(named - {*Role}):
        raise ValueError(f"{one.slug}: {unknown[0]!r} is no role")
    if one.patient and one.people != "patients":
        raise ValueError(f"{one.slug}: what it says of patients needs people to be patients")


def _check_names(one: Provider) -> None:
    if not one.slug.replace("-", "").isalnum() or not one.slug.isascii():
        raise ValueError(f"the slug {one.slug!r} is not letters, digits and hyphens")
    if one.slug in _TAKEN:
        raise ValueError(f"the slug {one.slug!r} is taken; choose another")
    address = urlsplit(one.issuer)
    here = address.hostname in {"127.0.0.1", "localhost", "::1"}
    if address.scheme != "https" and not (address.scheme == "http" and here):
        raise ValueError(f"the issuer of {one.slug} must begin with https://")


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


def _rank(level: str) -> int:
    return LEVELS.index(level)
