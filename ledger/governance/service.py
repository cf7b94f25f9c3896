"""Commands on bodies and seats. Each has four steps: load, authorise, check, record."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from ledger.core.authority import Resource
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory
from ledger.governance.entries import BodyEstablished, SeatAppointed, SeatCreated, SeatVacated
from ledger.governance.models import Body, Seat, SeatTerm
from ledger.governance.rules import (
    BadTerm,
    SeatVacant,
    StakeholderClass,
    Term,
    check_term,
    check_words,
    holder,
)


def establish(
    work: UnitOfWork, *, host_id: UUID, name: str, reference: str, parent_id: UUID | None = None
) -> UUID:
    """Set up a body, hosted by an organisation. Returns its id.

    Raises:
        NotFound: there is no such organisation, or no such parent.
        Forbidden: the actor keeps no such lists for the host.
        BadBody: the name or the terms of reference are empty or too long.
    """
    directory.organisation(work.session, host_id)
    if parent_id is not None:
        work.load(Body, parent_id, to_change=False)
    _authorise(work, host_id)
    check_words(name, reference=reference)
    body_id = new_id()
    work.record(
        BodyEstablished(
            body_id=body_id,
            host_id=host_id,
            parent_id=parent_id,
            name=name.strip(),
            reference=reference.strip(),
        )
    )
    return body_id


def create_seat(
    work: UnitOfWork, body_id: UUID, *, stakeholder: StakeholderClass, title: str
) -> UUID:
    """Give a body one seat more. Returns the seat's id.

    Raises:
        NotFound: there is no such body.
        Forbidden: the actor keeps no such lists for its host.
        BadBody: the title is empty or too long.
    """
    body = work.load(Body, body_id)
    _authorise(work, body.host_id)
    check_words(title)
    seat_id = new_id()
    work.record(
        SeatCreated(seat_id=seat_id, body_id=body_id, stakeholder=stakeholder, title=title.strip())
    )
    return seat_id


def appoint(
    work: UnitOfWork,
    seat_id: UUID,
    *,
    person_id: UUID,
    first_day: date,
    last_day: date | None = None,
) -> UUID:
    """Give a seat to a person, between two days. Returns the term's id.

    Raises:
        NotFound: there is no such seat, or no such person.
        Forbidden: the actor keeps no such lists for the body's host.
        SeatTaken, BadTerm: not for those days.
    """
    seat, body = _load(work, seat_id)
    directory.hold_person(work, person_id)
    _authorise(work, body.host_id)
    check_term(first_day, last_day, others=_terms(work, seat_id))
    term_id = new_id()
    work.record(
        SeatAppointed(
            term_id=term_id,
            seat_id=seat.id,
            body_id=body.id,
            person_id=person_id,
            first_day=first_day,
            last_day=last_day,
        )
    )
    return term_id


def vacate(work: UnitOfWork, seat_id: UUID, *, last_day: date) -> None:
    """End the term that holds a seat on that day, so that it is vacant from the next.

    Raises:
        NotFound: there is no such seat.
        Forbidden: the actor keeps no such lists for the body's host.
        SeatVacant: nobody holds it then.
        BadTerm: it would change who sat there before today.
    """
    seat, body = _load(work, seat_id)
    _authorise(work, body.host_id)
    if last_day < work.today - timedelta(days=1):
        raise BadTerm("who sat there in the past stays as it was: choose yesterday or later")
    term = holder(_terms(work, seat_id), last_day)
    if term is None:
        raise SeatVacant(f"it is vacant on {last_day}")
    work.record(
        SeatVacated(
            term_id=term.id,
            seat_id=seat.id,
            body_id=body.id,
            person_id=term.person_id,
            last_day=last_day,
        )
    )


def _load(work: UnitOfWork, seat_id: UUID) -> tuple[Seat, Body]:
    seat = work.load(Seat, seat_id)
    return seat, work.load(Body, seat.body_id, to_change=False)


def _terms(work: UnitOfWork, seat_id: UUID) -> list[Term]:
    rows = work.session.scalars(select(SeatTerm).where(SeatTerm.seat_id == seat_id))
    return [
        Term(id=row.id, person_id=row.person_id, first_day=row.first_day, last_day=row.last_day)
        for row in rows
    ]


def _authorise(work: UnitOfWork, host_id: UUID) -> None:
    host = frozenset({host_id})
    work.authorise(Permission.SEAT_APPOINT, on=Resource(organisation_ids=host, host_id=host_id))
