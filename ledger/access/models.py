"""Tables of the access area. Only this package's own modules touch them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

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
