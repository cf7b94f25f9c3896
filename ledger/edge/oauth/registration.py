"""Programs that register themselves (RFC 7591, RFC 7592), behind approval.

What is sent is kept as an application to the organisation that it names. It can do nothing, not
even authenticate, until somebody who may register programs there approves it: that is the entry.
Until then the program may read what it sent, change it, and take it back, by a token of its own;
once it is approved it may only read, because what was approved is what was read by a person.
"""

from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import delete, func, select

from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.errors import Conflict, Invalid, NotFound
from ledger.core.ids import new_id
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory
from ledger.directory import service as directory_service
from ledger.edge.oauth import client_rules, clients
from ledger.edge.oauth.clients import RegisteredClient
from ledger.edge.oauth.models import Client
from ledger.edge.operational import changing, reading

LASTS: Final = timedelta(days=30)
"""How long an application waits for approval before it is forgotten."""
WAITING_MAX: Final = 20
"""How many applications may wait for one organisation."""
_TEXT: Final = ("client_name", "token_endpoint_auth_method", "scope", "organisation", "profile")
_LISTS: Final = ("redirect_uris", "post_logout_redirect_uris", "grant_types", "response_types")
_SWITCHES: Final = ("require_pushed_authorization_requests", "dpop_bound_access_tokens")
_NOT_FETCHED: Final = ("jwks_uri", "request_uris", "sector_identifier_uri", "software_statement")


class TooManyWaiting(Conflict):
    """So many programs wait for an organisation's approval that no more are taken."""

    slug = "too-many-programs-waiting"
    title = "Too many programs wait for approval"


class ChangedMeanwhile(Conflict):
    """A program has changed what it asks for since a person read it."""

    slug = "program-changed-meanwhile"
    title = "The program asks for something else now"


def apply(sent: object) -> tuple[RegisteredClient, str | None, str]:
    """Keep a program's application. Returns it, its secret if it has one, and its own token.

    Raises:
        BadRedirect: a redirect URI cannot be one.
        Invalid: something else of it cannot be; the sentence says what and why.
        TooManyWaiting: others wait for that organisation already.
    """
    client, token = wanted(sent, new_id()), token_urlsafe(32)
    secret = clients.new_secret(client)
    row = clients.row_of(client, secret, made_at=clock.now(), approved_at=None)
    row.management_digest = _digest(token)
    with changing() as work:
        work.execute(delete(Client).where(*_waiting(), Client.registered_at < clock.now() - LASTS))
        mine = Client.organisation_id == client.organisation_id
        if (work.scalar(select(func.count()).where(*_waiting(), mine)) or 0) >= WAITING_MAX:
            raise TooManyWaiting("ask the organisation to look at those that wait already")
        work.add(row)
    return client, secret, token


def wanted(sent: object, client_id: UUID) -> RegisteredClient:
    """Return the client that metadata (RFC 7591, 2) describes.

    Raises:
        Invalid: see `apply`.
    """
    if not isinstance(sent, dict):
        raise Invalid("send a JSON object of client metadata")
    _check_types(sent)
    organisation = directory.organisation_by_code(db.session(), sent.get("organisation", ""))
    if organisation is None:
        raise Invalid("organisation must be the ODS code of an organisation here, to approve it")
    grant_types = sent.get("grant_types", ["authorization_code"])
    by_code = "authorization_code" in grant_types
    if sent.get("response_types", ["code"] if by_code else []) != (["code"] if by_code else []):
        raise Invalid("response_types is code with the grant type authorization_code, else nothing")
    fapi = sent.get("profile") == client_rules.FAPI
    client = RegisteredClient(
        client_id=str(client_id),
        id=client_id,
        name=sent.get("client_name", "").strip(),
        organisation_id=organisation.id,
        roles=frozenset({Role.SERVICE}),
        scopes=frozenset(sent.get("scope", "").split()),
        grant_types=frozenset(grant_types),
        redirect_uris=tuple(sent.get("redirect_uris", ())),
        auth_method=sent.get("token_endpoint_auth_method", "client_secret_basic"),
        secret_digest=None,
        jwks=sent.get("jwks"),
        post_logout_redirect_uris=tuple(sent.get("post_logout_redirect_uris", ())),
        profile=sent.get("profile", ""),
        pushed_only=sent.get("require_pushed_authorization_requests", fapi),
        dpop_only=sent.get("dpop_bound_access_tokens", fapi),
    )
    client_rules.check(client)
    signs = sent.get("id_token_signed_response_alg", client.algorithm)
    if signs != client.algorithm:
        raise Invalid(f"id_token_signed_response_alg of such a client is {client.algorithm}")
    return client


def managed(client_id: UUID, token: str) -> Client | None:
    """Return what a program registered, for whoever holds the token it was given for that."""
    with reading() as work:
        row = work.get(Client, client_id)
    if row is None or row.management_digest is None or row.closed_at is not None:
        return None
    return row if compare_digest(row.management_digest, _digest(token)) else None


