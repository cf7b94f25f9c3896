"""What follows from it in the areas above, which say so here when they are imported.

@when_whose_changes
def raised(session: Session, change: Change) -> None: ...      # in a projection

@carried_over
def consents(work: UnitOfWork, old_id: UUID, new_id: UUID) -> None: ...  # in a command
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.core.work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Records that are, or are not any more, one patient's with others; or are doubted.

    Attributes:
        one, other: The two sides of a join or separation; of a doubt, the record and nobody.
        joined: Whether they are one now; None for a doubt that was raised or settled.
        doubted: Whether *one* is in doubt now; None for joins and separations.
    """

    at: datetime
    one: frozenset[UUID]
    other: frozenset[UUID] = frozenset()
    joined: bool | None = None
    doubted: bool | None = None


Effect: TypeAlias = Callable[[Session, Change], None]
Carry: TypeAlias = Callable[[UnitOfWork, UUID, UUID], None]

_effects: list[Effect] = []
_carries: list[Carry] = []


def when_whose_changes(effect: Effect) -> Effect:
    """Have *effect* applied with the projection, in live and in replay. Deterministic."""
    _effects.append(effect)
    return effect


def apply(session: Session, change: Change) -> None:
    """Apply every effect, in the order in which they were declared."""
    for effect in _effects:
        effect(session, change)


def carried_over(carry: Carry) -> Carry:
    """Have *carry* record anew, for the new record alone, what is to go on from the old one."""
    _carries.append(carry)
    return carry


def carry_over(work: UnitOfWork, old_id: UUID, new_id: UUID) -> None:
    """Do every step. None may record an entry that names both."""
    for carry in _carries:
        carry(work, old_id, new_id)
