"""Access tokens: JWTs (RFC 9068) that are made here and checked here without the database.

A signature is checked once: what a token says is remembered by the token's digest, for as long
as the keys that signed it are (a minute at a time). Whether it has run out or was revoked is
asked each time.

What cannot wait for a token to run out is its grant's revocation: each process keeps the
grants revoked of late in memory, told at once by its own and within two seconds by others'.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any, Final
from uuid import UUID

from flask import Flask, current_app
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from sqlalchemy import select

from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.errors import NotAuthenticated
from ledger.edge.oauth.clients import RegisteredClient
from ledger.edge.oauth.keys import ALGORITHM, ALGORITHMS, Keyrings, keyrings
from ledger.edge.oauth.models import Grant
from ledger.edge.operational import reading
from ledger.edge.sessions import Authentication

REGISTRY: Final = JWSRegistry(algorithms=list(ALGORITHMS))
TYPE: Final = "at+jwt"
_TYPES: Final = frozenset({TYPE, "application/at+jwt"})
_REMEMBERED_MAX: Final = 10_000
_LOOK_EVERY: Final = timedelta(seconds=2)


class InvalidToken(NotAuthenticated):
    """The access token is not good for this request."""

    slug = "invalid-token"
    title = "The access token is not accepted"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.challenge = (
            f'Bearer realm="care-ledger", error="invalid_token", error_description="{detail}"'
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """What a good token says.

    Attributes:
        person_id: Whom the client acts for; None if it acts for its organisation.
        organisation_id, roles: Whose client it is, and as what, if no person is.
        jkt: Thumbprint of the key that whoever sends it must hold (RFC 9449); None for any bearer.
    """

    client_id: str
    person_id: UUID | None
    membership_id: UUID | None
    organisation_id: UUID | None
    roles: frozenset[Role]
    scopes: frozenset[str]
    audience: tuple[str, ...]
    authentication: Authentication | None
    grant_id: UUID
    token_id: str
    ends_at: int
    jkt: str | None = None


class Revocations:
    """The grants that were revoked while tokens of theirs may still be about."""

    def __init__(self, tokens_last: timedelta) -> None:
        self._tokens_last = tokens_last
        self._revoked: frozenset[UUID] = frozenset()
        self._seen_at: datetime | None = None

    def include(self, grant_id: UUID, now: datetime) -> bool:
        """Say whether a grant is revoked."""
        if self._seen_at is None or not timedelta(0) <= now - self._seen_at < _LOOK_EVERY:
            since = now - self._tokens_last - _LOOK_EVERY
            with reading() as work:
                found = work.scalars(select(Grant.id).where(Grant.revoked_at >= since))
                self._revoked = frozenset(found)
            self._seen_at = now
        return grant_id in self._revoked

    def changed(self) -> None:
        """Look again before the next answer."""
        self._seen_at = None


def init_app(app: Flask) -> None:
    """Give *app* its list of revoked grants."""
    lifetime = timedelta(minutes=app.extensions["settings"].access_token_minutes)
    app.extensions["oauth_revocations"] = Revocations(lifetime)


def revocations() -> Revocations:
    """Return the revocations of the current application."""
    found: Revocations = current_app.extensions["oauth_revocations"]
    return found


def signed(claims: Mapping[str, Any], *, kind: str = TYPE, algorithm: str = ALGORITHM) -> str:
    """Return *claims* as a JWT under the key that signs now."""
    key = keyrings().now().signing
    return jwt.encode({"alg": algorithm, "typ": kind, "kid": key.kid}, {**claims}, key, [algorithm])


def claims_of(
    client: RegisteredClient,
    *,
    issuer: str,
    grant: Grant,
    scope: str,
    audience: tuple[str, ...],
    lasts: timedelta,
    jkt: str | None = None,
) -> dict[str, Any]:
    """Return the claims of a new access token, bound to the key *jkt* if there is one."""
    now = int(clock.now().timestamp())
    claims: dict[str, Any] = {
        "iss": issuer,
        "sub": str(grant.person_id or client.client_id),
        "aud": list(audience) if len(audience) > 1 else audience[0],
        "iat": now,
        "exp": now + int(lasts.total_seconds()),
        "jti": token_urlsafe(12),
        "client_id": client.client_id,
        "scope": scope,
        "grant": str(grant.id),
    }
    if jkt:
        claims["cnf"] = {"jkt": jkt}
    if grant.person_id is None:
        claims |= {"org": str(client.organisation_id), "roles": sorted(client.roles)}
    elif grant.membership_id:
        claims["membership"] = str(grant.membership_id)
    if grant.authentication:
        proof = grant.authentication
        claims |= {"auth_time": proof["auth_time"], "amr": list(proof["amr"]), "idp": proof["iss"]}
        claims |= {"acr": proof["acr"]} if proof["acr"] else {}
    return claims


def read(text: str, *, issuer: str, rings: Keyrings | None = None) -> AccessToken:
    """Return what an access token of ours says.

    Raises:
        InvalidToken: it is no such token, is not good now, or was revoked.
    """
    rings, now = rings or keyrings(), clock.now()
    ring, digest = rings.now(), sha256(f"{issuer} {text}".encode()).digest()
    found: AccessToken | None = ring.verified.get(digest)
    if found is None:
        found = _verified(text, issuer, rings, now)
        if len(ring.verified) >= _REMEMBERED_MAX:
            ring.verified.clear()
        ring.verified[digest] = found
    if found.ends_at <= now.timestamp():
        raise InvalidToken("the token has run out; get a new one")
    if revocations().include(found.grant_id, now):
        raise InvalidToken("the token was revoked; get a new one")
    return found


def _verified(text: str, issuer: str, rings: Keyrings, now: datetime) -> AccessToken:
    """Return what a token says that was signed here and has not run out."""
    try:
        try:
            token = _decoded(text, rings.now().verifying)
        except InvalidKeyIdError:
            token = _decoded(text, rings.now(unknown=True).verifying)
        claims = token.claims
        if str(token.header.get("typ")).lower() not in _TYPES:
            raise InvalidToken("this is not an access token; send the access_token you were given")
        if claims["iss"] != issuer:
            raise InvalidToken("another service issued this token")
        if claims["exp"] <= now.timestamp():
            raise InvalidToken("the token has run out; get a new one")
        return _said(claims, issuer)
    except (AttributeError, JoseError, KeyError, TypeError, ValueError) as error:
        raise InvalidToken("the token is malformed or was not signed here") from error


def _decoded(text: str, keys: KeySet) -> jwt.Token:
    return jwt.decode(text, keys, registry=REGISTRY)


def _said(claims: Mapping[str, Any], issuer: str) -> AccessToken:
    """Return the claims as values. They were signed here, and so have the shape made here."""
    audience, client_id, subject = claims["aud"], claims["client_id"], claims["sub"]
    by_itself = subject == client_id
    membership, auth_time = claims.get("membership"), claims.get("auth_time")
    return AccessToken(
        client_id=client_id,
        person_id=None if by_itself else UUID(subject),
        membership_id=UUID(membership) if membership else None,
        organisation_id=UUID(claims["org"]) if by_itself else None,
        roles=frozenset(map(Role, claims["roles"])) if by_itself else frozenset(),
        scopes=frozenset(claims["scope"].split()),
        audience=(audience,) if isinstance(audience, str) else tuple(audience),
        authentication=None
        if auth_time is None
        else Authentication(
            iss=issuer,
            sub=subject,
            acr=claims.get("acr"),
            amr=tuple(claims.get("amr", ())),
            auth_time=auth_time,
            token_id=claims["jti"],
            via=claims["idp"],
        ),
        grant_id=UUID(claims["grant"]),
        token_id=claims["jti"],
        ends_at=claims["exp"],
        jkt=claims["cnf"]["jkt"] if "cnf" in claims else None,
    )
