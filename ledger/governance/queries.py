"""Reads that other areas and the edges may use. They return values, never rows."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.core.errors import NotFound
from ledger.governance.models import Body, Seat, SeatTerm
from ledger.governance.rules import StakeholderClass, Term, holder


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatView:
    """A seat, and who holds it on the day that was asked about; None if it is vacant."""

    id: UUID
    title: str
    stakeholder: StakeholderClass
    held: Term | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyView:
    """A body with its seats, in the order in which they were made."""

    id: UUID
    name: str
    host_id: UUID
    parent_id: UUID | None
    reference: str
    seats: tuple[SeatView, ...]


def bodies(session: Session, *, on: date) -> tuple[BodyView, ...]:
    """Return all bodies as they are on that day, by name."""
    rows = list(session.scalars(select(Body).order_by(Body.name, Body.id)))
    return _views(session, rows, on)


def body(session: Session, body_id: UUID, *, on: date) -> BodyView:
    """Return one body as it is on that day. Raises `NotFound` if there is none."""
    row = session.get(Body, body_id)
    if row is None:
        raise NotFound("no such body")
    return _views(session, [row], on)[0]


def seats_of(session: Session, person_id: UUID, *, on: date) -> tuple[SeatView, ...]:
    """Return the seats that a person holds on that day."""
    held = select(SeatTerm.seat_id).where(SeatTerm.person_id == person_id)
    seats = _seats(session, list(session.scalars(select(Seat).where(Seat.id.in_(held)))), on)
    return tuple(seat for seat in seats.values() if seat.held and seat.held.person_id == person_id)


def _views(session: Session, rows: list[Body], on: date) -> tuple[BodyView, ...]:
    ids = [row.id for row in rows]
    found = list(session.scalars(select(Seat).where(Seat.body_id.in_(ids)).order_by(Seat.id)))
    seats = _seats(session, found, on)
    return tuple(
        BodyView(
            id=row.id,
            name=row.name,
            host_id=row.host_id,
            parent_id=row.parent_id,
            reference=row.reference,
            seats=tuple(seats[seat.id] for seat in found if seat.body_id == row.id),
        )
        for row in rows
    )


def _seats(session: Session, rows: list[Seat], on: date) -> dict[UUID, SeatView]:
    terms: dict[UUID, list[Term]] = {row.id: [] for row in rows}
    for term in session.scalars(select(SeatTerm).where(SeatTerm.seat_id.in_(terms))):
        terms[term.seat_id].append(
            Term(
                id=term.id,
                person_id=term.person_id,
                first_day=term.first_day,
                last_day=term.last_day,
            )
        )
    return {
        row.id: SeatView(
            id=row.id,
            title=row.title,
            stakeholder=StakeholderClass(row.stakeholder),
            held=holder(terms[row.id], on),
        )
        for row in rows
    }
