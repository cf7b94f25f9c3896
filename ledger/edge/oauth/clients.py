"""Programs that may ask for tokens: registered by a steward, for an organisation."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Any, Final
from uuid import UUID

from authlib.oauth2.rfc6749 import ClientMixin
from flask import current_app
from sqlalchemy import select, update

from ledger.core import privacy
from ledger.core.actor import Role
from ledger.core.errors import Bug, NotFound
from ledger.core.ids import new_id
from ledger.core.work import UnitOfWork
from ledger.directory import service as directory
from ledger.edge.oauth.client_rules import FAPI, IDENTITY_SCOPES, check
from ledger.edge.oauth.keys import ALGORITHM, FAPI_ALGORITHM
from ledger.edge.oauth.models import Client, Grant
from ledger.edge.operational import reading
from ledger.settings import Settings

OWN_CLIENT: Final = "care-ledger"
"""The client that this service is to itself, when people sign in with a local account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredClient(ClientMixin):  # type: ignore[misc]  # Authlib has no types.
    """A client as the protocol asks about it. `id` is None for this service's own.

    Attributes:
        profile: "" or ``fapi2``; see `client_rules`.
        pushed_only: It may ask a person only by a pushed request (RFC 9126).
        dpop_only: It gets no token that is not bound to a key of its (RFC 9449).
    """

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
    profile: str = ""
    pushed_only: bool = False
    dpop_only: bool = False

    @property
    def algorithm(self) -> str:
        """By which everything that is signed for this client is signed."""
        return FAPI_ALGORITHM if self.profile == FAPI else ALGORITHM

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
    post_logout_redirect_uris: Iterable[str] = (),
    profile: str = "",
    pushed_only: bool = False,
    dpop_only: bool = False,
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
        post_logout_redirect_uris=tuple(post_logout_redirect_uris),
        profile=profile,
        pushed_only=pushed_only,
        dpop_only=dpop_only,
    )
    check(wanted)
    record(work, wanted)
    secret = new_secret(wanted)
    work.session.add(row_of(wanted, secret, made_at=work.now, approved_at=work.now))
    return client_id, secret


def record(work: UnitOfWork, client: RegisteredClient) -> None:
    """Record that *client* may act for its organisation from now on.

    Raises:
        NotFound: there is no such organisation.
    """
    if client.id is None or client.organisation_id is None:
        raise Bug("this service's own client is registered nowhere")
    directory.register_client(
        work,
        client_id=client.id,
        organisation_id=client.organisation_id,
        name=client.name,
        scopes=client.scopes,
        grants=client.grant_types,
        authentication=client.auth_method,
    )


def new_secret(client: RegisteredClient) -> str | None:
    """Return a secret for *client*, if it authenticates by one."""
    return token_urlsafe(32) if client.auth_method.startswith("client_secret") else None


def row_of(
    client: RegisteredClient, secret: str | None, *, made_at: datetime, approved_at: datetime | None
) -> Client:
    """Return the row that keeps *client*; without *approved_at* it may do nothing yet."""
    return Client(
        id=client.id,
        name=client.name,
        organisation_id=client.organisation_id,
        roles=sorted(client.roles),
        scopes=sorted(client.scopes),
        grant_types=sorted(client.grant_types),
        redirect_uris=list(client.redirect_uris),
        post_logout_redirect_uris=list(client.post_logout_redirect_uris),
        auth_method=client.auth_method,
        secret_digest=sha256(secret.encode()).digest() if secret else None,
        jwks=client.jwks,
        profile=client.profile,
        pushed_only=client.pushed_only,
        dpop_only=client.dpop_only,
        registered_at=made_at,
        approved_at=approved_at,
    )


def close(work: UnitOfWork, client_id: UUID) -> None:
    """End a registration and everything the client was given.

    Raises:
        NotFound: there is no such client, or it is closed.
    """
    row = work.session.get(Client, client_id, with_for_update=True)
    if row is None or row.approved_at is None or row.closed_at is not None:
        raise NotFound("no client of that id is registered; `ledger client list` shows them")
    directory.close_client(work, client_id=client_id, organisation_id=row.organisation_id)
    row.closed_at = work.now
    given = update(Grant).where(Grant.client_id == str(client_id), Grant.revoked_at.is_(None))
    work.session.execute(given.values(revoked_at=work.now))


def registered() -> list[RegisteredClient]:
    """Return every client that is approved and not closed, by name."""
    with reading() as work:
        here = Client.closed_at.is_(None), Client.approved_at.is_not(None)
        rows = work.scalars(select(Client).where(*here).order_by(Client.name))
        return [of(row) for row in rows]


def find(client_id: str) -> RegisteredClient | None:
    """Return the client of that id, unless it is closed or nobody has approved it yet."""
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
    if row is None or row.approved_at is None or row.closed_at is not None:
        return None
    return of(row)


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


def of(row: Client) -> RegisteredClient:
    """Return the client that a row keeps."""
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
        post_logout_redirect_uris=tuple(row.post_logout_redirect_uris),
        profile=row.profile,
        pushed_only=row.pushed_only,
        dpop_only=row.dpop_only,
    )
