"""Rows that name an entry against the log; and the log's own tables, made again from entries.

That each other row is what the entries add up to is the matter of `ledger.core.replay`.
"""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Column, Table, create_engine, select
from sqlalchemy.orm import Session

from audit import Record, Unreadable
from ledger.core import projection, receipts
from ledger.core.check.report import FAULTS_MAX
from ledger.core.db import Base, Operational, sort_of, table_of
from ledger.core.heads import CommittedHeads
from ledger.core.log_names import ClosedShard, LogKey
from ledger.core.trail import Leaf, LogEntry

_OWN = (LogKey, ClosedShard, CommittedHeads)
"""What the kinds ``log.…`` add up to: names, keys, shards, committed heads."""


def check_rows(session: Session) -> Iterator[str]:
    """Return a sentence for each row that names an entry which is not there."""
    entries = table_of(LogEntry)
    for table, column in _naming():
        there = column == entries.c.id
        lost = select(column).outerjoin(entries, there).where(entries.c.id.is_(None))
        lost = lost.where(column.is_not(None)).limit(FAULTS_MAX)
        for (entry_id,) in session.execute(lost):
            yield f"{table.name}: its {column.name} {entry_id} is no entry of the log"


def _naming() -> Iterator[tuple[Table, Column[Any]]]:
    for table in Base.metadata.sorted_tables:
        if sort_of(table.name) is not Operational:
            for column in table.columns:
                if column.name == "entry_id" or column.name.endswith("_entry_id"):
                    yield table, column


def check_own_tables(session: Session) -> Iterator[str]:
    """Return a sentence for each row of the log's own tables that its entries do not make.

    An attack on these is one on the check itself: with a key of one's own in ``log_keys``,
    checkpoints of one's own would verify.
    """
    tables = [table_of(model) for model in _OWN]
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine, tables=tables)
    with Session(engine) as made:
        yield from _project(session, made)
        for table in tables:
            yield from _differences(table, session, made)
    engine.dispose()


def _project(session: Session, made: Session) -> Iterator[str]:
    bodies = (
        select(LogEntry.id, LogEntry.body)
        .outerjoin(Leaf, Leaf.position == LogEntry.position)
        .where(LogEntry.kind.like("log.%"))
        .order_by(Leaf.index.nulls_last(), LogEntry.position)
        .execution_options(yield_per=500)
    )
    for entry_id, body in session.execute(bodies):
        try:
            record = Record.from_bytes(receipts.as_bytes(body))
        except Unreadable:
            continue  # Named with its index, where entries are checked.
        try:
            with made.begin_nested():
                projection.apply(made, record, {})
        except Exception as error:  # noqa: BLE001  (a forged entry may break it in any way)
            yield f"{record.entry.kind} {entry_id} cannot be applied: {error}"


def _differences(table: Table, session: Session, made: Session) -> Iterator[str]:
    there, says = _rows(table, session), _rows(table, made)
    for key in sorted(there.keys() | says.keys(), key=str):
        where = f"{table.name} {' '.join(map(str, key))}"
        if key not in says:
            yield f"{where}: no entry of the log made it"
        elif key not in there:
            yield f"{where}: the log made it, and it is gone"
        else:
            for name, value in says[key].items():
                if there[key][name] != value:
                    shown = _spelled(there[key][name]), _spelled(value)
                    yield f"{where}: {name} is {shown[0]}, the log says {shown[1]}"


def _rows(table: Table, session: Session) -> dict[tuple[object, ...], dict[str, object]]:
    keys = [column.name for column in table.primary_key]
    rows = session.execute(select(table)).mappings()
    return {tuple(row[name] for name in keys): dict(row) for row in rows}


def _spelled(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def guarded(what: str, sentences: Callable[[], Iterator[str]]) -> Iterator[str]:
    """Return *sentences*; where reading fails, that as another one, and the rest goes on."""
    try:
        yield from sentences()
    except Exception as error:  # noqa: BLE001  (a damaged database fails in any way)
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        yield f"{what} cannot be checked: {reason}"
