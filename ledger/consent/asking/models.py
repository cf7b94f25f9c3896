"""The table of what patients are asked."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Projected


class ConsentRequest(Projected):
    """A question to one patient; what became of it, the consent of the same id says."""

    __tablename__ = "consent_requests"

    consent_id: Mapped[UUID] = mapped_column(ForeignKey("consents.id"), primary_key=True)
    request_id: Mapped[UUID] = mapped_column(index=True)
    patient_id: Mapped[UUID] = mapped_column(index=True)
    agreement_id: Mapped[UUID]
    organisation_id: Mapped[UUID] = mapped_column(index=True)
    awaited_to: Mapped[date] = mapped_column(index=True)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(String(80))
    entry_id: Mapped[UUID]
    notice: Mapped[dict[str, str | int] | None] = mapped_column(JSON(none_as_null=True))
    channel: Mapped[str | None] = mapped_column(String(16))
    reminded_at: Mapped[datetime | None]
