"""Entries against their leaves, their columns, their subjects and the chains of these."""

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from audit import leaf_hash
from audit.tiles import WIDTH
from audit.values import to_json
from ledger.core import receipts
from ledger.core.check.report import Report
from ledger.core.trail import ChainLink, EntrySubject, Leaf, LogEntry

_REPEATED: Final = ("id", "kind", "actor", "org", "at", "work")
"""Columns that repeat what is in an entry's bytes."""


def tiles_of(session: Session, log: str, report: Report) -> Iterator[Sequence[Any]]:
    """Return the leaves with their entries, 256 at a time, up to the first that is missing."""
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
    start, missing = 0, False
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
    """Compare each entry with its leaf and its columns; return those that are what was hashed."""
    intact = []
    columns = _columns(session, [leaf.position for leaf in leaves], report)
    for leaf in leaves:
        if leaf.body is None:
            report.fault(f"entry {leaf.number} is gone: no row at position {leaf.position}")
        elif leaf_hash(receipts.as_bytes(leaf.body)) != leaf.hash:
            report.fault(f"entry {leaf.number} is not what was hashed{_id(columns, leaf)}")
        elif not isinstance(leaf.body, bytes):
            report.fault(f"entry {leaf.number} is stored as text{_id(columns, leaf)}")
        else:
            try:
                body = json.loads(leaf.body)
                says = {name: body[name] for name in (*_REPEATED, "about")}
            except (ValueError, TypeError, KeyError):
                report.fault(f"entry {leaf.number} is not the bytes of one{_id(columns, leaf)}")
                continue
            intact.append(leaf)
            row = columns.get(leaf.position)
            for name in _REPEATED if row else ():
                if (column := to_json(getattr(row, name))) != says[name]:
                    where = f"entry {leaf.number} ({says['id']}): the column {name}"
                    report.fault(f"{where} is {column}, its bytes say {says[name]}")
    return intact


def _columns(session: Session, positions: Sequence[int], report: Report) -> dict[int, Any]:
    """Return the columns that repeat entries' bytes, by position.

    SQLite keeps whatever it is given: what somebody wrote there may not even be of the
    column's type. Then the rows are read one by one, to name those.
    """
    chosen = select(LogEntry.position, *(LogEntry.__table__.c[name] for name in _REPEATED))
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


def check_chains(
    session: Session, log: str, leaves: Sequence[Any], intact: Sequence[Any], report: Report
) -> None:
    """Check that each subject's chain goes on, by one link, from each entry about it."""
    first, last = leaves[0].number, leaves[-1].number
    by_index = {leaf.number: leaf for leaf in leaves}
    before = aliased(ChainLink)
    links: Any = session.execute(
        select(ChainLink, before.head, before.index)
        .outerjoin(
            before,
            (before.log == ChainLink.log)
            & (before.subject == ChainLink.subject)
            & (before.n == ChainLink.n - 1),
        )
        .where(ChainLink.log == log, ChainLink.index >= first, ChainLink.index <= last)
    )
    linked: dict[int, set[str]] = {}
    for link, head, index in links:
        linked.setdefault(link.index, set()).add(link.subject)
        leaf = by_index.get(link.index)
        follows = link.n == 1 if head is None else index < link.index
        before_it = receipts.as_bytes(head or b"")
        whole = sha256(before_it + receipts.as_bytes(leaf.hash)).digest() if leaf else None
        if not follows or link.head != whole:
            report.fault(
                f"chain of {link.subject}: link {link.n}, at entry {link.index}, is broken"
            )
    session.expunge_all()
    _check_subjects(session, intact, linked, report)


def _check_subjects(
    session: Session, intact: Sequence[Any], linked: dict[int, set[str]], report: Report
) -> None:
    repeated = _subjects(session, intact)
    for leaf in intact:
        about = set(json.loads(leaf.body)["about"])
        if linked.get(leaf.number, set()) != about:
            report.fault(f"entry {leaf.number}: its links in chains are not those of its subjects")
        if repeated.get(leaf.position, set()) != about:
            report.fault(f"entry {leaf.number}: entry_subjects is not what its bytes say")


def _subjects(session: Session, leaves: Sequence[Any]) -> dict[int, set[str]]:
    positions = [leaf.position for leaf in leaves]
    chosen = select(EntrySubject.position, EntrySubject.subject)
    found: dict[int, set[str]] = {}
    for position, subject in session.execute(chosen.where(EntrySubject.position.in_(positions))):
        found.setdefault(position, set()).add(subject)
    return found
