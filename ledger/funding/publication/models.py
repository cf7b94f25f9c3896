"""Which days of a pool's spending everybody may see."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Projected


class Publication(Projected):
    """Days whose spending is published, or is asked to be."""

    __tablename__ = "pool_publications"
    __table_args__ = (
        CheckConstraint("first_day <= last_day", name="days_in_order"),
        CheckConstraint(
            "(published_at IS NULL) = (log_size IS NULL)"
            " AND (published_at IS NULL) = (floor IS NULL)",
            name="published_as_it_stood",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    asked_by: Mapped[UUID]
    asked_for: Mapped[UUID]
    """The organisation that the asker acted for."""
    published_at: Mapped[datetime | None]
    log_size: Mapped[int | None] = mapped_column(BigInteger)
    floor: Mapped[int | None]
