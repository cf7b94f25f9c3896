"""What the governance area's entries change."""

from sqlalchemy.orm import Session

from audit import Record
from ledger.core.projection import Opened, projects
from ledger.governance.entries import BodyEstablished, SeatAppointed, SeatCreated, SeatVacated
from ledger.governance.models import Body, Seat, SeatTerm


@projects(BodyEstablished)
def established(session: Session, record: Record[BodyEstablished], _opened: Opened) -> None:
    """There is one body more."""
    entry = record.entry
    session.add(
        Body(
            id=entry.body_id,
            host_id=entry.host_id,
            parent_id=entry.parent_id,
            name=entry.name,
            reference=entry.reference,
            established_at=record.at,
        )
    )


@projects(SeatCreated)
def created(session: Session, record: Record[SeatCreated], _opened: Opened) -> None:
    """There is one seat more."""
    entry = record.entry
    session.add(
        Seat(
            id=entry.seat_id,
            body_id=entry.body_id,
            stakeholder=entry.stakeholder,
            title=entry.title,
        )
    )


@projects(SeatAppointed)
def appointed(session: Session, record: Record[SeatAppointed], _opened: Opened) -> None:
    """The seat is held."""
    entry = record.entry
    session.add(
        SeatTerm(
            id=entry.term_id,
            seat_id=entry.seat_id,
            person_id=entry.person_id,
            first_day=entry.first_day,
            last_day=entry.last_day,
        )
    )


@projects(SeatVacated)
def vacated(session: Session, record: Record[SeatVacated], _opened: Opened) -> None:
    """The term ends sooner."""
    session.get_one(SeatTerm, record.entry.term_id).last_day = record.entry.last_day
