"""Many posts of one pool in one unit of work: written together, each still its own command.

    with together(work, pool_id):
        money.receive(work, pool_id, ...)
        spending.accrue(work, pool_id, ...)

Each command is authorised, checked against what the ones before it left, and has an entry of its
own. Those that only move balances wait and are written at once: by three statements, however
many they are. Balances are kept in memory meanwhile, which nobody else can move: the pool is held
for this unit alone. Whatever else a command loads or records has what waits written first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.orm import Session

from ledger.core.work import UnitOfWork
from ledger.funding.models import Pool
from ledger.funding.rules.chart import Account

_TOGETHER: Final = "funding_together"


@dataclass(slots=True)
class Together:
    """What accounts of a pool hold, what waits to be written counted."""

    work_id: UUID
    pool_id: UUID
    recorded: int
    minor: dict[Account, int] = field(default_factory=dict)


@contextmanager
def together(work: UnitOfWork, pool_id: UUID) -> Iterator[None]:
    """Write the posts of this block together.

    Raises:
        NotFound: there is no such pool.
    """
    work.load(Pool, pool_id)
    work.session.info[_TOGETHER] = Together(work.id, pool_id, len(work.recorded))
    try:
        yield
        work.record_waiting()
    finally:
        work.session.info.pop(_TOGETHER, None)


def going_on(work: UnitOfWork, pool_id: UUID) -> Together | None:
    """Return what is known of the pool's balances, if its posts are written together."""
    found: Together | None = work.session.info.get(_TOGETHER)
    if found is None or (found.work_id, found.pool_id) != (work.id, pool_id):
        return None
    if found.recorded != len(work.recorded):  # Something was written, and may have moved them.
        found.recorded = len(work.recorded)
        found.minor.clear()
    return found


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, _: object) -> None:
    if (found := session.info.get(_TOGETHER)) is not None:
        found.minor.clear()
