"""What a transaction owes to the motion that it carries out, if it carries one out."""

import re
from typing import Final
from uuid import UUID

from ledger.core.errors import Invalid
from ledger.core.work import UnitOfWork
from ledger.funding.boards.queries import board_of
from ledger.funding.rules.controls import human
from ledger.funding.rules.events import Event

_DECIDED_BY_MOTION = frozenset({Event.RESERVE_SET, Event.BUDGET_ALLOCATED, Event.BUDGET_VIRED})
"""What a motion of the pool's board carries out without anybody else's approval. What needs
every partner (the reserve's release, an overspend) still does: a majority is not everybody."""

_A_MOTION: Final = re.compile(r"motion .{36}", re.IGNORECASE)


class NotByMotion(Invalid):
    """Words that say what only a motion that is carried out may say."""

    slug = "basis-names-a-motion"
    title = "Only a motion that is carried out is named as the basis"


def decided_by_board(work: UnitOfWork, pool_id: UUID, event: Event) -> bool:
    """Say whether the pool's own board has decided this, by the motion that is carried out."""
    if work.mandate is None or event not in _DECIDED_BY_MOTION:
        return False
    return board_of(work.session, pool_id) == work.mandate.body_id


def maker(work: UnitOfWork) -> UUID:
    """Return who prepared it: a motion's mover, or the human being who acts.

    Raises:
        NobodyActs: a program that acts for nobody, or the service itself.
    """
    return work.mandate.mover_id if work.mandate is not None else human(work.actor)


def basis(work: UnitOfWork) -> str | None:
    """Return the decision that a transaction rests on, in words; None where there is none."""
    return f"Motion {work.mandate.decision_id}" if work.mandate is not None else None


def check_words(basis: str) -> None:
    """Check that what somebody gives as a basis names no motion. Raises `NotByMotion`."""
    if _A_MOTION.fullmatch(basis.strip()):
        raise NotByMotion("say in words what it is divided by")
