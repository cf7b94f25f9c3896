"""What the entries of motions change."""

from uuid import UUID

from sqlalchemy.orm import Session

from audit import Record
from audit.values import to_json
from ledger.core.projection import Opened, projects
from ledger.governance.motions.entries import (
    BallotCast,
    BodyDissolved,
    InterestDeclared,
    MotionExecuted,
    MotionNotExecuted,
    MotionProposed,
    MotionSeconded,
    MotionWithdrawn,
    VoteCast,
    VoteClosed,
    VoteOpened,
    VoteReminded,
    VotingRulesSet,
)
from ledger.governance.motions.models import BodyRules, Motion, MotionSeat
from ledger.governance.motions.rules import State


@projects(VotingRulesSet)
def rules_set(session: Session, record: Record[VotingRulesSet], _opened: Opened) -> None:
    """The body decides like this."""
    _rules(session, record.entry.body_id).rules = to_json(record.entry.rules)  # type: ignore[assignment]


@projects(BodyDissolved)
def dissolved(session: Session, record: Record[BodyDissolved], _opened: Opened) -> None:
    """The body decides nothing any more."""
    _rules(session, record.entry.body_id).dissolved_at = record.at


@projects(MotionProposed)
def proposed(session: Session, record: Record[MotionProposed], _opened: Opened) -> None:
    """There is one motion more."""
    entry = record.entry
    session.add(
        Motion(
            id=entry.motion_id,
            body_id=entry.body_id,
            entry_id=record.id,
            title=entry.title,
            resolution=entry.resolution,
            effect=entry.effect,
            parameters=entry.parameters,
            mover_id=entry.mover_id,
            proposed_at=record.at,
            state=State.PROPOSED,
            reminded=False,
            result_waits=False,
        )
    )


@projects(MotionSeconded)
def seconded(session: Session, record: Record[MotionSeconded], _opened: Opened) -> None:
    """It may be voted on."""
    _motion(session, record.entry.motion_id).seconder_id = record.entry.person_id


@projects(MotionWithdrawn)
def withdrawn(session: Session, record: Record[MotionWithdrawn], _opened: Opened) -> None:
    """It is over."""
    _motion(session, record.entry.motion_id).state = State.WITHDRAWN


@projects(InterestDeclared)
def declared(session: Session, record: Record[InterestDeclared], _opened: Opened) -> None:
    """The seat stands aside, or its interest is known; what a recused seat voted is void."""
    entry = record.entry
    seat = session.get(MotionSeat, (entry.motion_id, entry.seat_id))
    if seat is None:
        seat = MotionSeat(
            motion_id=entry.motion_id, seat_id=entry.seat_id, person_id=entry.person_id, voted=False
        )
        session.add(seat)
    seat.interest = "recused" if entry.recused else "noted"
    if entry.recused:
        seat.voted, seat.choice = False, None


@projects(VoteOpened)
def opened(session: Session, record: Record[VoteOpened], _opened: Opened) -> None:
    """The roll is made. Who declared an interest and holds the seat no more is not on it."""
    entry = record.entry
    motion = _motion(session, entry.motion_id)
    motion.state, motion.closes_at = State.OPEN, entry.closes_at
    motion.rules = to_json(entry.rules)  # type: ignore[assignment]
    for one in entry.roll:
        seat = session.get(MotionSeat, (entry.motion_id, one.seat_id))
        if seat is None:
            seat = MotionSeat(motion_id=entry.motion_id, seat_id=one.seat_id, voted=False)
            session.add(seat)
        elif seat.person_id != one.person_id:
            seat.interest = None  # It was that of whoever held the seat before.
        seat.person_id, seat.stakeholder = one.person_id, one.stakeholder


@projects(VoteCast)
def cast(session: Session, record: Record[VoteCast], _opened: Opened) -> None:
    """The seat has voted, and how."""
    seat = session.get_one(MotionSeat, (record.entry.motion_id, record.entry.seat_id))
    seat.voted, seat.choice = True, record.entry.choice


@projects(BallotCast)
def cast_secretly(session: Session, record: Record[BallotCast], _opened: Opened) -> None:
    """The seat has voted."""
    session.get_one(MotionSeat, (record.entry.motion_id, record.entry.seat_id)).voted = True


@projects(VoteReminded)
def reminded(session: Session, record: Record[VoteReminded], _opened: Opened) -> None:
    """Nobody is reminded twice."""
    _motion(session, record.entry.motion_id).reminded = True


@projects(VoteClosed)
def closed(session: Session, record: Record[VoteClosed], _opened: Opened) -> None:
    """The outcome stands."""
    entry, motion = record.entry, _motion(session, record.entry.motion_id)
    motion.state, motion.because, motion.closed_at = entry.outcome, entry.because, record.at
    motion.count = to_json(entry.count)  # type: ignore[assignment]


@projects(MotionExecuted)
def executed(session: Session, record: Record[MotionExecuted], _opened: Opened) -> None:
    """It is carried out."""
    entry, motion = record.entry, _motion(session, record.entry.motion_id)
    motion.tried_at, motion.problem = record.at, None
    motion.result, motion.result_waits = entry.result, entry.waiting


@projects(MotionNotExecuted)
def not_executed(session: Session, record: Record[MotionNotExecuted], _opened: Opened) -> None:
    """It waits for somebody to try again."""
    motion = _motion(session, record.entry.motion_id)
    motion.tried_at, motion.problem = record.at, record.entry.problem


def _motion(session: Session, motion_id: UUID) -> Motion:
    return session.get_one(Motion, motion_id)


def _rules(session: Session, body_id: UUID) -> BodyRules:
    row = session.get(BodyRules, body_id)
    if row is None:
        row = BodyRules(body_id=body_id)
        session.add(row)
    return row
