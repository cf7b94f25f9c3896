"""Replay: is the ledger's state what its log says, and nothing else?

Builds an empty database by the same migrations, triggers and all; applies every entry to
it, with the same projections that the commands used; and compares each Projected and
Sealed table, row by row, in both directions. Private payloads are checked against their
commitments on the way. Where a key is gone, so is what it opened: live and copy must then
be without it alike.

A check, not a backup: sessions, salts and keys come back from backups only. Memory: what
one table's rows take, of one of the two databases.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Engine, Table, event, insert, inspect, select
from sqlalchemy.orm import Session

from audit import Entry, Record, Unreadable
from ledger.core import migrate, privacy, projection, trail
from ledger.core.blobs import Blob
from ledger.core.db import (
    TO_WRITE,
    Base,
    LogTable,
    Projected,
    Sealed,
    snapshot,
    sort_of,
    table_of,
    writing,
)
from ledger.core.destroying import DestroyedPart
from ledger.core.projection import Opened

_AT_ONCE: Final = 250  # Entries to one savepoint, and to one look-up of private payloads.
_KEPT_MAX: Final = 20_000  # Rows in memory.


class NotEmpty(Exception):
    """The database to replay into has tables already."""


@dataclass(slots=True)
class Report:
    """What a replay found.

    Attributes:
        entries: How many entries the log has.
        rows: How many rows they make, by table.
        differences: One sentence each, naming table and row. None is the only good news.
        erased: Entries some of whose private groups are erased; they are no difference.
        unexplained: Private groups that are gone, and no entry says that it destroyed them: a
            key or a payload that was lost, or deleted by somebody else.
    """

    entries: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)
    erased: list[UUID] = field(default_factory=list)
    unexplained: list[tuple[UUID, str]] = field(default_factory=list)


Advance = Callable[[int], None]
"""Is told how many entries have been applied so far."""


def replay(
    live_engine: Engine, empty_engine: Engine, *, advance: Advance = lambda _: None
) -> Report:
    """Rebuild the state of *live_engine* in *empty_engine* and compare the two.

    Reads one snapshot of the live database, so commands may go on meanwhile.

    Raises:
        NotEmpty: there are tables where there should be none; nothing is touched.
    """
    if tables := inspect(empty_engine).get_table_names():
        raise NotEmpty(f"the database has tables already: {', '.join(sorted(tables))}")
    migrate.upgrade_engine(empty_engine)
    report = Report()
    connection = empty_engine.connect().execution_options(**TO_WRITE)
    with (
        snapshot(live_engine) as live,
        connection,
        Session(connection, expire_on_commit=False) as copy,
    ):
        _copy_blobs(live, copy)
        kept = _keeping(copy)
        for some in _chunks(trail.bodies(live)):
            _apply_all(live, copy, list(_read(some, report)), report)
            report.entries += len(some)
            advance(report.entries)
            if len(kept) > _KEPT_MAX:
                copy.expunge_all()
                kept.clear()
        _explain(copy, report)
        for table in Base.metadata.sorted_tables:
            if sort_of(table.name) in (Projected, Sealed):
                report.differences += _compare(table, live, copy, report)
    return report


def _keeping(copy: Session) -> list[object]:
    """Have *copy* hold on to rows, so that the next entry about one need not load it again."""
    kept: list[object] = []
    for when in ("loaded_as_persistent", "pending_to_persistent"):
        event.listen(copy, when, lambda _session, row: kept.append(row))
    return kept


def _copy_blobs(live: Session, copy: Session) -> None:
    """Copy the texts that entries name: projections may read them, and no entry holds them."""
    with writing(LogTable):
        for blob in live.execute(select(table_of(Blob)).execution_options(yield_per=10)).mappings():
            copy.execute(insert(table_of(Blob)), dict(blob))
    copy.commit()


def _read(bodies: Sequence[bytes], report: Report) -> Iterator[tuple[int, Record[Entry]]]:
    """Return the records that can be read, each with its number in the log."""
    for number, body in enumerate(bodies, start=report.entries):
        try:
            yield number, Record.from_bytes(body)
        except Unreadable as error:
            report.differences.append(f"entry {number} of the log: {error}")


def _apply_all(
    live: Session, copy: Session, records: list[tuple[int, Record[Entry]]], report: Report
) -> None:
    """Apply *records* at once; if that fails, one by one, to name the one that fails."""
    opened = _open_all(live, [record for _, record in records], report)
    try:
        with copy.begin_nested():
            for _, record in records:
                projection.apply(copy, record, opened[record.id])
    except Exception:  # noqa: BLE001  (a forged entry may break a projection in any way)
        for number, record in records:
            try:
                with copy.begin_nested():
                    projection.apply(copy, record, opened[record.id])
            except Exception as error:  # noqa: BLE001
                reason = str(error).splitlines()[0] if str(error) else type(error).__name__
                what = f"{record.entry.kind} {record.id} cannot be applied"
                report.differences.append(f"entry {number} of the log: {what}: {reason}")
    copy.commit()


def _open_all(
    live: Session, records: Iterable[Record[Entry]], report: Report
) -> dict[UUID, Opened]:
    """Return the private groups of each record, each checked against its commitment."""
    records = list(records)
    sealed = [record.id for record in records if record.private]
    try:
        payloads = privacy.read(live, sealed) if sealed else {}
    except privacy.Tampered:
        payloads = {}
        for entry_id in sealed:  # One by one, to name those that do not open.
            try:
                payloads |= privacy.read(live, [entry_id])
            except privacy.Tampered:
                report.differences.append(f"private_payloads {entry_id}: does not open")
    return {
        record.id: {
            group: _open(record, group, payloads.get(record.id, {}), report)
            for group in record.private
        }
        for record in records
    }


def _open(
    record: Record[Entry],
    group: str,
    payloads: dict[str, privacy.Payload | None],
    report: Report,
) -> dict[str, Any] | None:
    if group not in payloads:
        report.differences.append(f"private_payloads {record.id}: the group {group} is missing")
        return None
    payload = payloads[group]
    if payload is None:
        report.unexplained.append((record.id, group))  # Until the entry that did it is met.
        if record.id not in report.erased[-1:]:
            report.erased.append(record.id)
        return None
    if payload.commitment() != record.private[group]:
        where = f"private_payloads {record.id}"
        report.differences.append(f"{where}: the group {group} is not what was committed to")
        return None
    return record.entry.opened(group, payload.fields)


def _explain(copy: Session, report: Report) -> None:
    """Leave in the report only those private groups whose loss no entry explains."""
    part = table_of(DestroyedPart)
    said = {(e, g) for e, g in copy.execute(select(part.c.entry_id, part.c.group))}
    report.unexplained = [each for each in report.unexplained if each not in said]


def _compare(table: Table, live: Session, copy: Session, report: Report) -> Iterator[str]:
    """Return a sentence for each row, and each value, that only one of the two has."""
    keys = [column.name for column in table.primary_key]
    rows = copy.execute(select(table)).mappings()
    logged = {tuple(row[name] for name in keys): tuple(row.values()) for row in rows}
    report.rows[table.name] = len(logged)
    names = [column.name for column in table.columns]
    for row in live.execute(select(table).execution_options(yield_per=1000)).mappings():
        key = tuple(row[name] for name in keys)
        where = f"{table.name} {' '.join(map(str, key))}"
        expected = logged.pop(key, None)
        if expected is None:
            yield f"{where}: no entry of the log made it"
        elif expected != tuple(row.values()):
            for name, value, says in zip(names, row.values(), expected, strict=True):
                if value != says:
                    shown, should = _shown(table, value), _shown(table, says)
                    yield f"{where}: {name} is {shown}, the log says {should}"
    for key in logged:
        yield f"{table.name} {' '.join(map(str, key))}: the log made it, and it is gone"


def _shown(table: Table, value: object) -> str:
    """Return a value for a report; of what is sealed, only whether there is one."""
    if sort_of(table.name) is Sealed:
        return "empty" if value is None else "something"
    return value.hex() if isinstance(value, bytes) else str(value)


def _chunks(bodies: Iterable[bytes]) -> Iterator[list[bytes]]:
    source = iter(bodies)
    while some := list(islice(source, _AT_ONCE)):
        yield some
