"""The table of reported reads. Only this package's own modules touch it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Enum, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ledger.access.reported.rules.reconciling import Finding
from ledger.core.db import Projected


class ReportedRead(Projected):
    """A read that a source system reported, and what it came to."""

    __tablename__ = "access_reported_reads"
    __table_args__ = (
        UniqueConstraint("source_key", name="uq_access_reported_reads_source_key"),
        Index("ix_access_reported_reads_of_patient", "patient_id", "read_at"),
        Index("ix_access_reported_reads_flagged", "organisation_id", "finding", "settled_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[UUID]
    """The entry whose private part is the event as it came."""
    patient_id: Mapped[UUID]
    organisation_id: Mapped[UUID]
    """Whose system reported it: their privacy officer looks at it."""
    source_key: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[UUID | None]
    read_at: Mapped[datetime]
    received_at: Mapped[datetime]
    action: Mapped[str] = mapped_column(String(1))
    purpose: Mapped[str | None] = mapped_column(String(64))
    decision_id: Mapped[UUID | None]
    finding: Mapped[Finding] = mapped_column(
        Enum(Finding, native_enum=False, length=32, values_callable=lambda e: [m.value for m in e])
    )
    settled_at: Mapped[datetime | None]
    justified: Mapped[bool | None]
