"""Programs that may ask for tokens: registered by a steward, for an organisation."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from authlib.oauth2.rfc6749 import ClientMixin
from flask import current_app
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import select, update

from ledger.core import privacy
from ledger.core.actor import Role
from ledger.core.errors import Invalid, NotFound
from ledger.core.ids import new_id
from ledger.core.permissions import Permission
from ledger.core.work import UnitOfWork
from ledger.directory import service as directory
from ledger.edge.oauth.models import Client, Grant
from ledger.edge.operational import reading
from ledger.settings import Settings

OWN_CLIENT: Final = "care-ledger"
"""The client that this service is to itself, when people sign in with a local account."""

AUTH_METHODS: Final = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")
GRANT_TYPES: Final = ("authorization_code", "client_credentials", "refresh_token")
IDENTITY_SCOPES: Final = frozenset({"openid", "profile", "offline_access"})
API_SCOPES: Final = frozenset(Permission) | {f"{one.split(':')[0]}:*" for one in Permission}
SCOPES: Final = IDENTITY_SCOPES | API_SCOPES
_NAME_LENGTH_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredClient(ClientMixin):  # type: ignore[misc]  # Authlib has no types.
    """A client as the protocol asks about it. `id` is None for this service's own."""

    client_id: str
    id: UUID | None
    name: str
    organisation_id: UUID | None
    roles: frozenset[Role]
    scopes: frozenset[str]
    grant_types: frozenset[str]
    redirect_uris: tuple[str, ...]
    auth_method: str
    secret_digest: bytes | None
    jwks: dict[str, Any] | None
    post_logout_redirect_uris: tuple[str, ...] = ()

    @property
    def client_metadata(self) -> dict[str, Any]:
        """What Authlib reads of a client besides its methods."""
        return {"post_logout_redirect_uris": list(self.post_logout_redirect_uris)}

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        return self.redirect_uris[0] if len(self.redirect_uris) == 1 else None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """Return *scope* if this client may have all of it; every scope it has, for none."""
        if not scope:
            return " ".join(sorted(self.scopes - IDENTITY_SCOPES))
        asked = scope.split()
        covered = (one in self.scopes or f"{one.split(':')[0]}:*" in self.scopes for one in asked)
        return " ".join(asked) if all(covered) else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        given = sha256(client_secret.encode()).digest()
        return self.secret_digest is not None and compare_digest(self.secret_digest, given)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == self.auth_method

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and "authorization_code" in self.grant_types

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.grant_types


def register(
    work: UnitOfWork,
    *,
    name: str,
    organisation_id: UUID,
    scopes: Collection[str],
    grant_types: Collection[str] = ("client_credentials",),
    redirect_uris: Iterable[str] = (),
    auth_method: str = "client_secret_basic",
    jwks: dict[str, Any] | None = None,
    roles: Collection[Role] = (Role.SERVICE,),
) -> tuple[UUID, str | None]:
    """Register a program. Returns its client id, and its secret, which is shown this once.

    Raises:
        NotFound: there is no such organisation.
        Invalid: something of it cannot be; the sentence says what and why.
    """
    wanted = RegisteredClient(
        client_id=str(client_id := new_id()),
        id=client_id,
        name=name.strip(),
        organisation_id=organisation_id,
        roles=frozenset(roles),
        scopes=frozenset(scopes),
        grant_types=frozenset(grant_types),
        redirect_uris=tuple(redirect_uris),
        auth_method=auth_method,
        secret_digest=None,
        jwks=jwks,
    )
    check(wanted)
    directory.register_client(
        work,
        client_id=client_id,
        organisation_id=organisation_id,
        name=wanted.name,
        scopes=wanted.scopes,
        grants=wanted.grant_types,
        authentication=auth_method,
    )
    secret = token_urlsafe(32) if auth_method.startswith("client_secret") else None
    work.session.add(
        Client(
            id=client_id,
            name=wanted.name,
            organisation_id=organisation_id,
            roles=sorted(wanted.roles),
            scopes=sorted(wanted.scopes),
            grant_types=sorted(wanted.grant_types),
            redirect_uris=list(wanted.redirect_uris),
            auth_method=auth_method,
            secret_digest=sha256(secret.encode()).digest() if secret else None,
            jwks=jwks,
            registered_at=work.now,
        )
    )
    return client_id, secret


def close(work: UnitOfWork, client_id: UUID) -> None:
    """End a registration and everything the client was given.

    Raises:
        NotFound: there is no such client, or it is closed.
    """
    row = work.session.get(Client, client_id, with_for_update=True)
    if row is None or row.closed_at is not None:
        raise NotFound("no client of that id is registered; `ledger client list` shows them")
    directory.close_client(work, client_id=client_id, organisation_id=row.organisation_id)
    row.closed_at = work.now
    given = update(Grant).where(Grant.client_id == str(client_id), Grant.revoked_at.is_(None))
    work.session.execute(given.values(revoked_at=work.now))


