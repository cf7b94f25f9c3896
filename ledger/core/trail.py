"""The audit log in this database: an entry is inserted, and later given its index.

``entries``         What commands record. ``position`` is the order of insertion; it has
                    gaps, where transactions were rolled back.
``entry_subjects``  Whom each entry is about, for queries and chains.
``pending``         The positions that have no index yet, with their unit of work.
``leaves``          Index to position, from 0 without gaps, for each log.
``tree_nodes``      Roots of whole groups of 256 nodes of the level below: what a tile of
                    level 1 and up consists of. Level 0 is ``leaves``.
``frontier``        One row for each log: what is needed to go on from the last leaf.
``checkpoints``     What each log has signed.
``chains``          For each subject, how many entries concern it, and their running hash.

Entries, leaves, nodes and checkpoints are only ever inserted; migration 0001 has the
database refuse anything else. There are two logs (``log``): facts go to the *ledger*;
decisions about access, far more numerous, to *access*. That one is cut into shards, each a tree
of its own (`ledger.core.log_names`): the ``log`` of entries and of what waits is the log, that of
leaves, nodes, frontier, checkpoints and chains is the tree.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit import Entry, Record, commit, encode
from ledger.core import privacy
from ledger.core.actor import Actor
from ledger.core.appending import insert_entries
from ledger.core.db import LogTable, table_of
from ledger.core.errors import Bug
from ledger.core.ids import new_id

Position = BigInteger().with_variant(Integer, "sqlite")
LOGS = ("ledger", "access")
_TOGETHER = 500


class LogEntry(LogTable):
    """One entry, in the exact bytes that are hashed; the rest repeats them for queries."""

    __tablename__ = "entries"
    __table_args__ = (
        Index("ix_entries_log", "log", "position"),
        Index("ix_entries_kind", "kind", "position"),
        Index("ix_entries_actor", "actor", "position"),
        Index("ix_entries_org", "org", "position"),
        Index("ix_entries_at", "at"),
    )

    position: Mapped[int] = mapped_column(Position, Identity(always=True), primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    """The public name of the entry: known at once, when its index is not."""
    log: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(64))
    actor: Mapped[str] = mapped_column(String(64))
    org: Mapped[UUID | None]
    at: Mapped[datetime]
    work: Mapped[UUID]
    body: Mapped[bytes] = mapped_column(LargeBinary)


class EntrySubject(LogTable):
    """That an entry is about somebody or something."""

    __tablename__ = "entry_subjects"
    __table_args__ = (Index("ix_entry_subjects_position", "position"),)

    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    position: Mapped[int] = mapped_column(
        Position, ForeignKey("entries.position"), primary_key=True, autoincrement=False
    )


class Pending(LogTable):
    """An entry that is recorded and has no index yet."""

    __tablename__ = "pending"

    position: Mapped[int] = mapped_column(
        Position, ForeignKey("entries.position"), primary_key=True, autoincrement=False
    )
    log: Mapped[str] = mapped_column(String(16))
    work: Mapped[UUID]


class Leaf(LogTable):
    """One leaf of a tree."""

    __tablename__ = "leaves"

    log: Mapped[str] = mapped_column(String(16), primary_key=True)
    index: Mapped[int] = mapped_column(Position, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(Position, ForeignKey("entries.position"), unique=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class TreeNode(LogTable):
    """The root of 256 whole nodes of the level below; ``level`` counts from 1."""

    __tablename__ = "tree_nodes"

    log: Mapped[str] = mapped_column(String(16), primary_key=True)
    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column(Position, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class LogFrontier(LogTable):
    """The right edge of a tree, with the peaks (32 bytes each) in a row."""

    __tablename__ = "frontier"

    log: Mapped[str] = mapped_column(String(16), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    peaks: Mapped[bytes] = mapped_column(LargeBinary)


class SignedCheckpoint(LogTable):
    """A signed note, as it is published."""

    __tablename__ = "checkpoints"

    log: Mapped[str] = mapped_column(String(16), primary_key=True)
    size: Mapped[int] = mapped_column(Position, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(Text)


class ChainLink(LogTable):
    """The *n*-th entry about a subject: h(n) = SHA-256(h(n-1) || leaf hash), h(0) empty."""

    __tablename__ = "chains"
    __table_args__ = (UniqueConstraint("log", "index", "subject", name="uq_chains_index"),)

    log: Mapped[str] = mapped_column(String(16), primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    n: Mapped[int] = mapped_column(Position, primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column(Position)
    head: Mapped[bytes] = mapped_column(LargeBinary)


def append(
    session: Session, entry: Entry, *, actor: Actor, at: datetime, work: UUID, policy: str
) -> Record[Entry]:
    """Insert *entry* in the caller's transaction. Takes no lock: any number may do so at once.

    Returns:
        The record as any later reader will see it, read back from its bytes: private
        fields are None.
    """
    salts = {group: privacy.new_salt() for group in entry.groups}
    record = Record(
        id=new_id(),
        entry=entry,
        actor=actor.ref,
        on_behalf_of=actor.on_behalf_of,
        org=actor.organisation_id,
        work=work,
        at=at,
        policy=policy,
        private={g: commit(salt, encode(entry.payload(g))) for g, salt in salts.items()},
    )
    body = record.to_bytes()
    insert_entries(session.connection(), table_of(LogEntry), [(record, body)])
    if salts:
        privacy.seal_group(session, record.id, entry, salts)
    return Record.from_bytes(body)


def append_many(
    session: Session,
    entries: Sequence[Entry],
    *,
    actor: Actor,
    at: datetime,
    work: UUID,
    policy: str,
) -> list[Record[Entry]]:
    """Insert entries of one unit of work at once, in order. They have no private groups.

    Returns:
        The records as any later reader will see them, read back from their bytes.
    """
    bodies = [
        Record(
            id=new_id(),
            entry=entry,
            actor=actor.ref,
            on_behalf_of=actor.on_behalf_of,
            org=actor.organisation_id,
            work=work,
            at=at,
            policy=policy,
            private={},
        ).to_bytes()
        for entry in entries
    ]
    recorded = [(Record.from_bytes(body), body) for body in bodies]
    for start in range(0, len(recorded), _TOGETHER):
        append_together(session, recorded[start : start + _TOGETHER])
    return [record for record, _ in recorded]


def append_together(session: Session, recorded: Sequence[tuple[Record[Entry], bytes]]) -> None:
    """Insert entries that have no private groups, each with its canonical bytes, at once.

    Whoever calls this has authorised each of them, and applies their projections, if any.
    """
    for record, _ in recorded:
        if record.entry.groups:
            raise Bug(f"{record.entry.kind} has private groups; append it by itself")
    if recorded:
        insert_entries(session.connection(), table_of(LogEntry), recorded)


def bodies(session: Session) -> Iterator[bytes]:
    """Return the bytes of every entry of every log, as state was built from them.

    Indexed ledger entries come in the order of their indexes, then the pending ones. The
    access log changes no state that facts depend on, and follows.
    """
    in_order = (
        select(LogEntry.body)
        .outerjoin(Leaf, Leaf.position == LogEntry.position)
        .order_by(
            LogEntry.log.desc(),
            func.length(Leaf.log).nulls_last(),  # "access-10" comes after "access-9".
            Leaf.log.nulls_last(),
            Leaf.index.nulls_last(),
            LogEntry.position,
        )
    )
    with session.scalars(in_order.execution_options(yield_per=1000)) as rows:
        yield from rows
