"""Counting a vote when its time is over, or when everybody has voted."""

from uuid import UUID

from sqlalchemy import delete, select

from ledger.core.errors import Conflict
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.governance.motions import counting
from ledger.governance.motions.counting import Because, Decision
from ledger.governance.motions.entries import VoteClosed
from ledger.governance.motions.models import BallotBox
from ledger.governance.motions.rules import Choice, State, check_state
from ledger.governance.motions.service.holding import HeldMotion, hold_motion


class VoteRunning(Conflict):
    """Somebody may still vote."""

    slug = "vote-running"
    title = "People can still vote on this"


def close(work: UnitOfWork, motion_id: UUID) -> Decision:
    """Count the vote and record the outcome, with the whole count.

    What the motion decided is carried out afterwards, by `execute`: whatever becomes of that,
    the outcome stands.

    Raises:
        NotFound: there is no such motion, or they may not read it.
        WrongState: the vote is not open.
        VoteRunning: its time is not over, and somebody has not voted.
    """
    motion = hold_motion(work, motion_id)
    work.authorise(Permission.MOTION_CLOSE, on=motion.resource)
    check_state(State(motion.row.state), State.OPEN)
    running = motion.row.closes_at is not None and work.now < motion.row.closes_at
    if running and not motion.body.dissolved and not _all_voted(motion):
        raise VoteRunning("wait until everybody has voted, or until it closes by itself")
    decision = _counted(work, motion)
    if motion.body.dissolved:
        decision = Decision(State.LAPSED, Because.BODY_DISSOLVED, decision.count)
    work.record(
        VoteClosed(
            motion_id=motion_id,
            body_id=motion.body.id,
            outcome=decision.outcome,
            because=decision.because,
            count=decision.count,
        )
    )
    work.session.execute(delete(BallotBox).where(BallotBox.motion_id == motion_id))
    return decision


def _all_voted(motion: HeldMotion) -> bool:
    return all(
        motion.seats[one.seat_id].voted for one in motion.roll if one.seat_id not in motion.recused
    )


def _counted(work: UnitOfWork, motion: HeldMotion) -> Decision:
    if not motion.rules.secret:
        cast = {key: Choice(one.choice) for key, one in motion.seats.items() if one.choice}
        return counting.named(motion.rules, motion.roll, recused=motion.recused, ballots=cast)
    boxes = work.session.scalars(select(BallotBox).where(BallotBox.motion_id == motion.row.id))
    return counting.secret(
        motion.rules,
        motion.roll,
        recused=motion.recused,
        voted=frozenset(key for key, one in motion.seats.items() if one.voted),
        sums={Choice(box.choice): box.ballots for box in boxes},
    )
