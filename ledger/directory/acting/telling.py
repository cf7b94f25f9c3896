"""Who wants to know that it has changed who may speak for a patient. Layers above say so, here.

    @when_speakers_change
    def count(session: Session, patient_id: UUID, at: datetime) -> None: ...

What is registered is part of the projection: deterministic, and called in replay too. The
command holds the patient's row, so whoever holds that knows that nothing of this moves.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from sqlalchemy.orm import Session

Tell: TypeAlias = Callable[[Session, UUID, datetime], None]

_told: list[Tell] = []


def when_speakers_change(tell: Tell) -> Tell:
    """Have *tell* called whenever it changes who may speak for a patient."""
    _told.append(tell)
    return tell


def changed(session: Session, patient_id: UUID, at: datetime) -> None:
    """Tell everybody who wants to know."""
    session.flush()
    for tell in _told:
        tell(session, patient_id, at)
