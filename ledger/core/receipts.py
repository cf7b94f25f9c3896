"""The tree as it is stored: tiles, proofs and receipts, at a cost that does not grow.

A tile of level 0 is 256 rows of ``leaves``, one of a higher level 256 rows of
``tree_nodes``. A proof reads at most one or two tiles of each level, and a log of
sixteen million entries has three levels.
"""

from functools import partial
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit import Receipt, Tile, inclusion_proof
from audit.proofs import Nodes
from audit.tiles import WIDTH, nodes_from_tiles, to_bundle, width_at
from ledger.core.errors import Conflict, NotFound
from ledger.core.trail import Leaf, LogEntry, SignedCheckpoint, TreeNode


class NotYetSigned(Conflict):
    """The entry is recorded, and no signed tree holds it yet."""

    slug = "entry-not-yet-signed"
    title = "The log has not signed this entry yet"


class NoCheckpoint(Conflict):
    """The log has signed nothing yet."""

    slug = "log-not-yet-signed"
    title = "The log has not signed anything yet"


def as_bytes(stored: object) -> bytes:
    """Return a stored value as bytes. SQLite keeps text in their place, if somebody writes it."""
    return stored if isinstance(stored, bytes) else str(stored).encode()


def newest_checkpoint(session: Session, log: str) -> SignedCheckpoint:
    """Return what *log* signed last. Raises `NoCheckpoint` if it has signed nothing."""
    newest = select(SignedCheckpoint).where(SignedCheckpoint.log == log)
    row = session.scalar(newest.order_by(SignedCheckpoint.size.desc()).limit(1))
    if row is None:
        raise NoCheckpoint("wait until the sequencer has run, then ask again")
    return row


def checkpoint_of(session: Session, log: str, size: int) -> SignedCheckpoint:
    """Return what *log* signed at *size*. Raises `NoCheckpoint` if it signed nothing there."""
    row = session.get(SignedCheckpoint, (log, size))
    if row is None:
        raise NoCheckpoint(f"the log has signed nothing at size {size}")
    return row


def hashes(session: Session, log: str, tile: Tile) -> bytes:
    """Return the hashes of a hash tile, as far as they are there."""
    start = tile.number * WIDTH
    if tile.level:
        chosen = select(TreeNode.hash).where(TreeNode.log == log, TreeNode.level == tile.level)
        chosen = chosen.where(TreeNode.index >= start, TreeNode.index < start + tile.width)
        return b"".join(map(as_bytes, session.scalars(chosen.order_by(TreeNode.index))))
    leaves = select(Leaf.hash).where(Leaf.log == log, Leaf.index >= start)
    leaves = leaves.where(Leaf.index < start + tile.width).order_by(Leaf.index)
    return b"".join(map(as_bytes, session.scalars(leaves)))


def tile(session: Session, log: str, wanted: Tile) -> bytes:
    """Return a tile or entry bundle as it is published.

    Raises:
        NotFound: no signed tree has had it, at that width, since it was published.
    """
    signed = select(func.max(SignedCheckpoint.size)).where(SignedCheckpoint.log == log)
    size = session.scalar(signed) or 0
    level = wanted.level or 0
    there = width_at(level, wanted.number, size)
    if wanted.width > there:
        raise NotFound("the log has no such tile; its checkpoint says how far it reaches")
    if wanted.level is None:
        return to_bundle(_bodies(session, log, wanted))
    return hashes(session, log, wanted)


def nodes(session: Session, log: str, *, size: int) -> Nodes:
    """Return the nodes of *log* as it was at *size*, to make proofs from."""
    return nodes_from_tiles(partial(hashes, session, log), size=size)


def receipt_of(session: Session, entry_id: UUID) -> Receipt:
    """Return the receipt of an entry, for the newest checkpoint. Asks nobody's permission.

    Raises:
        NotFound: there is no such entry.
        NotYetSigned: it has no index, or no checkpoint covers it yet.
    """
    log = session.scalar(select(LogEntry.log).where(LogEntry.id == entry_id))
    if log is None:
        raise NotFound("there is no such entry, or you may not see it")
    index = session.scalar(
        select(Leaf.index)
        .join(LogEntry, LogEntry.position == Leaf.position)
        .where(LogEntry.id == entry_id)
    )
    checkpoint = None if index is None else newest_checkpoint(session, log)
    if index is None or checkpoint is None or index >= checkpoint.size:
        raise NotYetSigned("the log signs every few seconds: ask again in a moment")
    size = checkpoint.size
    path = inclusion_proof(index, size, nodes(session, log, size=size))
    return Receipt(index, tuple(path), checkpoint.note)


def _bodies(session: Session, log: str, wanted: Tile) -> list[bytes]:
    start = wanted.number * WIDTH
    chosen = (
        select(LogEntry.body)
        .join(Leaf, Leaf.position == LogEntry.position)
        .where(Leaf.log == log, Leaf.index >= start, Leaf.index < start + wanted.width)
        .order_by(Leaf.index)
    )
    return [as_bytes(body) for body in session.scalars(chosen)]
