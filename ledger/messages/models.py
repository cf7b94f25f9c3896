"""Tables of the messages area. Only this package's own modules touch them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Operational, Projected


class Endpoint(Operational):
    """Where a program of an organisation is told of changes.

    Attributes:
        kinds: Kinds or areas; none: all that concern the organisation.
        sealed_secret: What signs, encrypted; the newest.
        sealed_before: The secret before it, which signs too until `before_ends_at`.
        paused: Why it is sent nothing; None while it is.
        failing_since: When it last took something, if it has not since.
    """

    __tablename__ = "webhook_endpoints"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(index=True)
    url: Mapped[str] = mapped_column(Text)
    kinds: Mapped[list[str]] = mapped_column(JSON)
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_before: Mapped[bytes | None] = mapped_column(LargeBinary)
    before_ends_at: Mapped[datetime | None]
    paused: Mapped[str | None] = mapped_column(String(16))
    failing_since: Mapped[datetime | None]
    registered_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Delivery(Operational):
    """One entry that one endpoint is told of. `due_at` is None when nothing is left to do."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (Index("ix_webhook_deliveries_due", "endpoint_id", "due_at"),)

    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoints.id"), primary_key=True)
    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    index: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(64))
    queued_at: Mapped[datetime] = mapped_column(index=True)
    due_at: Mapped[datetime | None]
    attempts: Mapped[int]
    """Since it was last queued."""
    delivered_at: Mapped[datetime | None]


class Attempt(Operational):
    """One try to deliver, and what came of it."""

    __tablename__ = "webhook_attempts"
    __table_args__ = (Index("ix_webhook_attempts_delivery", "endpoint_id", "entry_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    endpoint_id: Mapped[UUID]
    entry_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(index=True)
    took_ms: Mapped[int]
    status: Mapped[int | None]
    """The HTTP status; None if there was no answer."""
    problem: Mapped[str | None] = mapped_column(String(200))


class Acknowledgement(Projected):
    """That an organisation has acted on an entry."""

    __tablename__ = "acknowledgements"

    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    acknowledged_at: Mapped[datetime]
    by_entry_id: Mapped[UUID]


class Alert(Operational):
    """An e-mail that one person gets. Its words are made when it is sent, and kept nowhere.

    Attributes:
        subject: What it is about, as the log names subjects; a link is made of it.
        due_at: When it is tried next; None when nothing is left to do.
    """

    __tablename__ = "alerts"
    __table_args__ = (Index("ix_alerts_due", "due_at"),)

    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)
    reason: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(64))
    queued_at: Mapped[datetime] = mapped_column(index=True)
    due_at: Mapped[datetime | None]
    attempts: Mapped[int]
    sent_at: Mapped[datetime | None]
    problem: Mapped[str | None] = mapped_column(String(32))


class AlertChoice(Operational):
    """How somebody wants to be told: at once, once a day, or never. No row: at once."""

    __tablename__ = "alert_choices"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    how: Mapped[str] = mapped_column(String(8))