def change(client_id: UUID, sent: object) -> RegisteredClient:
    """Put other metadata in the place of what waits. Its secret stays.

    Raises:
        Conflict: it waits no more.
        Invalid: see `apply`.
    """
    client = wanted(sent, client_id)
    with changing() as work:
        row = work.get(Client, client_id, with_for_update=True)
        if row is None or row.approved_at is not None:
            raise Conflict("it was approved as it is; register a new one to change it")
        if client.auth_method.startswith("client_secret") != (row.secret_digest is not None):
            raise Invalid("token_endpoint_auth_method cannot change between a secret and none")
        fresh = clients.row_of(client, None, made_at=row.registered_at, approved_at=None)
        fresh.secret_digest, fresh.management_digest = row.secret_digest, row.management_digest
        work.merge(fresh)
    return client


def take_back(client_id: UUID) -> None:
    """Forget an application.

    Raises:
        Conflict: it waits no more.
    """
    with changing() as work:
        gone = work.execute(delete(Client).where(*_waiting(), Client.id == client_id))
    if gone.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict("it was approved; its organisation closes it")


def waiting(organisation_id: UUID) -> list[RegisteredClient]:
    """Return the programs that wait for an organisation's approval, oldest first."""
    recent = Client.registered_at >= clock.now() - LASTS
    mine = select(Client).where(*_waiting(), recent, Client.organisation_id == organisation_id)
    with reading() as work:
        return [clients.of(row) for row in work.scalars(mine.order_by(Client.registered_at))]


def approve(
    work: UnitOfWork, *, client_id: UUID, organisation_id: UUID, read: str
) -> RegisteredClient:
    """Let a program that applied to an organisation do what it asked for.

    *read* is the `fingerprint` of what the person who approves has read.

    Raises:
        ChangedMeanwhile: the program has changed what it asks for since.
        NotFound: no such program waits for that organisation.
    """
    row = _one_waiting(work, client_id, organisation_id)
    client = clients.of(row)
    if not compare_digest(fingerprint(client).encode(), read.encode()):
        raise ChangedMeanwhile("read again what it asks for, then approve that or refuse it")
    clients.record(work, client)
    row.approved_at = work.now
    return client


def fingerprint(client: RegisteredClient) -> str:
    """Return the SHA-256 of all that a client asks to be."""
    return sha256(orjson.dumps(described(client), option=orjson.OPT_SORT_KEYS)).hexdigest()


def refuse(work: UnitOfWork, *, client_id: UUID, organisation_id: UUID) -> None:
    """Forget a program that applied to an organisation. Nothing was given, so nothing is recorded.

    Raises:
        NotFound: no such program waits for that organisation.
    """
    directory_service.may_register_clients(work, organisation_id=organisation_id)
    work.session.delete(_one_waiting(work, client_id, organisation_id))


def _one_waiting(work: UnitOfWork, client_id: UUID, organisation_id: UUID) -> Client:
    row = work.session.get(Client, client_id, with_for_update=True)
    mine = row is not None and row.organisation_id == organisation_id
    if row is None or not mine or row.approved_at is not None or row.closed_at is not None:
        raise NotFound("no such program waits for your organisation")
    return row


def described(client: RegisteredClient) -> dict[str, Any]:
    """Return a client as RFC 7591 metadata."""
    found = directory.organisations(db.session(), {client.organisation_id})  # type: ignore[arg-type]
    by_code = "authorization_code" in client.grant_types
    about: dict[str, Any] = {
        "client_id": client.client_id,
        "client_name": client.name,
        "organisation": next((one.ods_code for one in found.values()), ""),
        "scope": " ".join(sorted(client.scopes)),
        "grant_types": sorted(client.grant_types),
        "response_types": ["code"] if by_code else [],
        "redirect_uris": list(client.redirect_uris),
        "post_logout_redirect_uris": list(client.post_logout_redirect_uris),
        "token_endpoint_auth_method": client.auth_method,
        "id_token_signed_response_alg": client.algorithm,
        "require_pushed_authorization_requests": client.pushed_only,
        "dpop_bound_access_tokens": client.dpop_only,
        "profile": client.profile,
    }
    return about | ({"jwks": client.jwks} if client.jwks else {})


def _check_types(sent: Mapping[str, Any]) -> None:
    for name in _TEXT:
        if not isinstance(sent.get(name, ""), str):
            raise Invalid(f"{name} must be a string")
    for name in _LISTS:
        given = sent.get(name, [])
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            raise Invalid(f"{name} must be a list of strings")
    for name in _SWITCHES:
        if not isinstance(sent.get(name, False), bool):
            raise Invalid(f"{name} must be true or false")
    if not isinstance(sent.get("jwks", {}), dict):
        raise Invalid("jwks must be a JWK set")
    unread = [name for name in _NOT_FETCHED if name in sent]
    if unread:
        raise Invalid(f"{unread[0]} is not taken here; nothing is fetched from a program's address")


def _waiting() -> tuple[Any, ...]:
    return Client.approved_at.is_(None), Client.closed_at.is_(None)


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
