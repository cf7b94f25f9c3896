"""Committing to the heads of all chains, so that what is said of a subject can be complete.

The sequencer keeps a chain for each subject. From time to time the map of all heads of a log,
at a size that the log has signed, is committed by an entry of the ledger log, for every log;
`audit.heads` says what the map is and what it proves. The map is computed in one pass over
the subjects, with flat memory, in a snapshot: commands go on meanwhile.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Engine, LargeBinary, String, collate, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit import Checkpoint, Entry, Record, entry
from audit.heads import Committed, Head, Place, commitment, prove
from ledger.core import clock, receipts
from ledger.core.actor import Actor
from ledger.core.authority import Resource
from ledger.core.db import Projected, db, snapshot, table_of
from ledger.core.errors import Conflict
from ledger.core.permissions import Permission
from ledger.core.projection import Opened, projects
from ledger.core.scheduler import Job
from ledger.core.trail import ChainLink, LogFrontier, Position
from ledger.core.work import UnitOfWork, unit_of_work

_ROWS_AT_ONCE: Final = 1000


class HeadsNotCommitted(Conflict):
    """The log has not committed to the heads of its chains yet."""

    slug = "heads-not-committed"
    title = "The log has not committed to where its chains end"


@entry("log.heads-committed")
class HeadsCommitted(Entry):
    """The heads of every chain of a log were computed, as of a size that it has signed.

    Attributes:
        tree: Which log.
        origin: Its name, as its checkpoints spell it.
        size: How many entries it had.
        tree_root: Its root at that size.
        heads: How many subjects those entries are about.
        root: Of the map of their heads; see `audit.heads`.
    """

    tree: str
    origin: str
    size: int
    tree_root: bytes
    heads: int
    root: bytes


class CommittedHeads(Projected):
    """That the heads of a log were committed, at a size."""

    __tablename__ = "committed_heads"

    tree: Mapped[str] = mapped_column(String(16), primary_key=True)
    size: Mapped[int] = mapped_column(Position, primary_key=True, autoincrement=False)
    origin: Mapped[str] = mapped_column(String(255), primary_key=True)
    subjects: Mapped[int] = mapped_column(BigInteger)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
    entry_id: Mapped[UUID]


@projects(HeadsCommitted)
def committed(session: Session, record: Record[HeadsCommitted], _opened: Opened) -> None:
    """A map is committed: proofs about subjects end there."""
    said = record.entry
    session.add(
        CommittedHeads(
            tree=said.tree,
            size=said.size,
            origin=said.origin,
            subjects=said.heads,
            root=said.root,
            at=record.at,
            entry_id=record.id,
        )
    )


class _Interval:
    """How often the scheduler commits. One for the process, given once by `commit_every`."""

    minutes = 60


def commit_every(minutes: int) -> None:
    """Have the scheduler commit to the heads as often as this, if anything changed."""
    _Interval.minutes = minutes


def heads(session: Session, tree: str, *, size: int) -> Iterator[Head]:
    """Return the head of every chain of *tree* at *size*, in the order of the map.

    Steps from subject to subject along the index, so a chain costs the same whatever its
    length. *session* should be a snapshot.
    """
    chains = table_of(ChainLink)
    first = select(func.min(chains.c.subject).label("subject")).where(chains.c.log == tree)
    subjects = first.cte("subjects", recursive=True)
    following = (
        select(func.min(chains.c.subject))
        .where(chains.c.log == tree, chains.c.subject > subjects.c.subject)
        .scalar_subquery()
    )
    subjects = subjects.union_all(select(following).where(subjects.c.subject.is_not(None)))
    links = chains.alias("links")
    last = (
        select(func.max(links.c.n))
        .where(links.c.log == tree, links.c.subject == subjects.c.subject, links.c.index < size)
        .scalar_subquery()
    )
    same = (chains.c.log == tree) & (chains.c.subject == subjects.c.subject)
    found = select(chains.c.subject, chains.c.n, chains.c.head).select_from(subjects)
    # By bytes, which is not how every PostgreSQL sorts.
    order = "C" if session.get_bind().dialect.name == "postgresql" else "BINARY"
    found = found.join(chains, same & (chains.c.n == last))
    found = found.order_by(collate(subjects.c.subject, order))
    with session.execute(found.execution_options(yield_per=_ROWS_AT_ONCE)) as rows:
        for subject, n, head in rows:
            yield Head(subject, n, receipts.as_bytes(head))


@dataclass(frozen=True, slots=True)
class Measured:
    """The map of a log as it was computed, ready to be committed."""

    tree: str
    checkpoint: Checkpoint
    map: Committed


def measure(session: Session, tree: str) -> Measured | None:
    """Compute the map of *tree* at its newest checkpoint; None if nothing changed since the last.

    *session* should be a snapshot.
    """
    try:
        newest = receipts.newest_checkpoint(session, tree)
    except receipts.NoCheckpoint:
        return None
    checkpoint = Checkpoint.from_text(newest.note.rpartition("\n\n")[0] + "\n")
    last = newest_of(session, tree)
    since = 0 if last is None or last.origin != checkpoint.origin else last.size
    changed = select(ChainLink.index).where(ChainLink.log == tree)
    changed = changed.where(ChainLink.index >= since, ChainLink.index < checkpoint.size)
    if session.scalar(changed.limit(1)) is None:
        return None
    return Measured(tree, checkpoint, commitment(heads(session, tree, size=checkpoint.size)))


def commit(work: UnitOfWork, *, measured: Measured) -> Record[Entry] | None:
    """Commit to a map that was computed. Return the record; None if it is committed already.

    Raises:
        Forbidden: only the service itself does this.
    """
    work.authorise(Permission.LOG_COMMIT, on=Resource())
    checkpoint = measured.checkpoint
    key = (measured.tree, checkpoint.size, checkpoint.origin)
    if work.session.get(CommittedHeads, key) is not None:
        return None
    return work.record(
        HeadsCommitted(
            tree=measured.tree,
            origin=checkpoint.origin,
            size=checkpoint.size,
            tree_root=checkpoint.root,
            heads=measured.map.subjects,
            root=measured.map.root,
        )
    )


def commit_all(engine: Engine, *, by: Actor, older_than: timedelta | None = None) -> list[Measured]:
    """Commit to the heads of every log that changed; return what was committed.

    Args:
        engine: The database.
        by: The service, as it acts.
        older_than: Only where the last commitment is older than this.
    """
    done = []
    with snapshot(engine) as session:
        trees = list(session.scalars(select(LogFrontier.log).order_by(LogFrontier.log)))
    for tree in trees:
        with snapshot(engine) as session:
            last = newest_of(session, tree)
            if older_than and last is not None and clock.now() - last.at < older_than:
                continue
            measured = measure(session, tree)
        if measured is not None:
            with unit_of_work(by) as work:
                record = commit(work, measured=measured)
            done += [measured] if record else []
    return done


def newest_of(session: Session, tree: str, *, up_to: int | None = None) -> CommittedHeads | None:
    """Return what was last committed of *tree*, at a size of *up_to* at most."""
    found = select(CommittedHeads).where(CommittedHeads.tree == tree)
    if up_to is not None:
        found = found.where(CommittedHeads.size <= up_to)
    newest = found.order_by(CommittedHeads.size.desc(), CommittedHeads.at.desc())
    return session.scalar(newest.limit(1))


def place_of(session: Session, row: CommittedHeads, subject: str) -> list[Place]:
    """Return what shows where the chain of *subject* ended, or that it had none.

    Raises:
        HeadsNotCommitted: the chains in the database are not those that were committed.
    """
    map_, places = prove(heads(session, row.tree, size=row.size), subject)
    if map_ != Committed(receipts.as_bytes(row.root), row.subjects):
        raise HeadsNotCommitted(
            f"the chains of {row.tree} at size {row.size:,} are not those that were committed: "
            "have the operator run `ledger log check`"
        )
    return places


def disagreements(session: Session, *, every: bool = False) -> Iterator[str]:
    """Recompute committed maps, the newest of each log or *every* one; say which differ."""
    rows = select(CommittedHeads).order_by(CommittedHeads.tree, CommittedHeads.size.desc())
    seen: set[str] = set()
    for row in session.scalars(rows).all():
        if every or row.tree not in seen:
            map_ = commitment(heads(session, row.tree, size=row.size))
            if map_ != Committed(receipts.as_bytes(row.root), row.subjects):
                yield (
                    f"{row.tree}: the heads of its chains at size {row.size:,} are not those "
                    f"that entry {row.entry_id} committed to"
                )
        seen.add(row.tree)


def _commit_when_due() -> int:
    interval = timedelta(minutes=_Interval.minutes)
    return len(commit_all(db.engine, by=Actor.system("clock"), older_than=interval))


JOBS: Final = (Job("heads of chains", every=timedelta(minutes=1), run=_commit_when_due),)
