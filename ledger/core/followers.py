"""Followers: work that comes after an entry, at least once and in the order of the log.

A follower reads a log by index from a cursor of its own, so that one that is slow or broken
holds up nobody else. What it writes to the database is committed with its cursor; what it
does elsewhere (a message, a call) may be done twice after a crash, and must bear that.

    class Counts(Follower):
        name, log = "counts", "ledger"
        def take(self, session, entries): ...

One process runs them, the one that leads the sequencer. Nothing here polls for time: what
time brings comes through commands.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, Protocol

from sqlalchemy import BigInteger, Connection, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ledger.core import log_names
from ledger.core.db import Operational, table_of
from ledger.core.errors import Bug
from ledger.core.log_names import ClosedShard
from ledger.core.trail import Leaf, LogEntry, LogFrontier

BATCH: Final = 1_000


class Cursor(Operational):
    """How far a follower has come in its log."""

    __tablename__ = "follower_cursors"

    follower: Mapped[str] = mapped_column(String(64), primary_key=True)
    next_index: Mapped[int] = mapped_column(BigInteger)


class Follower(Protocol):
    """Whoever follows a log.

    Attributes:
        name: Permanent; the cursor is kept under it.
        log: Which log.
    """

    name: str
    log: str

    def take(self, session: Session, entries: Sequence[LogEntry]) -> None:
        """Do what follows from *entries*, rows that come in order. Never commits."""
        ...


def follow(connection: Connection, follower: Follower) -> int:
    """Hand the next entries to *follower* and move its cursor; return how many there were."""
    if not _is_behind(connection, follower):
        return 0
    with Session(connection) as session, session.begin():
        tree, cursor = _place(session, follower)
        following = (
            select(*table_of(LogEntry).c)  # As rows: objects of them would cost more than the rest.
            .join_from(LogEntry, Leaf, Leaf.position == LogEntry.position)
            .where(Leaf.log == tree, Leaf.index >= cursor.next_index)
            .order_by(Leaf.index)
            .limit(BATCH)
        )
        entries: Any = session.execute(following).all()
        if entries:
            follower.take(session, entries)
            cursor.next_index += len(entries)
    return len(entries)


def _is_behind(connection: Connection, follower: Follower) -> bool:
    """Say whether there may be something to take. Only reads: an idle log locks nothing."""
    with Session(connection.engine) as session:
        tree = log_names.open_tree(session, follower.log)
        cursor = session.get(Cursor, cursor_name(follower, tree))
        row = session.get(LogFrontier, tree)
        return cursor is None or row is None or cursor.next_index < row.size


def _place(session: Session, follower: Follower) -> tuple[str, Cursor]:
    """Return the tree that *follower* is in, and its cursor there.

    In a log of shards it has a cursor for each, named after it from the second on, and goes
    to the next one when it has taken everything of one that is closed.
    """
    trees = log_names.trees(session, follower.log)
    names = {cursor_name(follower, tree): tree for tree in trees}
    there = select(Cursor).where(Cursor.follower.in_(list(names))).with_for_update()
    cursors = {names[cursor.follower]: cursor for cursor in session.scalars(there)}
    for tree in trees:
        cursor = cursors.get(tree)
        if cursor is None:
            cursor = Cursor(follower=cursor_name(follower, tree), next_index=0)
            session.add(cursor)
            return tree, cursor
        closed = session.get(ClosedShard, tree)
        if closed is None or cursor.next_index < closed.size:
            return tree, cursor
    raise Bug("the last shard is never closed")


def cursor_name(follower: Follower, tree: str) -> str:
    """Return what the cursor of *follower* in one *tree* of its log is called."""
    return follower.name if tree == follower.log else f"{follower.name} ({tree})"


class EntryCount(Operational):
    """How many entries of a kind a log holds, as far as it has been counted."""

    __tablename__ = "entry_counts"

    log: Mapped[str] = mapped_column(String(16), primary_key=True)
    kind: Mapped[str] = mapped_column(String(64), primary_key=True)
    entries: Mapped[int] = mapped_column(BigInteger)


class Counts:
    """Counts entries by kind, so that a page or a metric need not read the whole log."""

    def __init__(self, log: str) -> None:
        self.name = f"counts {log}"
        self.log = log

    def take(self, session: Session, entries: Sequence[LogEntry]) -> None:
        """Add *entries* to the counts of their kinds."""
        for kind, number in Counter(entry.kind for entry in entries).items():
            row = session.get(EntryCount, (self.log, kind))
            if row is None:
                session.add(EntryCount(log=self.log, kind=kind, entries=number))
            else:
                row.entries += number


def counts(session: Session, log: str) -> dict[str, int]:
    """Return how many entries of each kind *log* holds, most first."""
    rows = select(EntryCount.kind, EntryCount.entries).where(EntryCount.log == log)
    most_first = rows.order_by(EntryCount.entries.desc(), EntryCount.kind)
    return {row.kind: row.entries for row in session.execute(most_first)}
