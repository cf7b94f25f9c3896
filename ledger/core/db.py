"""The database handle, and the four sorts of table: what may write to which.

A table is declared by its base class:

LogTable     The log and what belongs to it. Only `ledger.core` writes it.
Projected    Ledger state: what the entries of the log add up to. Written only while
             an entry's projection is applied, so `record` is the one way to change it.
Sealed       Like Projected, but about a person and erasable: what a projection may keep
             of an opened private payload. Erasing a subject deletes their rows.
Operational  Not ledger state: idempotency keys, sessions, tokens. Anybody may write
             it, and nothing in it is replayed.

One thing can be written at a time: Operational tables, unless `writing` opens others. To
write anything else is a `Bug`, by `_fence`, which sees each INSERT, UPDATE and DELETE
that SQLAlchemy compiles in this process: from a flush, a bulk statement or a bare
connection. It does not see ``text()``, which is for migrations and tests, nor COPY, which
asks by itself (`ledger.core.bulk`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, DateTime, MetaData, Table, UpdateBase, Uuid, event
from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, registry
from sqlalchemy.types import TypeDecorator

from ledger.core.errors import Bug


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. Refuses naive values; SQLite would lose the zone silently."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC))


# Alembic can only alter what it can name, and SQLite names nothing by itself.
_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every table: named constraints, UUIDs, and moments in UTC."""

    # On the registry and not as class attributes: Flask-SQLAlchemy 3.1 copies the
    # class, and SQLAlchemy refuses a copy that has a `type_annotation_map`.
    registry = registry(
        metadata=MetaData(naming_convention=_NAMES),
        type_annotation_map={datetime: UtcDateTime, UUID: Uuid},
    )


class LogTable(Base):
    """Base of the log's own tables."""

    __abstract__ = True


class Projected(Base):
    """Base of ledger state. Its keys come from an entry, never from a default."""

    __abstract__ = True


class Sealed(Base):
    """Base of what is kept of private payloads: deleted with the subject it is about."""

    __abstract__ = True

    subject_id: Mapped[UUID] = mapped_column(index=True, sort_order=-1)


class Operational(Base):
    """Base of tables that are not ledger state."""

    __abstract__ = True


SORTS = (LogTable, Projected, Sealed, Operational)
db = SQLAlchemy(model_class=Base)

_writable: ContextVar[tuple[type[Base], ...]] = ContextVar("_writable", default=(Operational,))


@contextmanager
def writing(*sorts: type[Base]) -> Iterator[None]:
    """Let this thread write tables of *sorts*, and no others, until the block ends."""
    token = _writable.set(sorts)
    try:
        yield
    finally:
        _writable.reset(token)


@cache
def sort_of(table_name: str) -> type[Base]:
    """Return which of the four sorts a table of ours is."""
    table = Base.metadata.tables[table_name]
    model = next(mapper.class_ for mapper in Base.registry.mappers if mapper.local_table is table)
    return next(sort for sort in SORTS if issubclass(model, sort))


def must_be_open(table: Table) -> None:
    """Raise `Bug` unless *table* may be written now: for what writes past SQLAlchemy."""
    sort, writable = sort_of(table.name), _writable.get()
    if sort not in writable:
        names = " and ".join(one.__name__ for one in writable)
        raise Bug(
            f"{table.name} is {sort.__name__} where only {names} may be written; "
            "the ledger's state changes by work.record(...)"
        )


@event.listens_for(Engine, "before_execute")
def _fence(_connection: Connection, statement: object, *_: object) -> None:
    if isinstance(statement, UpdateBase):
        table = statement.table
        # By name: a bulk statement holds a copy of the table. A migration's is its own.
        if isinstance(table, Table) and table.metadata is Base.metadata:
            must_be_open(table)


@event.listens_for(Engine, "connect")
def _sqlite_keeps_its_promises(connection: Any, _record: object) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        connection.isolation_level = None  # So that `_begin` says when, not the driver.
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA recursive_triggers = ON")  # INSERT OR REPLACE deletes, too.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # NORMAL loses commits in a power cut.
        connection.execute("PRAGMA busy_timeout = 15000")  # In milliseconds.
        connection.execute("PRAGMA secure_delete = ON")  # An erased key is overwritten.


def table_of(model: type[Base]) -> Table:
    """Return the table of *model*, to go past the ORM with."""
    return Base.metadata.tables[model.__tablename__]


def snapshot(engine: Engine) -> Session:
    """Return a session that sees one moment of the database, however long it reads."""
    if engine.dialect.name == "postgresql":  # SQLite's transactions are like that anyway.
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    return Session(engine)


TO_WRITE = {"to_write": True}
"""Execution options of a connection whose transaction will write; see `_begin`."""

POOL = {"pool_size": 16, "max_overflow": 48, "isolation_level": "AUTOCOMMIT"}
"""Of an engine on PostgreSQL. What only reads sees each statement's own moment, as READ
COMMITTED would have it, and saves the BEGIN and the ROLLBACK: two round trips of three."""


@event.listens_for(Engine, "set_connection_execution_options")
def _writes_are_transactions(connection: Connection, options: dict[str, Any]) -> None:
    if options.get("to_write") and connection.dialect.name == "postgresql":
        options.setdefault("isolation_level", "READ COMMITTED")


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    # SQLite has no row locks. Taking its one write lock at once is what makes the
    # rows that a command loads stay as they are until it commits.
    if connection.dialect.name == "sqlite":
        mode = "IMMEDIATE" if connection.get_execution_options().get("to_write") else "DEFERRED"
        connection.exec_driver_sql(f"BEGIN {mode}")
