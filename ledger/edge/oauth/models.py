"""Tables of the authorization server. Secrets and tokens are kept as SHA-256, keys encrypted."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Operational


class Client(Operational):
    """A program that may ask for tokens, from when somebody of its organisation approves it.

    Attributes:
        management_digest: Of the token by which a program that registered itself reads what it
            registered, and takes it back (RFC 7592).
    """

    __tablename__ = "oauth_clients"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    organisation_id: Mapped[UUID]
    roles: Mapped[list[str]] = mapped_column(JSON)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    grant_types: Mapped[list[str]] = mapped_column(JSON)
    redirect_uris: Mapped[list[str]] = mapped_column(JSON)
    post_logout_redirect_uris: Mapped[list[str]] = mapped_column(JSON)
    auth_method: Mapped[str] = mapped_column(String(32))
    secret_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    jwks: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    profile: Mapped[str] = mapped_column(String(16))
    pushed_only: Mapped[bool]
    dpop_only: Mapped[bool]
    management_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    registered_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class Grant(Operational):
    """What a client was given. Revoking it ends every token that came of it."""

    __tablename__ = "oauth_grants"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64), index=True)
    person_id: Mapped[UUID | None] = mapped_column(index=True)
    membership_id: Mapped[UUID | None]
    scope: Mapped[str] = mapped_column(Text)
    resources: Mapped[list[str]] = mapped_column(JSON)
    authentication: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None] = mapped_column(index=True)


class Code(Operational):
    """An authorization code: what it may be exchanged for, and by whom.

    Attributes:
        jkt: Thumbprint of the only key that may exchange it, if it is bound to one (RFC 9449, 10).
    """

    __tablename__ = "oauth_codes"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("oauth_grants.id"))
    redirect_uri: Mapped[str] = mapped_column(Text)
    code_challenge: Mapped[str] = mapped_column(String(128))
    nonce: Mapped[str | None] = mapped_column(Text)
    jkt: Mapped[str | None] = mapped_column(String(64))
    ends_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RefreshToken(Operational):
    """A refresh token. Kept after its use, to notice a second one.

    Attributes:
        jkt: Thumbprint of the only key that may use it: of clients that have no other proof.
    """

    __tablename__ = "oauth_refresh_tokens"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("oauth_grants.id"))
    jkt: Mapped[str | None] = mapped_column(String(64))
    ends_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PushedRequest(Operational):
    """What a client asks of a person, sent by itself beforehand (RFC 9126). Taken up once."""

    __tablename__ = "oauth_pushed_requests"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64))
    parameters: Mapped[list[list[str]]] = mapped_column(JSON)
    ends_at: Mapped[datetime]


class UsedAssertion(Operational):
    """The ``jti`` of an assertion (RFC 7523) or a proof (RFC 9449) that was used, until it ends."""

    __tablename__ = "oauth_assertions"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    ends_at: Mapped[datetime] = mapped_column(index=True)


class SigningKey(Operational):
    """A key that signs tokens. The newest that has begun signs; older ones still verify."""

    __tablename__ = "oauth_keys"

    kid: Mapped[str] = mapped_column(String(64), primary_key=True)
    begins_at: Mapped[datetime]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
