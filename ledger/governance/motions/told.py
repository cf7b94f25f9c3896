"""What minutes say of a motion beside its count: who declared what, and which entries tell it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Entry
from ledger.core.as_said import said_of
from ledger.governance.motions.entries import (
    InterestDeclared,
    MotionExecuted,
    MotionNotExecuted,
    MotionProposed,
    MotionSeconded,
    VoteClosed,
    VoteOpened,
)
from ledger.governance.motions.models import MotionSeat

_TOLD: Final[tuple[type[Entry], ...]] = (
    MotionProposed,
    MotionSeconded,
    InterestDeclared,
    VoteOpened,
    VoteClosed,
    MotionExecuted,
    MotionNotExecuted,
)
"""No ballots: the roll says who voted, and the order of a secret vote is nobody's business."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """An interest that was declared for a seat, also by one who was not on the roll later."""

    seat_id: UUID
    person_id: UUID
    recused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An entry about a motion: its index in the ledger, what sort it is, and when it was made."""

    index: int
    kind: type[Entry]
    at: datetime


def interests(session: Session, motion_id: UUID) -> Sequence[Interest]:
    """Return the interests that were declared in a motion, by seat."""
    rows = session.scalars(
        select(MotionSeat)
        .where(MotionSeat.motion_id == motion_id, MotionSeat.interest.is_not(None))
        .order_by(MotionSeat.seat_id)
    )
    return [
        Interest(seat_id=row.seat_id, person_id=row.person_id, recused=row.interest == "recused")
        for row in rows
    ]


def entries(session: Session, motion_id: UUID, *, body_id: UUID, size: int) -> Sequence[Told]:
    """Return the entries that tell a motion's life, of the ledger's first *size*."""
    return [
        Told(index=index, kind=type(record.entry), at=record.at)
        for index, record in said_of(session, f"body:{body_id}", _TOLD, size=size)
        if getattr(record.entry, "motion_id", None) == motion_id
    ]
