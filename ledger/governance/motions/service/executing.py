"""Carrying out what a motion decided: once, as the body, whoever sets it going."""

from uuid import UUID

from ledger.core.actor import Actor, Mandate
from ledger.core.errors import Bug, Conflict, LedgerError
from ledger.core.policy import Permission
from ledger.core.rehearsing import rehearse
from ledger.core.work import UnitOfWork
from ledger.governance.motions import effects
from ledger.governance.motions.counting import Because, Count
from ledger.governance.motions.effects import Done
from ledger.governance.motions.entries import MotionExecuted, MotionNotExecuted, VoteClosed
from ledger.governance.motions.models import Motion
from ledger.governance.motions.rules import State, check_state
from ledger.governance.motions.service.holding import HeldMotion, hold_motion


class NothingToDo(Conflict):
    """A resolution in words: nothing is carried out."""

    slug = "motion-has-no-effect"
    title = "There is nothing to carry out"


class ExecutedAlready(Conflict):
    """What a motion decided is carried out once."""

    slug = "motion-executed-already"
    title = "This was carried out already"


def execute(work: UnitOfWork, motion_id: UUID) -> Done | LedgerError:
    """Carry out a motion that passed; return what came of it, or what refused it.

    A refusal is undone to a savepoint and recorded by its name: the motion stays passed, and
    somebody may try again.

    Raises:
        NotFound: there is no such motion, or they may not read it.
        WrongState: it has not passed.
        NothingToDo: it is words alone.
        ExecutedAlready: once is enough.
    """
    motion = hold_motion(work, motion_id)
    work.authorise(Permission.MOTION_CLOSE, on=motion.resource)
    check_state(State(motion.row.state), State.PASSED)
    if motion.row.effect is None:
        raise NothingToDo("it is a resolution in words")
    if motion.row.result is not None:
        raise ExecutedAlready(f"nothing was changed: it made {motion.row.result}")
    body_id, effect = motion.body.id, motion.row.effect
    try:
        with work.attempt():
            done = _carried_out(work, motion)
    except LedgerError as refused:
        work.authorise(Permission.MOTION_CLOSE, on=motion.resource)
        work.record(
            MotionNotExecuted(
                motion_id=motion_id, body_id=body_id, effect=effect, problem=refused.slug
            )
        )
        return refused
    work.authorise(Permission.MOTION_CLOSE, on=motion.resource)
    work.record(
        MotionExecuted(
            motion_id=motion_id,
            body_id=body_id,
            effect=effect,
            result=done.result,
            waiting=done.waiting,
        )
    )
    return done


def preview(actor: Actor, motion_id: UUID) -> Done:
    """Return what would come of a motion if it passed now: by the same command, taken back.

    Raises:
        NotFound: there is no such motion, or they may not read it.
        NothingToDo: it is words alone.
        LedgerError: what would refuse it, as things are.
    """
    return rehearse(actor, lambda work: _as_if_passed(work, motion_id))


def _as_if_passed(work: UnitOfWork, motion_id: UUID) -> Done:
    """Carry a motion out as if it had passed; only ever in a rehearsal.

    The database lets nothing through that has not passed: so here, and until this is taken
    back, it has.
    """
    motion = hold_motion(work, motion_id)
    work.authorise(Permission.MOTION_READ, on=motion.resource)
    if motion.row.effect is None:
        raise NothingToDo("it is a resolution in words")
    nobody = Count(seats=0, recused=0, voted=0, votes_for=0, against=0, abstained=0)
    work.record(
        VoteClosed(
            motion_id=motion_id,
            body_id=motion.body.id,
            outcome=State.PASSED,
            because=Because.THRESHOLD_REACHED,
            count=nobody,
        )
    )
    return _carried_out(work, motion)


def _carried_out(work: UnitOfWork, motion: HeldMotion) -> Done:
    row: Motion = motion.row
    if row.effect is None or row.parameters is None:
        raise Bug("a motion without an effect is not carried out")
    effect = effects.effect_of(row.effect)
    mandate = Mandate(
        body_id=motion.body.id,
        host_id=motion.body.host_id,
        decision_id=row.id,
        mover_id=row.mover_id,
    )
    parameters = effects.read(effect, row.parameters)
    with work.acting_as(mandate):
        effect.check(work, motion.body.id, parameters)
        return effect.carry_out(work, parameters, row.title)
