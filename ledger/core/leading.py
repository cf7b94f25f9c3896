"""Who does what only one process may do at a time: whoever holds a lock of the database.

    with lead(engine, "scheduler", stop=stop) as leads:
        while leads():
            ...

On PostgreSQL the lead is an advisory lock, held by a connection that does nothing else:
whoever loses the connection loses the lead, and another takes over. On SQLite there is one
process.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from threading import Event
from typing import Final

from sqlalchemy import Connection, Engine, func, select

from ledger.core.db import TO_WRITE

_ASK_EVERY_SECONDS: Final = 0.5


class Lead:
    """The lead of some work.

    Attributes:
        connection: It holds the lead. What is done on it is not done once the lead is lost.
    """

    def __init__(self, connection: Connection, stop: Event) -> None:
        self.connection: Final = connection
        self._stop: Final = stop

    def __call__(self) -> bool:
        """Say whether to go on: not once *stop* is set. Raises if the lead is lost."""
        if self._stop.is_set():
            return False
        if self.connection.dialect.name == "postgresql":
            with self.connection.begin():
                self.connection.execute(select(1))
        return True


@contextmanager
def lead(
    engine: Engine, work: str, *, stop: Event, ask_every_s: float = _ASK_EVERY_SECONDS
) -> Iterator[Lead]:
    """Wait for the lead of *work*; hold it until the block ends."""
    with engine.connect().execution_options(**TO_WRITE) as connection:
        connection.detach()  # Closed at the end, not pooled: a pooled one would keep the lead.
        key = int.from_bytes(sha256(work.encode()).digest()[:8], signed=True)
        while not _taken(connection, key) and not stop.wait(ask_every_s):
            pass
        yield Lead(connection, stop)


def _taken(connection: Connection, key: int) -> bool:
    if connection.dialect.name != "postgresql":
        return True
    with connection.begin():
        return bool(connection.scalar(select(func.pg_try_advisory_lock(key))))
