"""How long somebody's broken glass stays open, in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.access.own_overrides import OwnOverride, own_overrides
from ledger.core import clock
from ledger.core.actor import Actor
from ledger.web.shell import moment


@dataclass(frozen=True, slots=True)
class OpenGlass:
    """What is open, and how long."""

    id: UUID
    left: str
    until: str

    @classmethod
    def of(cls, view: OwnOverride, now: datetime) -> Self:
        """Present it: the minutes left are rounded up, so that the last is no nought."""
        minutes = -int((view.ends_at - now).total_seconds() // -60)
        left = "1 minute left" if minutes == 1 else f"{minutes} minutes left"
        return cls(view.id, left, moment(view.ends_at))


def open_glass(session: Session, actor: Actor, patient_id: UUID | None = None) -> list[OpenGlass]:
    """Return what the actor has open, about one patient if given."""
    now = clock.now()
    views = own_overrides(session, actor, now=now, patient_id=patient_id)
    return [OpenGlass.of(one, now) for one in views]
