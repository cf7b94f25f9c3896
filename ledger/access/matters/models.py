"""Tables of matters. Only this package touches them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Projected


class LookMatter(Projected):
    """A question or complaint about one look, as it stands."""

    __tablename__ = "look_matters"
    __table_args__ = (
        Index("ix_look_matters_owner", "owner_id", "answered_at"),
        Index("ix_look_matters_escalated", "escalated_to", "answered_at"),
        Index("ix_look_matters_due", "answered_at", "escalated_to"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(index=True)
    look_id: Mapped[UUID]
    looked_by: Mapped[UUID | None]
    asking_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    escalated_to: Mapped[UUID | None]
    sort: Mapped[str] = mapped_column(String(16))
    raised_by: Mapped[str] = mapped_column(String(64))
    """As the log spells it."""
    raised_at: Mapped[datetime]
    acknowledge_by: Mapped[date]
    answer_by: Mapped[date]
    acknowledged_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(16))


class MatterStep(Projected):
    """Something that happened to a matter. What was said is in the entry's private part."""

    __tablename__ = "look_matter_steps"

    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    matter_id: Mapped[UUID] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
