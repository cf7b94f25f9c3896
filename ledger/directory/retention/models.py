"""Tables of keeping and forgetting. Only this package touches them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Enum, String
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Operational, Projected
from ledger.directory.retention.rules import HoldReason


class RetentionHold(Projected):
    """A legal duty to keep something. Why, in words, is in its entry's private part."""

    __tablename__ = "retention_holds"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(64))
    """What is held, as ``sort:id``."""
    subject_id: Mapped[UUID] = mapped_column(index=True)
    reason: Mapped[HoldReason] = mapped_column(
        Enum(
            HoldReason,
            native_enum=False,
            length=32,
            values_callable=lambda e: [m.value for m in e],
        )
    )
    review_on: Mapped[date | None]
    placed_at: Mapped[datetime]
    placed_by: Mapped[str] = mapped_column(String(80))
    entry_id: Mapped[UUID]
    lifted_at: Mapped[datetime | None]


class ErasureRequest(Projected):
    """A patient asked to be erased. `outcome` is ``erased`` or the ground it was declined on."""

    __tablename__ = "erasure_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(index=True)
    asked_at: Mapped[datetime]
    entry_id: Mapped[UUID]
    answered_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(32))
    answer_entry_id: Mapped[UUID | None]


class Disposal(Projected):
    """Private values that somebody proposed to destroy, and what somebody else decided."""

    __tablename__ = "retention_disposals"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    retention_class: Mapped[str] = mapped_column(String(40))
    parts: Mapped[int]
    list_sha256: Mapped[str] = mapped_column(String(64))
    due_by: Mapped[date]
    proposer: Mapped[str] = mapped_column(String(80))
    proposed_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decider: Mapped[str | None] = mapped_column(String(80))
    approved: Mapped[bool | None]


class RetentionDue(Operational):
    """What the last look found to be due, by class."""

    __tablename__ = "retention_due"

    retention_class: Mapped[str] = mapped_column(String(40), primary_key=True)
    parts: Mapped[int]
    subjects: Mapped[int]
    looked_at: Mapped[datetime]
