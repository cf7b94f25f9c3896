"""Bodies, their seats, and who holds them when."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from ledger.core.actor import Actor, Role
from ledger.core.errors import Forbidden, LedgerError, NotFound
from ledger.core.work import unit_of_work
from ledger.governance import queries, service
from ledger.governance.rules import (
    BadBody,
    BadTerm,
    SeatTaken,
    SeatVacant,
    StakeholderClass,
    Term,
    check_term,
    holder,
)
from tests.conftest import NOW
from tests.given.directory import member, organisation

TODAY = NOW.date()
days = st.dates(date(2026, 1, 1), date(2026, 2, 28))
asked = st.lists(st.tuples(days, st.none() | days), max_size=8)


@pytest.fixture
def board(app: Flask) -> UUID:
    return organisation("Westmoor Demonstration Board")


@pytest.fixture
def steward(board: UUID) -> Actor:
    return member(Role.STEWARD, at=board)


@pytest.fixture
def body(board: UUID, steward: Actor) -> UUID:
    with unit_of_work(steward) as work:
        return service.establish(
            work, host_id=board, name="Joint board", reference="Allocates the pool."
        )


@pytest.fixture
def seat(body: UUID, steward: Actor) -> UUID:
    with unit_of_work(steward) as work:
        return service.create_seat(
            work, body, stakeholder=StakeholderClass.PATIENT, title="Patient voice"
        )


def appoint(steward: Actor, seat: UUID, person: Actor, first: int, last: int | None) -> None:
    with unit_of_work(steward) as work:
        service.appoint(
            work,
            seat,
            person_id=person.id,
            first_day=TODAY + timedelta(days=first),
            last_day=None if last is None else TODAY + timedelta(days=last),
        )


def test_a_seat_is_held_then_vacant_then_held_by_another(
    session: Session, steward: Actor, body: UUID, seat: UUID
) -> None:
    ann, bob = member(Role.BOARD_MEMBER), member(Role.BOARD_MEMBER)
    appoint(steward, seat, ann, 0, None)
    with pytest.raises(SeatTaken):
        appoint(steward, seat, bob, 30, 60)
    with unit_of_work(steward) as work:
        service.vacate(work, seat, last_day=TODAY + timedelta(days=9))
    appoint(steward, seat, bob, 20, 29)

    def held_by(day: int) -> UUID | None:
        view = queries.body(session, body, on=TODAY + timedelta(days=day))
        return view.seats[0].held.person_id if view.seats[0].held else None

    assert [held_by(day) for day in (9, 10, 20, 29, 30)] == [ann.id, None, bob.id, bob.id, None]
    (own,) = queries.seats_of(session, bob.id, on=TODAY + timedelta(days=25))
    assert own.stakeholder is StakeholderClass.PATIENT
    assert queries.seats_of(session, bob.id, on=TODAY) == ()
    assert [each.name for each in queries.bodies(session, on=TODAY)] == ["Joint board"]


def test_only_the_hosts_steward_appoints(seat: UUID) -> None:
    stranger, person = member(Role.STEWARD), member(Role.BOARD_MEMBER)
    with pytest.raises(Forbidden):
        appoint(stranger, seat, person, 0, None)


def test_what_is_wrong_has_a_name(steward: Actor, board: UUID, body: UUID, seat: UUID) -> None:
    person = member(Role.BOARD_MEMBER)
    refused: list[tuple[type[LedgerError], object]] = [
        (BadTerm, lambda: appoint(steward, seat, person, 5, 4)),
        (NotFound, lambda: appoint(steward, uuid4(), person, 0, None)),
        (NotFound, lambda: appoint(steward, seat, Actor.person(uuid4()), 0, None)),
    ]
    for error, ask in refused:
        with pytest.raises(error):
            ask()  # type: ignore[operator]
    with pytest.raises(SeatVacant), unit_of_work(steward) as work:
        service.vacate(work, seat, last_day=TODAY)
    with pytest.raises(BadTerm), unit_of_work(steward) as work:
        service.vacate(work, seat, last_day=TODAY - timedelta(days=2))
    with pytest.raises(BadBody), unit_of_work(steward) as work:
        service.establish(work, host_id=board, name=" ", reference="x")
    with pytest.raises(BadBody), unit_of_work(steward) as work:
        service.create_seat(work, body, stakeholder=StakeholderClass.PAYER, title="x" * 121)
    with pytest.raises(NotFound), unit_of_work(steward) as work:
        service.establish(work, host_id=board, name="x", reference="x", parent_id=uuid4())


@given(asked)
def test_nobody_ever_shares_a_seat(wanted: list[tuple[date, date | None]]) -> None:
    terms: list[Term] = []
    for first, last in wanted:
        try:
            check_term(first, last, others=terms)
        except (SeatTaken, BadTerm):
            continue
        terms.append(Term(id=uuid4(), person_id=uuid4(), first_day=first, last_day=last))
    for offset in range(70):
        day = date(2025, 12, 31) + timedelta(days=offset)
        held = [term for term in terms if term.holds(day)]
        assert len(held) <= 1
        assert holder(terms, day) == (held[0] if held else None)
