"""Tables of the governance area. Only this package's own modules touch them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Projected
from ledger.governance.rules import NAME_MAX


class Body(Projected):
    """A board or committee."""

    __tablename__ = "bodies"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    host_id: Mapped[UUID] = mapped_column(index=True)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("bodies.id"))
    name: Mapped[str] = mapped_column(String(NAME_MAX))
    reference: Mapped[str] = mapped_column(Text)
    established_at: Mapped[datetime]


class Seat(Projected):
    """A place on a body."""

    __tablename__ = "seats"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    body_id: Mapped[UUID] = mapped_column(ForeignKey("bodies.id"), index=True)
    stakeholder: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(NAME_MAX))


class SeatTerm(Projected):
    """That a person holds a seat."""

    __tablename__ = "seat_terms"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seat_id: Mapped[UUID] = mapped_column(ForeignKey("seats.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(index=True)
    first_day: Mapped[date]
    last_day: Mapped[date | None]
