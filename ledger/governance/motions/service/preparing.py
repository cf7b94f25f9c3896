"""Up to the vote: proposing a motion, seconding it, taking it back, opening the vote."""

from datetime import datetime, timedelta
from uuid import UUID

from ledger.core.errors import Conflict, Forbidden
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.governance.motions import effects
from ledger.governance.motions.counting import check_reachable
from ledger.governance.motions.entries import (
    MotionProposed,
    MotionSeconded,
    MotionWithdrawn,
    VoteOpened,
)
from ledger.governance.motions.rules import State, check_state, check_window, check_words
from ledger.governance.motions.service.holding import acting_person, hold_body, hold_motion


class SecondedByMover(Forbidden):
    """Whoever proposed a motion does not second it, in whichever seat or account."""

    slug = "seconded-by-mover"
    title = "Somebody else must second this"


class SecondedAlready(Conflict):
    """A motion is seconded once."""

    slug = "seconded-already"
    title = "This motion is seconded already"


class NotSeconded(Conflict):
    """The body's rules ask for a seconder."""

    slug = "motion-not-seconded"
    title = "This motion needs a seconder first"


class NotItsMover(Forbidden):
    """Only its mover takes a motion back."""

    slug = "motion-not-yours"
    title = "Only whoever proposed this may take it back"


def propose(
    work: UnitOfWork,
    body_id: UUID,
    *,
    title: str,
    resolution: str,
    effect: str | None = None,
    parameters: object = None,
) -> UUID:
    """Ask a body to decide something. Returns the motion's id.

    Args:
        work: The unit of work.
        body_id: Which body.
        title: What it is about, in a few words.
        resolution: The words that are decided on.
        effect: What is carried out if it passes, if anything is.
        parameters: Of the effect, as JSON values.

    Raises:
        NotFound: there is no such body.
        Forbidden: the actor holds no seat of it.
        BodyIsDissolved, NoVotingRules: it could not decide.
        BadMotion: no words, or too many.
        UnknownEffect, BadParameters: no such thing can be carried out.
    """
    body = hold_body(work, body_id)
    work.authorise(Permission.MOTION_PROPOSE, on=body.resource(work.actor.person_id))
    mover_id = acting_person(work, body)
    body.decides_by()
    check_words(title, resolution)
    written = None
    if effect is not None:
        found = effects.effect_of(effect)
        written = effects.written(found, parameters)
        found.check(work, body_id, effects.read(found, written))
    motion_id = new_id()
    work.record(
        MotionProposed(
            motion_id=motion_id,
            body_id=body_id,
            seat_id=body.seats_of(mover_id)[0],
            mover_id=mover_id,
            title=title.strip(),
            resolution=resolution.strip(),
            effect=effect,
            parameters=written,
        )
    )
    return motion_id


def second(work: UnitOfWork, motion_id: UUID) -> None:
    """Support somebody else's motion, so that it may be voted on.

    Raises:
        NotFound: there is no such motion, or they may not read it.
        WrongState: it is past that.
        SecondedByMover: they proposed it themselves.
        SecondedAlready: it is seconded.
    """
    motion = hold_motion(work, motion_id)
    work.authorise(Permission.MOTION_PROPOSE, on=motion.resource)
    person_id = acting_person(work, motion.body)
    check_state(State(motion.row.state), State.PROPOSED)
    if person_id == motion.row.mover_id:
        raise SecondedByMover("ask somebody else who holds a seat")
    if motion.row.seconder_id is not None:
        raise SecondedAlready("nothing was changed")
    work.record(
        MotionSeconded(
            motion_id=motion_id,
            body_id=motion.body.id,
            seat_id=motion.body.seats_of(person_id)[0],
            person_id=person_id,
        )
    )


def withdraw(work: UnitOfWork, motion_id: UUID) -> None:
    """Take one's own motion back, before the vote opens.

    Raises:
        NotFound: there is no such motion, or they may not read it.
        NotItsMover: somebody else proposed it.
        WrongState: the vote has opened, or it is over.
    """
    motion = hold_motion(work, motion_id)
    work.authorise(Permission.MOTION_PROPOSE, on=motion.resource)
    if work.actor.person_id != motion.row.mover_id:
        raise NotItsMover("ask its mover")
    check_state(State(motion.row.state), State.PROPOSED)
    work.record(MotionWithdrawn(motion_id=motion_id, body_id=motion.body.id))


def open_vote(work: UnitOfWork, motion_id: UUID, *, closes_at: datetime | None = None) -> None:
    """Open the vote: the roll is whoever holds a seat today, and the rules are today's.

    Args:
        work: The unit of work.
        motion_id: Which motion.
        closes_at: When it closes; after as many days as the rules say, if not given.

    Raises:
        NotFound: there is no such motion, or they may not read it.
        WrongState: it was opened, or is over.
        BodyIsDissolved, NoVotingRules: the body could not decide.
        NotSeconded: the rules ask for that.
        BadVote: it would close in the past, or too late.
        QuorumOutOfReach: too few could vote.
    """
    motion = hold_motion(work, motion_id)
    work.authorise(Permission.MOTION_CLOSE, on=motion.resource)
    check_state(State(motion.row.state), State.PROPOSED)
    rules = motion.body.decides_by()
    if rules.needs_second and motion.row.seconder_id is None:
        raise NotSeconded("ask somebody else who holds a seat to second it")
    closes = closes_at or work.now + timedelta(days=rules.days_open)
    check_window(closes, now=work.now)
    roll = motion.body.roll()
    stepped_aside = {motion.seats[key].person_id for key in motion.recused}
    check_reachable(rules, [one for one in roll if one.person_id not in stepped_aside])
    work.record(
        VoteOpened(
            motion_id=motion_id, body_id=motion.body.id, closes_at=closes, rules=rules, roll=roll
        )
    )
