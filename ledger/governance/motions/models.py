"""Tables of motions. Only this package's own modules touch them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Operational, Projected
from ledger.governance.motions.rules import TITLE_MAX


class BodyRules(Projected):
    """How a body decides, and whether it still does."""

    __tablename__ = "body_rules"

    body_id: Mapped[UUID] = mapped_column(ForeignKey("bodies.id"), primary_key=True)
    rules: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """As the log spells them."""
    dissolved_at: Mapped[datetime | None]


class Motion(Projected):
    """What a body is asked to decide, and how far that has got."""

    __tablename__ = "motions"
    __table_args__ = (Index("ix_motions_of_body", "body_id", "state"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    body_id: Mapped[UUID] = mapped_column(ForeignKey("bodies.id"))
    entry_id: Mapped[UUID]
    title: Mapped[str] = mapped_column(String(TITLE_MAX))
    resolution: Mapped[str] = mapped_column(Text)
    effect: Mapped[str | None] = mapped_column(String(64))
    parameters: Mapped[str | None] = mapped_column(Text)
    mover_id: Mapped[UUID]
    proposed_at: Mapped[datetime]
    seconder_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(String(16))
    rules: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """By which it is voted on, since that began."""
    closes_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    reminded: Mapped[bool]
    because: Mapped[str | None] = mapped_column(String(32))
    count: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    tried_at: Mapped[datetime | None]
    """When its effect was last tried."""
    problem: Mapped[str | None] = mapped_column(String(80))
    """What refused the effect when it was last tried."""
    result: Mapped[str | None] = mapped_column(String(120))
    """What the effect made; it is carried out once."""
    result_waits: Mapped[bool]


class MotionSeat(Projected):
    """A seat and a motion: whether it may vote, what it said, what it declared."""

    __tablename__ = "motion_seats"

    motion_id: Mapped[UUID] = mapped_column(ForeignKey("motions.id"), primary_key=True)
    seat_id: Mapped[UUID] = mapped_column(ForeignKey("seats.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(index=True)
    stakeholder: Mapped[str | None] = mapped_column(String(16))
    """Its class, once it is on the roll; None for a declaration made before the vote."""
    interest: Mapped[str | None] = mapped_column(String(8))
    """``noted`` or ``recused``; None where none was declared."""
    voted: Mapped[bool]
    choice: Mapped[str | None] = mapped_column(String(8))
    """What it voted by name; None in a secret vote, and before it votes."""


class BallotBox(Operational):
    """Sums of a secret vote while it is open. Emptied at the close; holds no voter and no time."""

    __tablename__ = "ballot_boxes"

    motion_id: Mapped[UUID] = mapped_column(primary_key=True)
    choice: Mapped[str] = mapped_column(String(8), primary_key=True)
    ballots: Mapped[int]
