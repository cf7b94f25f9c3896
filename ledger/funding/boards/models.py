"""The table of who agreed to which board. Only this package's own modules touch it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Projected


class PoolBoard(Projected):
    """Which body a partner wants to decide about a pool's budget."""

    __tablename__ = "pool_boards"

    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    body_id: Mapped[UUID]
    person_id: Mapped[UUID]
    agreed_at: Mapped[datetime]
