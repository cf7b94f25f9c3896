"""After an erasure: have the database itself forget what was deleted.

A deleted row lives on in free pages, dead tuples and the write-ahead log. `sweep` clears what
the database lets it, and says what is left for whoever runs the server. What no command here
can reach are archived log segments, replicas' files and backups: they must expire, or another
master key makes every wrapped key in them worthless.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from ledger.core.db import Base, Operational, Sealed, sort_of
from ledger.core.privacy import PrivatePayload, SubjectKey

_SERVER: Final = ("CHECKPOINT", "SELECT pg_switch_wal()", "CHECKPOINT")


def tables() -> list[str]:
    """Return every table from which an erasure deletes."""
    found = {SubjectKey.__tablename__, PrivatePayload.__tablename__}
    found |= {
        t.name for t in Base.metadata.sorted_tables if sort_of(t.name) in (Sealed, Operational)
    }
    return sorted(found)


def sweep(engine: Engine) -> Iterator[str]:
    """Sweep the database of *engine*, signed in as its owner; yield what was done, in words.

    Rewrites whole tables: on PostgreSQL each is locked meanwhile, on SQLite the whole file is.

    Raises:
        DBAPIError: the role does not own the tables, or somebody reads the SQLite file.
    """
    with closing(engine.raw_connection()) as connection:
        raw: Any = connection.driver_connection
        if engine.dialect.name == "sqlite":
            yield from _sqlite(raw)
        else:
            raw.rollback()
            raw.autocommit = True
            try:
                yield from _postgresql(engine, raw)
            finally:
                connection.detach()
                raw.close()


def _sqlite(raw: Any) -> Iterator[str]:
    raw.execute("VACUUM")
    yield "the file was written anew, without its free pages"
    busy, *_ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        yield "LEFT: the write-ahead log could not be emptied, as somebody reads: run this again"
    else:
        yield "the write-ahead log was emptied"


def _postgresql(engine: Engine, raw: Any) -> Iterator[str]:
    for name in tables():
        _run(engine, raw, f"VACUUM (FULL) {name}")
    yield f"{len(tables())} tables were written anew, without dead rows"
    try:
        for command in _SERVER:
            _run(engine, raw, command)
        yield "a checkpoint was made and the write-ahead log goes on in a new file"
    except DBAPIError:
        yield f"LEFT for a superuser: {'; '.join(_SERVER)}"
    (recycles,) = raw.execute("SHOW wal_recycle").fetchone()
    if recycles == "on":
        yield (
            "LEFT: wal_recycle is on, so old log files keep what was in them until they are "
            "written over; ALTER SYSTEM SET wal_recycle = off, reload, and run this again"
        )


def _run(engine: Engine, raw: Any, command: str) -> None:
    try:
        raw.execute(command)
    except engine.dialect.dbapi.Error as error:  # type: ignore[union-attr]
        raise DBAPIError(command, None, error) from error
