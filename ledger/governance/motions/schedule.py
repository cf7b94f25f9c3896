"""What time brings to motions: votes close, what passed is carried out, people are reminded."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select

from ledger.core import clock
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.errors import LedgerError
from ledger.core.policy import Permission
from ledger.core.scheduler import Job
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.governance.motions.entries import VoteReminded
from ledger.governance.motions.models import Motion
from ledger.governance.motions.rules import State
from ledger.governance.motions.service.closing import close
from ledger.governance.motions.service.executing import execute
from ledger.governance.motions.service.holding import hold_motion

logger = logging.getLogger(__name__)

REMIND_BEFORE: Final = timedelta(days=2)


def run() -> int:
    """Close what is due, carry out what passed and was never tried, remind; return how many."""
    now = clock.now()
    over = (Motion.state == State.OPEN) & (Motion.closes_at <= now)
    untried = (
        (Motion.state == State.PASSED) & Motion.effect.is_not(None) & Motion.tried_at.is_(None)
    )
    soon = (Motion.state == State.OPEN) & Motion.reminded.is_(False)
    due = soon & (Motion.closes_at > now) & (Motion.closes_at <= now + REMIND_BEFORE)
    return _each(over, close) + _each(untried, execute) + _each(due, remind)


def remind(work: UnitOfWork, motion_id: UUID) -> None:
    """Record that a vote closes soon, once; whoever has not voted is then told."""
    motion = hold_motion(work, motion_id)
    work.authorise(Permission.MOTION_CLOSE, on=motion.resource)
    if motion.row.state == State.OPEN and not motion.row.reminded:
        work.record(VoteReminded(motion_id=motion_id, body_id=motion.body.id))


def _each(which: ColumnElement[bool], command: Callable[[UnitOfWork, UUID], object]) -> int:
    """Do *command* to each in a unit of work of its own: one that fails holds up no other."""
    found = list(db.session().scalars(select(Motion.id).where(which).order_by(Motion.id)))
    done = 0
    for motion_id in found:
        try:
            with unit_of_work(Actor.system("clock")) as work:
                command(work, motion_id)
            done += 1
        except LedgerError:  # Somebody was quicker.
            logger.info("motion %s is past that", motion_id)
        finally:
            db.session().expunge_all()
    return done


JOBS: Final = (Job("votes close", every=timedelta(minutes=1), run=run),)
