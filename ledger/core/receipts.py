"""The tree as it is stored: tiles, proofs and receipts, at a cost that does not grow.

A tile of level 0 is 256 rows of ``leaves``, one of a higher level 256 rows of
``tree_nodes``. A proof reads at most one or two tiles of each level, and a log of
sixteen million entries has three levels.
"""

from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Receipt, Tile, inclusion_proof
from audit.proofs import Nodes
from audit.tiles import WIDTH, nodes_from_tiles, to_bundle, width_at
from ledger.core import published
from ledger.core.errors import Conflict, NotFound
from ledger.core.published import PublishedCheckpoint
from ledger.core.trail import Leaf, LogEntry, SignedCheckpoint, TreeNode

_IN_A_MOMENT: Final = "the log signs every few seconds: ask again in a moment"


class NotYetSigned(Conflict):
    """The entry is recorded, and no signed tree holds it yet."""

    slug = "entry-not-yet-signed"
    title = "The log has not signed this entry yet"


class NoCheckpoint(Conflict):
    """The log has signed, or published, nothing yet."""

    slug = "log-not-yet-signed"
    title = "The log has not signed anything yet"


def as_bytes(stored: object) -> bytes:
    """Return a stored value as bytes. SQLite keeps text in their place, if somebody writes it."""
    return stored if isinstance(stored, bytes) else str(stored).encode()


def newest_checkpoint(session: Session, log: str) -> SignedCheckpoint:
    """Return what *log* signed last. Raises `NoCheckpoint` if it has signed nothing."""
    row = published.newest_signed(session, log)
    if row is None:
        raise NoCheckpoint("wait until the sequencer has run, then ask again")
    return row


def newest_published(session: Session, log: str) -> PublishedCheckpoint:
    """Return what *log* published last. Raises `NoCheckpoint` if it has published nothing."""
    row = published.newest(session, log)
    if row is None:
        raise NoCheckpoint("the log has published nothing yet: ask again in a few seconds")
    return row


def checkpoint_of(session: Session, log: str, size: int) -> PublishedCheckpoint | SignedCheckpoint:
    """Return what *log* published at *size*, cosignatures and all, or else what it signed there.

    Raises:
        NoCheckpoint: it signed nothing at that size.
    """
    row = published.at_size(session, log, size) or session.get(SignedCheckpoint, (log, size))
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
        NotFound: no published tree has it, at that width.
    """
    size = published.size_of(session, log)
    if wanted.width > width_at(wanted.level or 0, wanted.number, size):
        raise NotFound("the log has no such tile; its checkpoint says how far it reaches")
    if wanted.level is None:
        return to_bundle(_bodies(session, log, wanted))
    return hashes(session, log, wanted)


def nodes(session: Session, log: str, *, size: int) -> Nodes:
    """Return the nodes of *log* as it was at *size*, to make proofs from."""
    return nodes_from_tiles(partial(hashes, session, log), size=size)


def receipt_of(session: Session, entry_id: UUID) -> Receipt:
    """Return the receipt of an entry. Asks nobody's permission.

    It is made for the newest published checkpoint, with what witnesses said of that; only
    while an entry is newer than this, for the newest that the log itself has signed.

    Raises:
        NotFound: there is no such entry.
        NotYetSigned: it has no index, or no checkpoint covers it yet.
    """
    found = session.execute(
        select(Leaf.log, Leaf.index.label("at_index"))
        .select_from(LogEntry)
        .outerjoin(Leaf, Leaf.position == LogEntry.position)
        .where(LogEntry.id == entry_id)
    ).one_or_none()
    if found is None:
        raise NotFound("there is no such entry, or you may not see it")
    log, index = found.log, found.at_index
    return _made(session, log, index, None if index is None else _covering(session, log, index))


def first_receipt_of(session: Session, entry_id: UUID) -> Receipt:
    """Return the receipt of an entry for the first tree that held it: the same each time.

    For what is printed once and must not change with the log. Witnesses may not have seen
    that tree. Asks nobody's permission.

    Raises:
        NotYetSigned: there is no such entry yet, or no checkpoint covers it.
    """
    found = session.execute(
        select(Leaf.log, Leaf.index.label("at_index"))
        .join(LogEntry, Leaf.position == LogEntry.position)
        .where(LogEntry.id == entry_id)
    ).one_or_none()
    if found is None:
        raise NotYetSigned(_IN_A_MOMENT)
    row = SignedCheckpoint
    signed = select(row).where(row.log == found.log, row.size > found.at_index)
    first = session.scalar(signed.order_by(row.size).limit(1))
    return _made(session, found.log, found.at_index, first)


def _made(
    session: Session,
    log: str,
    index: int | None,
    checkpoint: PublishedCheckpoint | SignedCheckpoint | None,
) -> Receipt:
    if index is None or checkpoint is None:
        raise NotYetSigned(_IN_A_MOMENT)
    size = checkpoint.size
    path = inclusion_proof(index, size, nodes(session, log, size=size))
    return Receipt(index, tuple(path), checkpoint.note)


def _covering(
    session: Session, log: str, index: int
) -> PublishedCheckpoint | SignedCheckpoint | None:
    shown = published.newest(session, log)
    if shown is not None and shown.size > index:
        return shown
    signed = published.newest_signed(session, log)
    return signed if signed is not None and signed.size > index else None


def _bodies(session: Session, log: str, wanted: Tile) -> list[bytes]:
    start = wanted.number * WIDTH
    chosen = (
        select(LogEntry.body)
        .join(Leaf, Leaf.position == LogEntry.position)
        .where(Leaf.log == log, Leaf.index >= start, Leaf.index < start + wanted.width)
        .order_by(Leaf.index)
    )
    return [as_bytes(body) for body in session.scalars(chosen)]
