"""Who does what only one process may do at a time: whoever holds a lock of the database.

    with lead(engine, "scheduler", stop=stop) as leads:
        while leads():
            ...

On PostgreSQL the lead is an advisory lock, held by a connection that does nothing else:
whoever loses the connection loses the lead, and another takes over. On SQLite there is one
process.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from threading import Event
from typing import Final

from sqlalchemy import Connection, Engine, func, select

from ledger.core.db import TO_WRITE

_ASK_EVERY_SECONDS: Final = 0.5


@contextmanager
def lead(engine: Engine, work: str, *, stop: Event) -> Iterator[Callable[[], bool]]:
    """Wait for the lead of *work*; hold it until the block ends.

    Yields a function that says whether to go on: False once *stop* is set. It raises if the
    connection, and so the lead, is lost.
    """
    with engine.connect().execution_options(**TO_WRITE) as connection:
        connection.detach()  # Closed at the end, not pooled: a pooled one would keep the lead.
        key = int.from_bytes(sha256(work.encode()).digest()[:8], signed=True)
        while not _taken(connection, key) and not stop.wait(_ASK_EVERY_SECONDS):
            pass

        def leads() -> bool:
            if stop.is_set():
                return False
            if connection.dialect.name == "postgresql":
                with connection.begin():
                    connection.execute(select(1))
            return True

        yield leads


def _taken(connection: Connection, key: int) -> bool:
    if connection.dialect.name != "postgresql":
        return True
    with connection.begin():
        return bool(connection.scalar(select(func.pg_try_advisory_lock(key))))
