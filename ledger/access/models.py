"""Tables of the access area. Only this package's own modules touch them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Enum, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ledger.access.rules.words import Alert
from ledger.core.db import Projected


class Override(Projected):
    """The glass is broken: for one person and one patient, until `ends_at`."""

    __tablename__ = "access_overrides"
    __table_args__ = (
        Index("ix_access_overrides_open", "patient_id", "person_id", "ends_at"),
        Index("ix_access_overrides_unreviewed", "organisation_id", "reviewed_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID]
    person_id: Mapped[UUID]
    organisation_id: Mapped[UUID]
    reason_code: Mapped[str] = mapped_column(String(32))
    entry_id: Mapped[UUID]
    """The entry whose private part holds the reason in words."""
    opened_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reviewed_at: Mapped[datetime | None]
    reviewer_id: Mapped[UUID | None]
    justified: Mapped[bool | None]
    seconded_at: Mapped[datetime | None]
    seconded_by: Mapped[UUID | None]
    overdue_at: Mapped[datetime | None]
    """When it was noted that nobody had reviewed it in time."""


class AccessAlert(Projected):
    """On this day (UTC) care went on between two organisations although something was amiss.

    One row however often it did: decisions are many, and this is what to put right.
    """

    __tablename__ = "access_alerts"

    raised_on: Mapped[date] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    """Whom the askers acted for."""
    holder_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)
    alert: Mapped[Alert] = mapped_column(
        Enum(Alert, native_enum=False, length=32, values_callable=lambda e: [m.value for m in e]),
        primary_key=True,
    )
