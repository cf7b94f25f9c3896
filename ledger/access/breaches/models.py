"""The table of possible breaches. Only the access area's own modules touch it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Projected


class PossibleBreach(Projected):
    """What an organisation has to find out, and until when."""

    __tablename__ = "possible_breaches"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(index=True)
    consent_id: Mapped[UUID | None]
    organisation_id: Mapped[UUID] = mapped_column(index=True)
    decisions: Mapped[int]
    entry_id: Mapped[UUID]
    found_at: Mapped[datetime]
    due_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    notified: Mapped[bool | None]
