"""What a unit of work holds already, and need not read again: for many posts in one.

A pool, its agreement's terms and its periods are locked when they are read, until the unit of
work ends: nobody else can change them. So a second post in the same unit takes them as they
were held, unless this unit itself recorded something else since, or went back to a savepoint,
which would let go of the locks.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.orm import Session

from ledger.core.work import UnitOfWork

T = TypeVar("T")
_HELD: Final = "funding_held"


@dataclass(slots=True)
class _Held:
    """What one unit of work holds, and how much it had recorded by then."""

    work_id: UUID
    recorded: int
    values: dict[Any, Any] = field(default_factory=dict)


def held(work: UnitOfWork, key: tuple[Any, ...], read: Callable[[], T]) -> T:
    """Return what *read* returns, which locks what it reads; once in a unit of work."""
    here = work.session.info.get(_HELD)
    if here is None or here.work_id != work.id or here.recorded != len(work.recorded):
        here = work.session.info[_HELD] = _Held(work.id, len(work.recorded))
    if key not in here.values:
        value = read()
        if here.recorded != len(work.recorded):
            return value
        here.values[key] = value
    return cast(T, here.values[key])


def posted(work: UnitOfWork) -> None:
    """Say that the entry just recorded was a posting, which changes none of what is held."""
    here = work.session.info.get(_HELD)
    if here is not None and here.work_id == work.id:
        here.recorded = len(work.recorded)


@event.listens_for(Session, "after_soft_rollback")
def _let_go(session: Session, _: object) -> None:
    session.info.pop(_HELD, None)
