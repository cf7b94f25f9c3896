"""Inserting entries: the rows of an entry go in together, however many entries there are.

An entry has a row in ``entries``, one in ``pending``, and one in ``entry_subjects`` for each
subject. On PostgreSQL one statement inserts them all, so that a command waits for one round
trip and a group commit for one, whether it holds one entry or two hundred. SQLite, which is in
the same process, takes the three statements that this is made of.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, String, Table, Uuid, bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.dml import Insert
from sqlalchemy.types import UserDefinedType

from audit import Entry, Record
from ledger.core.db import LogTable, writing

_COLUMNS: Final = ("id", "log", "kind", "actor", "org", "at", "work", "body")


class _Bytes(UserDefinedType[bytes]):
    """Bytes as the driver takes them in an array; `LargeBinary` would wrap each of them."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "BYTEA"


def insert_entries(
    connection: Connection, entries: Table, recorded: Sequence[tuple[Record[Entry], bytes]]
) -> None:
    """Insert records, each with its canonical bytes, in the caller's transaction.

    Their positions are in the order given.
    """
    with writing(LogTable):
        if connection.dialect.name == "postgresql":
            connection.execute(_at_once(entries), _arrays(recorded))
        else:
            _one_table_after_the_other(connection, entries, recorded)


def _values(record: Record[Entry], body: bytes) -> tuple[Any, ...]:
    """Return what the row of an entry repeats of its bytes, and the bytes, as `_COLUMNS`."""
    entry = record.entry
    return (
        record.id, entry.log, entry.kind, record.actor, record.org, record.at, record.work, body,
    )  # fmt: skip


def _arrays(recorded: Sequence[tuple[Record[Entry], bytes]]) -> dict[str, Any]:
    rows = [_values(record, body) for record, body in recorded]
    about = [(record.id, subject) for record, _ in recorded for subject in record.about]
    given = dict(zip(_COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
    return {**given, "of": [one for one, _ in about], "subject": [subject for _, subject in about]}


@cache
def _at_once(entries: Table) -> Insert:
    """Return the statement for PostgreSQL, which is given an array for each column."""
    tables = entries.metadata.tables
    pending, subjects = tables["pending"], tables["entry_subjects"]
    types = {**{name: entries.c[name].type for name in _COLUMNS}, "body": _Bytes()}
    arrays = [bindparam(name, type_=ARRAY(types[name])) for name in _COLUMNS]
    given = func.unnest(*arrays).table_valued(*_COLUMNS, with_ordinality="n", name="given")
    given = given.render_derived()
    ordered = select(*(given.c[name] for name in _COLUMNS)).order_by(given.c.n)
    kept = entries.c
    recorded = (
        insert(entries)
        .from_select(list(_COLUMNS), ordered)
        .returning(kept.position, kept.id, kept.log, kept.work)
        .cte("recorded")
    )
    waiting = (
        insert(pending)
        .from_select(
            ["position", "log", "work"],
            select(recorded.c.position, recorded.c.log, recorded.c.work),
        )
        .cte("waiting")
    )
    about = func.unnest(
        bindparam("of", type_=ARRAY(Uuid)), bindparam("subject", type_=ARRAY(String))
    ).table_valued("of", "subject", name="about")
    about = about.render_derived()
    concerned = select(about.c.subject, recorded.c.position)
    concerned = concerned.join_from(about, recorded, recorded.c.id == about.c.of)
    return insert(subjects).from_select(["subject", "position"], concerned).add_cte(waiting)


def _one_table_after_the_other(
    connection: Connection, entries: Table, recorded: Sequence[tuple[Record[Entry], bytes]]
) -> None:
    rows = [dict(zip(_COLUMNS, _values(*one), strict=True)) for one in recorded]
    in_order = insert(entries).returning(entries.c.position, sort_by_parameter_order=True)
    positions = connection.execute(in_order, rows).scalars().all()
    placed = [(at, record) for at, (record, _) in zip(positions, recorded, strict=True)]
    waiting = [
        {"position": at, "log": record.entry.log, "work": record.work} for at, record in placed
    ]
    connection.execute(insert(entries.metadata.tables["pending"]), waiting)
    about = [{"subject": one, "position": at} for at, record in placed for one in record.about]
    if about:
        connection.execute(insert(entries.metadata.tables["entry_subjects"]), about)
