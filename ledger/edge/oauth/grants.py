"""What was given to clients, kept: codes and refresh tokens work once, and a second use tells.

A second use means that somebody else has it too, and nobody knows who came first: so it
revokes the grant, and with it every token that came of it.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any, Final
from uuid import UUID

from authlib.oauth2.rfc6749 import TokenMixin
from authlib.oidc.core import AuthorizationCodeMixin
from sqlalchemy import delete, or_, select, update

from ledger.core import clock
from ledger.core.ids import new_id
from ledger.edge.oauth import tokens
from ledger.edge.oauth.models import Code, Grant, PushedRequest, RefreshToken, UsedAssertion
from ledger.edge.operational import changing, reading
from ledger.edge.sessions import Authentication

CODE_LASTS: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Granter:
    """The person who gives a client leave: who, as what, and how they proved it."""

    person_id: UUID
    membership_id: UUID | None
    authentication: Authentication


@dataclass(frozen=True, slots=True)
class KeptCode(AuthorizationCodeMixin):  # type: ignore[misc]  # Authlib has no types.
    """A code that is good now, with its grant; the protocol asks it these things."""

    row: Code
    grant: Grant

    @property
    def code_challenge(self) -> str:
        return self.row.code_challenge

    @property
    def code_challenge_method(self) -> str:
        return "S256"

    def get_redirect_uri(self) -> str:
        return self.row.redirect_uri

    def get_scope(self) -> str:
        return self.grant.scope

    def get_nonce(self) -> str | None:
        return self.row.nonce

    def _proof(self, what: str) -> Any:
        return self.grant.authentication and self.grant.authentication[what]

    def get_auth_time(self) -> int | None:
        return self._proof("auth_time")  # type: ignore[no-any-return]

    def get_acr(self) -> str | None:
        return self._proof("acr")  # type: ignore[no-any-return]

    def get_amr(self) -> list[str] | None:
        return self._proof("amr")  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class KeptRefreshToken(TokenMixin):  # type: ignore[misc]  # Authlib has no types.
    """A refresh token that is good now, with its grant."""

    row: RefreshToken
    grant: Grant

    def check_client(self, client: Any) -> bool:
        return bool(self.grant.client_id == client.get_client_id())

    def get_scope(self) -> str:
        return self.grant.scope


def give(
    client_id: str, *, scope: str, resources: Collection[str], granter: Granter | None
) -> Grant:
    """Keep a new grant, of a person or (without one) to the client itself."""
    grant = Grant(
        id=new_id(),
        client_id=client_id,
        person_id=granter and granter.person_id,
        membership_id=granter and granter.membership_id,
        scope=scope,
        resources=list(resources),
        authentication=granter and asdict(granter.authentication),
        made_at=clock.now(),
    )
    if grant.id.bytes[-1] == 0:  # One grant in 256 sweeps for all.
        forget_old()
    with changing() as work:
        work.add(grant)
    return grant


def keep_code(
    code: str,
    grant: Grant,
    *,
    redirect_uri: str | None,
    code_challenge: str,
    nonce: str | None,
    jkt: str | None,
) -> None:
    """Keep a code by which *grant* may be taken up, once, within a minute, by the key *jkt*."""
    now = clock.now()
    with changing() as work:
        work.add(
            Code(
                digest=digest(code),
                grant_id=grant.id,
                redirect_uri=redirect_uri or "",
                code_challenge=code_challenge,
                nonce=nonce,
                jkt=jkt,
                ends_at=now + CODE_LASTS,
            )
        )


def code(text: str, client_id: str) -> KeptCode | None:
    """Return a code of this client that may still be used. One used before revokes."""
    with reading() as work:
        row = work.get(Code, digest(text))
        grant = work.get_one(Grant, row.grant_id) if row else None
    if row is None or grant is None or grant.client_id != client_id:
        return None
    if row.used_at is not None:
        revoke(grant.id)
        return None
    good = row.ends_at > clock.now() and grant.revoked_at is None
    return KeptCode(row, grant) if good else None


def refresh_token(text: str, *, of_client: str | None = None) -> KeptRefreshToken | None:
    """Return a refresh token that may still be used.

    *of_client*, which is about to use it: if it was used before, its grant is revoked. Another
    client, which cannot use it, revokes nothing.
    """
    with reading() as work:
        row = work.get(RefreshToken, digest(text))
        grant = work.get_one(Grant, row.grant_id) if row else None
    if row is None or grant is None:
        return None
    if row.used_at is not None:
        if grant.client_id == of_client:
            revoke(grant.id)
        return None
    good = row.ends_at > clock.now() and grant.revoked_at is None
    return KeptRefreshToken(row, grant) if good else None


def use(kept: KeptCode | KeptRefreshToken) -> bool:
    """Mark as used. Of two requests at once exactly one may: the other revokes the grant."""
    kind: type[Code | RefreshToken] = type(kept.row)
    mine = update(kind).where(kind.digest == kept.row.digest, kind.used_at.is_(None))
    with changing() as work:
        won = work.execute(mine.values(used_at=clock.now())).rowcount == 1  # type: ignore[attr-defined]
    if not won:
        revoke(kept.grant.id)
    return bool(won)


def new_refresh_token(grant: Grant, lasts: timedelta, *, jkt: str | None) -> str:
    """Return a refresh token of *grant*, for the key *jkt* alone if there is one."""
    text = token_urlsafe(32)
    ends_at = clock.now() + lasts
    with changing() as work:
        work.add(RefreshToken(digest=digest(text), grant_id=grant.id, jkt=jkt, ends_at=ends_at))
    return text


def find(grant_id: UUID) -> Grant | None:
    """Return a grant, revoked or not."""
    with reading() as work:
        return work.get(Grant, grant_id)


def has_given(
    granter: Granter, client_id: str, scopes: Collection[str], resources: Collection[str]
) -> bool:
    """Say whether a person, in the same role, has given a client leave for all of that before.

    All of *scopes* for all of *resources*, at one time, and not taken back since.
    """
    given = select(Grant.scope, Grant.resources).where(
        Grant.person_id == granter.person_id,
        Grant.membership_id == granter.membership_id,
        Grant.client_id == client_id,
        Grant.revoked_at.is_(None),
    )
    with reading() as work:
        return any(
            set(scope.split()).issuperset(scopes) and set(whither).issuperset(resources)
            for scope, whither in work.execute(given)
        )


def revoke(grant_id: UUID) -> None:
    """End a grant and every token that came of it."""
    mine = update(Grant).where(Grant.id == grant_id, Grant.revoked_at.is_(None))
    with changing() as work:
        work.execute(mine.values(revoked_at=clock.now()))
    tokens.revocations().changed()


def revoke_all(person_id: UUID, *, forget: bool = False) -> None:
    """End everything that a person has given to programs; *forget* how they had signed in."""
    theirs = update(Grant).where(Grant.person_id == person_id)
    with changing() as work:
        work.execute(theirs.where(Grant.revoked_at.is_(None)).values(revoked_at=clock.now()))
        if forget:
            work.execute(theirs.values(authentication=None))
    tokens.revocations().changed()


def digest(text: str) -> bytes:
    """Return the SHA-256 under which a secret is kept."""
    return sha256(text.encode()).digest()


def forget_old() -> None:
    """Delete what can tell nobody anything any more. Issuing tokens does this now and then."""
    now = clock.now()
    day_ago, season_ago = now - timedelta(days=1), now - timedelta(days=90)
    kept = (select(Code.grant_id), select(RefreshToken.grant_id))
    with changing() as work:
        for kind in (Code, RefreshToken, UsedAssertion, PushedRequest):
            work.execute(delete(kind).where(kind.ends_at < day_ago))
        over = or_(
            Grant.person_id.is_(None), Grant.revoked_at < day_ago, Grant.made_at < season_ago
        )
        old = delete(Grant).where(Grant.made_at < day_ago, over)
        work.execute(old.where(*(Grant.id.not_in(ids) for ids in kept)))
