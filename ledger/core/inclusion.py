"""Waiting until the log has signed an entry, however many wait.

Each process has one thread that looks, and only while somebody waits: two short queries a look
for all of them. Which process sequences makes no difference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Condition, Thread
from time import monotonic
from typing import Final
from uuid import UUID

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from ledger.core.trail import Leaf, LogEntry, SignedCheckpoint

WAITERS_MAX: Final = 4
"""How many may wait in one process at once: each of them holds one of its threads."""

_LOOK_EVERY_S: Final = 0.05


@dataclass(slots=True, eq=False)
class _Waiter:
    entries: frozenset[UUID]
    indexes: Mapping[UUID, int] | None = None


class Inclusion:
    """Tells those who wait when their entries are in a signed tree.

    Args:
        engine: The database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine: Final = engine
        self._changed: Final = Condition()
        self._waiters: Final[set[_Waiter]] = set()
        self._looking = False

    def wait(self, entries: Sequence[UUID], *, seconds: float) -> Mapping[UUID, int] | None:
        """Return the index of each of *entries*, once a signed tree holds them all.

        Returns:
            None if that took longer than *seconds*, or if too many wait already.
        """
        waiter, end_s = _Waiter(frozenset(entries)), monotonic() + seconds
        with self._changed:
            if len(self._waiters) >= WAITERS_MAX:
                return None
            self._waiters.add(waiter)
            if not self._looking:
                self._looking = True
                Thread(target=self._look, name="inclusion", daemon=True).start()
            while waiter.indexes is None and (left_s := end_s - monotonic()) > 0:
                self._changed.wait(left_s)
            self._waiters.discard(waiter)
            self._changed.notify_all()  # So that the thread need not look for nobody.
        return waiter.indexes

    def _look(self) -> None:
        while True:
            with self._changed:
                waiters = tuple(self._waiters)
                if not waiters:
                    self._looking = False
                    return
            try:
                found = self._included(frozenset[UUID]().union(*(one.entries for one in waiters)))
            except SQLAlchemyError:
                found = {}  # The database is away: they wait, and are answered without.
            with self._changed:
                for waiter in waiters:
                    if waiter.entries <= found.keys():
                        waiter.indexes = {one: found[one] for one in waiter.entries}
                        self._waiters.discard(waiter)
                self._changed.notify_all()
                if self._waiters:
                    self._changed.wait(_LOOK_EVERY_S)

    def _included(self, entries: frozenset[UUID]) -> dict[UUID, int]:
        """Return the index of those of *entries* that a signed tree holds."""
        indexed = (
            select(LogEntry.id, Leaf.log, Leaf.index)
            .join(Leaf, Leaf.position == LogEntry.position)
            .where(LogEntry.id.in_(entries))
        )
        with self._engine.connect() as connection:
            rows = connection.execute(indexed).all()
            sizes = {
                log: connection.scalar(
                    select(func.max(SignedCheckpoint.size)).where(SignedCheckpoint.log == log)
                )
                for log in {row.log for row in rows}
            }
        return {row.id: row[2] for row in rows if row[2] < (sizes[row.log] or 0)}
