"""Whether anything serves this database: for what must not happen while something does.

Each serving process holds a shared lock for as long as it serves (`serving`); whoever needs
all of them to stand still asks for it alone (`alone`). On PostgreSQL the lock is an advisory
one of a connection that does nothing else; on SQLite a lock on a file beside the database.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Final

from sqlalchemy import Engine, func, select

from ledger.core.db import TO_WRITE

_SERVING: Final = 0x73_65_72_76  # Any number, the same in every process: "serv".
_LOOK_EVERY_SECONDS: Final = 5.0


class StillServing(Exception):
    """A process serves this database. The message says what to do."""

    def __init__(self) -> None:
        super().__init__("a process still serves this database: stop all of them, then try again")


def serving(engine: Engine, stop: Event) -> None:
    """Hold the lock of a process that serves until *stop* is set. Raises if it is lost."""
    if engine.dialect.name != "postgresql":
        with _beside(engine).open("a") as file:
            fcntl.flock(file, fcntl.LOCK_SH)  # Ends with the file, or with the process.
            stop.wait()
        return
    with engine.connect().execution_options(**TO_WRITE) as connection:
        connection.detach()  # Closed at the end, not pooled: a pooled one would keep the lock.
        with connection.begin():
            connection.execute(select(func.pg_advisory_lock_shared(_SERVING)))
        while not stop.wait(_LOOK_EVERY_SECONDS):
            with connection.begin():
                connection.execute(select(1))


@contextmanager
def alone(engine: Engine) -> Iterator[None]:
    """Keep every process from serving until the block ends.

    Raises:
        StillServing: one does.
    """
    if engine.dialect.name != "postgresql":
        with _beside(engine).open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise StillServing from error
            yield
        return
    with engine.connect().execution_options(**TO_WRITE) as connection:
        connection.detach()
        with connection.begin():
            taken = connection.scalar(select(func.pg_try_advisory_lock(_SERVING)))
        if not taken:
            raise StillServing
        yield


def _beside(engine: Engine) -> Path:
    return Path(f"{engine.url.database}.serving")
