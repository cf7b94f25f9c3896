"""Closing a vote, and then carrying out what it decided: two units of work, one after the other.

The outcome is a fact as soon as it is counted. Were the effect part of the same unit of work, a
fault in it, or a pool that is locked for long, would take the board's decision back with it.
So the effect has its own; should the process end between the two, the clock's job finds what
passed and was never tried.
"""

import logging
from uuid import UUID

from ledger.core.actor import Actor
from ledger.core.errors import LedgerError
from ledger.core.work import unit_of_work
from ledger.governance.motions.counting import Decision
from ledger.governance.motions.rules import State
from ledger.governance.motions.service.closing import close
from ledger.governance.motions.service.executing import NothingToDo, execute

logger = logging.getLogger(__name__)


def close_and_carry_out(actor: Actor, motion_id: UUID) -> Decision:
    """Close a vote, and carry out what it decided if it passed.

    Raises:
        LedgerError: what `close` raises; what becomes of the effect is recorded instead.
    """
    with unit_of_work(actor) as work:
        decision = close(work, motion_id)
    if decision.outcome is State.PASSED:
        try:
            with unit_of_work(actor) as work:
                execute(work, motion_id)
        except NothingToDo:
            pass
        except LedgerError:  # Somebody was quicker.
            logger.info("motion %s is past that", motion_id)
    return decision
