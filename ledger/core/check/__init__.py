"""Recomputing a log from its entries: entry, leaf, tree, checkpoint, chain.

Every stored hash is computed again from what is below it, and every column that repeats
something of an entry's bytes is compared with them. What is wrong is said exactly: which
entry, which node, which checkpoint. One pass, with flat memory.

This finds what was changed *in* the database. An owner of the database who also has the
signing key can change all of it consistently: what finds that is a checkpoint that
somebody else has kept, which is why ``ledger log check`` prints the root.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Checkpoint, Frontier, Record, Unreadable, Verifier
from audit.merkle import HASH_BYTES
from audit.tiles import TileTree
from ledger.core import log_names, receipts
from ledger.core.blobs import Blob
from ledger.core.check.entries import check_chains, check_entries, tiles_of
from ledger.core.check.report import FAULTS_MAX, Report
from ledger.core.check.tree import (
    check_checkpoints,
    check_closed,
    check_edge,
    check_nodes,
    check_waiting,
)
from ledger.core.log_entries import LogAccessCheckpointed
from ledger.core.trail import LogEntry

__all__ = ["FAULTS_MAX", "Report", "check", "check_blobs"]

Advance: TypeAlias = Callable[[int], None]
"""Is told how many leaves have been checked so far."""


def check(
    session: Session,
    log: str,
    key: Verifier,
    *,
    kept: Checkpoint | None = None,
    advance: Advance = lambda _: None,
) -> Report:
    """Recompute *log* and say everything that does not agree.

    Args:
        session: What to read; should be a snapshot.
        log: Which tree: the ledger, or a shard of the access log.
        key: The key that signs it now. Past keys are those that the log has recorded.
        kept: An older checkpoint that somebody kept, of which it must be a continuation.
        advance: Is told how far it is.
    """
    report, tree, frontier = Report(log), TileTree(), Frontier()
    keys = [key, *log_names.verifiers(log_names.keys_of(session, log))]
    promised = _promised(session, log)
    for leaves in tiles_of(session, log, report):
        # Of the right length whatever is stored: a wrong one is named, and goes on wrong.
        hashes = [receipts.as_bytes(leaf.hash)[:HASH_BYTES].ljust(HASH_BYTES) for leaf in leaves]
        intact = check_entries(session, leaves, report)
        check_chains(session, log, leaves, intact, report)
        frontier = check_checkpoints(session, keys, frontier, hashes, report)
        tree.add(hashes)
        if kept and tree.size - len(hashes) < kept.size <= tree.size:
            report.kept = tree.root_at(kept.size) == kept.root
        for size in [size for size in promised if size <= tree.size]:
            if tree.root_at(size).hex() != promised.pop(size):
                report.fault(f"the ledger holds another root for its first {size} entries")
        advance(tree.size)
    for size in promised:
        report.fault(f"the ledger holds it to {size} entries, and {tree.size} are here")
    if kept and not report.kept:
        report.fault(f"another history than that of the kept checkpoint, of size {kept.size}")
    report.size, report.root = tree.size, frontier.root()
    check_nodes(session, tree, report)
    check_edge(session, frontier, report)
    check_closed(session, report)
    check_waiting(session, report)
    return report


def _promised(session: Session, tree: str) -> dict[int, str]:
    """Return the roots of *tree* that entries of the ledger hold it to, by size."""
    if tree == "ledger":
        return {}
    said = select(LogEntry.body).where(LogEntry.kind == LogAccessCheckpointed.kind)
    found = {}
    for body in session.scalars(said.order_by(LogEntry.position)):
        try:
            entry = Record.from_bytes(receipts.as_bytes(body)).entry
        except Unreadable:
            continue  # Named when the ledger itself is checked.
        if isinstance(entry, LogAccessCheckpointed) and entry.tree == tree:
            found[entry.size] = entry.root
    return found


def check_blobs(session: Session) -> Iterator[str]:
    """Return a sentence for each kept text that is not what its name says."""
    texts = session.execute(select(Blob.digest, Blob.content).execution_options(yield_per=10))
    for digest, content in texts:
        if sha256(receipts.as_bytes(content)).hexdigest() != digest:
            yield f"blobs: the text {digest} is not what its SHA-256 says"
