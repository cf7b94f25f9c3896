"""Tables of the authorization server. Secrets and tokens are kept as SHA-256, keys encrypted."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Operational


class Client(Operational):
    """A program that may ask for tokens."""

    __tablename__ = "oauth_clients"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    organisation_id: Mapped[UUID]
    roles: Mapped[list[str]] = mapped_column(JSON)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    grant_types: Mapped[list[str]] = mapped_column(JSON)
    redirect_uris: Mapped[list[str]] = mapped_column(JSON)
    auth_method: Mapped[str] = mapped_column(String(32))
    secret_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    jwks: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    registered_at: Mapped[datetime]
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
    """An authorization code: what it may be exchanged for, and by whom."""

    __tablename__ = "oauth_codes"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("oauth_grants.id"))
    redirect_uri: Mapped[str] = mapped_column(Text)
    code_challenge: Mapped[str] = mapped_column(String(128))
    nonce: Mapped[str | None] = mapped_column(Text)
    ends_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RefreshToken(Operational):
    """A refresh token. Kept after its use, to notice a second one."""

    __tablename__ = "oauth_refresh_tokens"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("oauth_grants.id"))
    ends_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class UsedAssertion(Operational):
    """The ``jti`` of a client's assertion that was used (RFC 7523), until it runs out."""

    __tablename__ = "oauth_assertions"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    ends_at: Mapped[datetime] = mapped_column(index=True)


class SigningKey(Operational):
    """A key that signs tokens. The newest that has begun signs; older ones still verify."""

    __tablename__ = "oauth_keys"

    kid: Mapped[str] = mapped_column(String(64), primary_key=True)
    begins_at: Mapped[datetime]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
