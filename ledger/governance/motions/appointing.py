"""A body's own effect: it gives one of its seats to somebody."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from ledger.core.errors import Invalid
from ledger.core.work import UnitOfWork
from ledger.governance import service
from ledger.governance.models import Seat
from ledger.governance.motions import effects
from ledger.governance.motions.effects import Done, Effect

APPOINT: Final = "governance.appoint"


class NotItsSeat(Invalid):
    """A body fills its own seats and no others."""

    slug = "seat-of-another-body"
    title = "That seat belongs to another body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """Who holds a seat, from one day to another, both included."""

    seat_id: UUID
    person_id: UUID
    first_day: date
    last_day: date | None = None


def _check(work: UnitOfWork, body_id: UUID, asked: Any) -> None:
    if work.load(Seat, asked.seat_id, to_change=False).body_id != body_id:
        raise NotItsSeat("name one of this body's seats")


def _carry_out(work: UnitOfWork, asked: Any, _title: str) -> Done:
    term_id = service.appoint(
        work,
        asked.seat_id,
        person_id=asked.person_id,
        first_day=asked.first_day,
        last_day=asked.last_day,
    )
    return Done(result=f"term:{term_id}")


effects.register(Effect(kind=APPOINT, parameters=Appointment, check=_check, carry_out=_carry_out))