def registered() -> list[RegisteredClient]:
    """Return every client that is not closed, by name."""
    with reading() as work:
        rows = work.scalars(select(Client).where(Client.closed_at.is_(None)).order_by(Client.name))
        return [_of(row) for row in rows]


def find(client_id: str) -> RegisteredClient | None:
    """Return the client of that id, unless it is closed."""
    settings: Settings = current_app.extensions["settings"]
    if client_id == OWN_CLIENT:
        return own(settings) if settings.local_accounts else None
    try:
        key = UUID(client_id)
    except ValueError:
        return None
    if str(key) != client_id:  # One spelling each: ids are compared as text elsewhere.
        return None
    with reading() as work:
        row = work.get(Client, key)
    return _of(row) if row is not None and row.closed_at is None else None


def own(settings: Settings) -> RegisteredClient:
    """Return the client by which this service signs people in with their local accounts."""
    return RegisteredClient(
        client_id=OWN_CLIENT,
        id=None,
        name="Care Ledger",
        organisation_id=None,
        roles=frozenset(),
        scopes=frozenset({"openid", "profile"}),
        grant_types=frozenset({"authorization_code"}),
        redirect_uris=(f"{settings.public_url}/sign-in/local/callback",),
        auth_method="client_secret_basic",
        secret_digest=sha256(own_secret().encode()).digest(),
        jwks=None,
        post_logout_redirect_uris=(f"{settings.public_url}/signed-out",),
    )


def own_secret() -> str:
    """Return the secret of this service's own client: derived, so that it is kept nowhere."""
    return privacy.derived_key("own-client-secret").hex()


def _of(row: Client) -> RegisteredClient:
    return RegisteredClient(
        client_id=str(row.id),
        id=row.id,
        name=row.name,
        organisation_id=row.organisation_id,
        roles=frozenset(map(Role, row.roles)),
        scopes=frozenset(row.scopes),
        grant_types=frozenset(row.grant_types),
        redirect_uris=tuple(row.redirect_uris),
        auth_method=row.auth_method,
        secret_digest=row.secret_digest,
        jwks=row.jwks,
    )


def check(wanted: RegisteredClient) -> None:
    """Raise `Invalid` unless a client can be like that."""
    if not 1 <= len(wanted.name) <= _NAME_LENGTH_MAX or not wanted.name.isprintable():
        raise Invalid(f"a client's name has 1 to {_NAME_LENGTH_MAX} printable characters")
    _known("scope", wanted.scopes, SCOPES)
    _known("grant type", wanted.grant_types, GRANT_TYPES)
    _known("way to authenticate", [wanted.auth_method], AUTH_METHODS)
    if not wanted.scopes or not wanted.grant_types:
        raise Invalid("a client needs at least one scope and one grant type")
    by_code = "authorization_code" in wanted.grant_types
    if by_code != bool(wanted.redirect_uris):
        raise Invalid("the grant type authorization_code needs a redirect URI, and only it does")
    if "refresh_token" in wanted.grant_types and not by_code:
        raise Invalid("only with authorization_code is there something to refresh")
    if wanted.auth_method == "none" and "client_credentials" in wanted.grant_types:
        raise Invalid("a client that cannot authenticate cannot use client_credentials")
    for uri in wanted.redirect_uris:
        _check_redirect(uri)
    if (wanted.auth_method == "private_key_jwt") != (wanted.jwks is not None):
        raise Invalid("private_key_jwt needs the client's public keys (a JWK set), and only it")
    if wanted.jwks is not None:
        _check_keys(wanted.jwks)


def _known(what: str, given: Iterable[str], known: Collection[str]) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise Invalid(f"{unknown[0]!r} is no {what}; known: {', '.join(sorted(known))}")


def _check_redirect(uri: str) -> None:
    try:
        parts = urlsplit(uri)
        loopback = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    except ValueError as error:
        raise Invalid(f"{uri!r} is no address") from error
    if not (parts.scheme == "https" and parts.hostname) and not (
        parts.scheme == "http" and loopback
    ):
        raise Invalid(f"{uri!r}: a redirect URI begins with https://, or is on this computer")
    if parts.fragment or "#" in uri or not uri.isascii() or " " in uri:
        raise Invalid(f"{uri!r}: a redirect URI is ASCII and has no fragment")


def _check_keys(jwks: dict[str, Any]) -> None:
    try:
        keys = KeySet.import_key_set(jwks).keys  # type: ignore[arg-type]
    except (JoseError, KeyError, TypeError, ValueError) as error:
        raise Invalid("the public keys are no JWK set; it looks like {'keys': [...]}") from error
    if not keys or any(key.is_private or key.key_type == "oct" for key in keys):
        raise Invalid("give the public halves of asymmetric keys only; keep the private ones")
