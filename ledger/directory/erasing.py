"""What is done when somebody is erased, and what may be held. Layers above say so, here.

    @before_erasing
    def withdraw_all(work: UnitOfWork, patient_id: UUID) -> None: ...

    @forgets("oauth_grants")
    def grants(session: Session, person_id: UUID) -> None: ...

    @holdable("pool")
    def pool(work: UnitOfWork, pool_id: UUID) -> Resource: ...

    @runs_from(Runs.AGREEMENT_ENDED)
    def agreement_ended(session: Session, parts: Sequence[Part]) -> Mapping[UUID, date | None]: ...

A step before an erasure authorises and records what it does, in its unit of work; one that
raises refuses it. What forgets deletes operational rows that name a person, in the same
transaction: so it happens however the erasure was asked for, or not at all.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from ledger.core.authority import Resource
from ledger.core.db import Base, Operational, sort_of
from ledger.core.destroying import Part
from ledger.core.retention import Runs
from ledger.core.work import UnitOfWork

Step: TypeAlias = Callable[[UnitOfWork, UUID], None]
Forget: TypeAlias = Callable[[Session, UUID], None]
Find: TypeAlias = Callable[[UnitOfWork, UUID], Resource]
Events: TypeAlias = Callable[[Session, Sequence[Part]], Mapping[UUID, date | None]]

_steps: list[Step] = []
_forgets: dict[tuple[str, ...], Forget] = {}
_holdable: dict[str, Find] = {}
_events: dict[Runs, Events] = {}


def before_erasing(step: Step) -> Step:
    """Have *step* done before a patient is erased."""
    _steps.append(step)
    return step


def prepare(work: UnitOfWork, patient_id: UUID) -> None:
    """Do every step, in the order in which they were declared."""
    for step in _steps:
        step(work, patient_id)


def forgets(*tables: str) -> Callable[[Forget], Forget]:
    """Have a function forget a person in operational *tables*, where deleting by id will not do."""

    def declare(forget: Forget) -> Forget:
        _forgets[tables] = forget
        return forget

    return declare


def forget_all(session: Session, person_id: UUID) -> None:
    """Delete what every layer keeps of how a person uses the service, in this transaction.

    By convention a row whose ``person_id`` is theirs, or whose ``actor_ref`` is, goes; what
    needs more care says so with `forgets`.
    """
    for forget in _forgets.values():
        forget(session, person_id)
    done = {name for tables in _forgets for name in tables}
    for table in reversed(Base.metadata.sorted_tables):
        if table.name in done or sort_of(table.name) is not Operational:
            continue
        if "person_id" in table.c:
            session.execute(delete(table).where(table.c.person_id == person_id))
        if "actor_ref" in table.c:
            session.execute(delete(table).where(table.c.actor_ref == f"person:{person_id}"))


def holdable(sort: str) -> Callable[[Find], Find]:
    """Declare how a thing of *sort* (as in ``sort:id``) is found, to be held.

    The function raises `NotFound`, and returns what a decision about the thing depends on.
    """

    def declare(find: Find) -> Find:
        _holdable[sort] = find
        return find

    return declare


def finder(sort: str) -> Find | None:
    """Return how a thing of *sort* is found; None if its area declared nothing."""
    return _holdable.get(sort)


def runs_from(event: Runs) -> Callable[[Events], Events]:
    """Declare which function knows the day of *event*, for each of the parts it is given.

    It answers by the id of the part's entry; None where the event has not happened.
    """

    def declare(days: Events) -> Events:
        _events[event] = days
        return days

    return declare


def days_of(event: Runs, session: Session, parts: Sequence[Part]) -> Mapping[UUID, date | None]:
    """Return for each part's entry the day of *event*; nothing where nobody knows it."""
    days = _events.get(event)
    return {} if days is None else days(session, parts)
