"""Entries against their leaves, their columns, and what lies encrypted beside them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit import Entry, Record, Unreadable, leaf_hash
from audit.tiles import WIDTH
from audit.values import to_json
from ledger.core import receipts
from ledger.core.check.private import check_private
from ledger.core.check.report import Report
from ledger.core.log_names import log_of
from ledger.core.trail import Leaf, LogEntry, Pending

_REPEATED: Final = ("id", "kind", "actor", "org", "at", "work")
"""Columns that repeat what is in an entry's bytes."""


def tiles_of(session: Session, log: str, report: Report, *, start: int) -> Iterator[Sequence[Any]]:
    """Return the leaves with their entries, 256 at a time from *start* to the first missing one."""
    statement = (
        select(
            Leaf.index.label("number"),  # A row has a method of the name "index".
            Leaf.hash,
            Leaf.position,
            LogEntry.body,
        )
        .outerjoin(LogEntry, LogEntry.position == Leaf.position)
        .where(Leaf.log == log)
    )
    missing = False
    while True:
        within = statement.where(Leaf.index >= start, Leaf.index < start + WIDTH)
        rows = session.execute(within.order_by(Leaf.index)).all()
        for at, row in enumerate(rows):
            if row.number != start + at:
                report.fault(f"leaf {start + at} is missing; what follows was not checked")
                rows, missing = rows[:at], True
                break
        if rows:
            yield rows
        if len(rows) < WIDTH:
            break
        start += WIDTH
    reached = start + len(rows)
    beyond = select(func.count()).select_from(Leaf).where(Leaf.log == log, Leaf.index > reached)
    if not missing and (left := session.scalar(beyond)):
        report.fault(f"leaf {reached} is missing; the {left} after it were not checked")


def check_entries(session: Session, leaves: Sequence[Any], report: Report) -> list[Any]:
    """Compare each entry with its leaf, its columns and its private groups.

    Returns:
        Those whose bytes are what was hashed.
    """
    intact, records = [], dict[int, Record[Entry]]()
    columns = _columns(session, [leaf.position for leaf in leaves], report)
    for leaf in leaves:
        if leaf.body is None:
            report.fault(f"entry {leaf.number} is gone: no row at position {leaf.position}")
        elif leaf_hash(receipts.as_bytes(leaf.body)) != leaf.hash:
            report.fault(f"entry {leaf.number} is not what was hashed{_id(columns, leaf)}")
        elif not isinstance(leaf.body, bytes):
            report.fault(f"entry {leaf.number} is stored as text{_id(columns, leaf)}")
        elif _check_columns(f"entry {leaf.number}", leaf.body, columns.get(leaf.position), report):
            intact.append(leaf)
            try:
                records[leaf.number] = Record.from_bytes(leaf.body)
            except Unreadable as error:
                report.fault(f"entry {leaf.number}{_id(columns, leaf)} cannot be read: {error}")
    check_private(session, records, report)
    return intact


def check_waiting_entries(session: Session, log: str, report: Report) -> None:
    """Check the entries of *log* that have no index: only their columns can be compared."""
    rows = select(Pending.position, Pending.work, LogEntry.body)
    rows = rows.join(LogEntry, LogEntry.position == Pending.position).where(Pending.log == log)
    last = -1
    while some := session.execute(
        rows.where(Pending.position > last).order_by(Pending.position).limit(WIDTH)
    ).all():
        last, records = some[-1].position, dict[int, Record[Entry]]()
        columns = _columns(session, [row.position for row in some], report)
        for row in some:
            what = f"the waiting entry at position {row.position}"
            column = columns.get(row.position)
            if not _check_columns(what, receipts.as_bytes(row.body), column, report, log=log):
                continue
            if column and row.work != column.work:
                report.fault(f"{what}: it waits with the unit of work {row.work}, not its own")
            try:
                records[row.position] = Record.from_bytes(receipts.as_bytes(row.body))
            except Unreadable as error:
                report.fault(f"{what}{_id(columns, row)} cannot be read: {error}")
        check_private(session, records, report, what="the waiting entry at position")


def _check_columns(
    what: str, body: bytes, row: Any, report: Report, *, log: str | None = None
) -> bool:
    """Compare what columns repeat with the bytes; say whether these are an entry's at all."""
    try:
        read = json.loads(body)
        says: Mapping[str, Any] = {name: read[name] for name in (*_REPEATED, "about")}
    except (ValueError, TypeError, KeyError):
        report.fault(f"{what} is not the bytes of one{f' ({row.id})' if row else ''}")
        return False
    for name in _REPEATED if row else ():
        if (column := to_json(getattr(row, name))) != says[name]:
            where = f"{what} ({says['id']}): the column {name}"
            report.fault(f"{where} is {column}, its bytes say {says[name]}")
    if row and row.log != (belongs := log or log_of(report.log)):
        report.fault(f"{what} ({says['id']}): the column log is {row.log}, it is in {belongs}")
    return True


def _columns(session: Session, positions: Sequence[int], report: Report) -> dict[int, Any]:
    """Return the columns that repeat entries' bytes, by position.

    SQLite keeps whatever it is given: what somebody wrote there may not even be of the
    column's type. Then the rows are read one by one, to name those.
    """
    named = (LogEntry.__table__.c[name] for name in (*_REPEATED, "log"))
    chosen = select(LogEntry.position, *named)
    try:
        # Closed here, as a value that cannot be read leaves it open.
        with session.execute(chosen.where(LogEntry.position.in_(positions))) as rows:
            return {row.position: row for row in rows}
    except (ValueError, TypeError, AttributeError) as error:
        if len(positions) == 1:
            report.fault(f"the entry at position {positions[0]} has a damaged column: {error}")
            return {}
    found: dict[int, Any] = {}
    for position in positions:
        found |= _columns(session, [position], report)
    return found


def _id(columns: dict[int, Any], leaf: Any) -> str:
    row = columns.get(leaf.position)
    return f" ({row.id})" if row else ""
