"""Recomputing a log from its entries: entry, leaf, tree, checkpoint, chain, and what is beside.

Every stored hash is computed again from what is below it, every column that repeats something
of an entry's bytes is compared with them, every private group that can be opened with what the
entry committed to. What is wrong is said exactly: which entry, which node, which checkpoint.
One pass, with flat memory. A fault ends nothing: the rest is checked, too.

This finds what was changed *in* the database. An owner of the database who also has the
signing key can change all of it consistently: what finds that is a checkpoint that
somebody else has kept, which is why ``ledger log check`` prints the root.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Checkpoint, Frontier, Record, Unreadable, Verifier
from audit.merkle import HASH_BYTES
from audit.tiles import TileTree
from ledger.core import log_names, receipts
from ledger.core.blobs import Blob
from ledger.core.check.chains import check_chains, check_chains_end, check_subjects_waiting
from ledger.core.check.entries import check_entries, check_waiting_entries, tiles_of
from ledger.core.check.published import check_published
from ledger.core.check.report import FAULTS_MAX, Report
from ledger.core.check.resuming import Keep, Mark
from ledger.core.check.tree import (
    check_checkpoints,
    check_closed,
    check_edge,
    check_nodes,
    check_waiting,
    passed_over,
)
from ledger.core.log_entries import LogAccessCheckpointed
from ledger.core.trail import LogEntry, LogFrontier

__all__ = ["FAULTS_MAX", "Report", "check", "check_blobs"]

Advance: TypeAlias = Callable[[int], None]
"""Is told how many leaves have been checked so far."""


def check(
    session: Session,
    log: str,
    key: Verifier,
    *,
    kept: Checkpoint | None = None,
    witnesses: Sequence[Verifier] = (),
    mark: Mark | None = None,
    keep: Keep = lambda _tree, _mark: None,
    advance: Advance = lambda _: None,
) -> Report:
    """Recompute *log* and say everything that does not agree.

    Args:
        session: What to read; should be a snapshot.
        log: Which tree: the ledger, or a shard of the access log.
        key: The key that signs it now. Past keys are those that the log has recorded.
        kept: An older checkpoint that somebody kept, of which it must be a continuation.
        witnesses: Keys whose signatures under published checkpoints are verified.
        mark: Up to where an earlier run found that all agrees; see `resuming`.
        keep: Is given a newer mark, as long as there is no fault.
        advance: Is told how far it is.
    """
    report = Report(log)
    keys = [key, *log_names.verifiers(log_names.keys_of(session, log))]
    tree, frontier = _begin(session, mark, keys, report)
    promised = {
        size: root for size, root in _promised(session, log).items() if size > report.resumed_at
    }
    for leaves in tiles_of(session, log, report, start=report.resumed_at):
        # Of the right length whatever is stored: a wrong one is named, and goes on wrong.
        hashes = [receipts.as_bytes(leaf.hash)[:HASH_BYTES].ljust(HASH_BYTES) for leaf in leaves]
        intact = check_entries(session, leaves, report)
        check_chains(session, log, leaves, intact, report)
        frontier, agreed = check_checkpoints(session, keys, frontier, hashes, report)
        tree.add(hashes)
        if kept and tree.size - len(hashes) < kept.size <= tree.size:
            report.kept = tree.root_at(kept.size) == kept.root
        for size in [size for size in promised if size <= tree.size]:
            if tree.root_at(size).hex() != promised.pop(size):
                report.fault(f"the ledger holds another root for its first {size} entries")
        if agreed and not report.faults:
            keep(log, agreed)
        advance(tree.size)
    for size in promised:
        report.fault(f"the ledger holds it to {size} entries, and {tree.size} are here")
    if kept and not report.kept:
        report.fault(f"another history than that of the kept checkpoint, of size {kept.size}")
    report.size, report.root = tree.size, frontier.root()
    check_nodes(session, tree, report)
    check_edge(session, frontier, report)
    check_chains_end(session, report)
    check_published(session, keys, witnesses, report)
    check_closed(session, report)
    check_waiting(session, report)
    if log == log_names.open_tree(session, log_names.log_of(log)):
        check_waiting_entries(session, log_names.log_of(log), report)
        check_subjects_waiting(session, log_names.log_of(log), report)
    return report


def _begin(
    session: Session, mark: Mark | None, keys: Sequence[Verifier], report: Report
) -> tuple[TileTree, Frontier]:
    """Return the tree up to *mark*, if that can be believed; else an empty one."""
    frontier = mark.verified(keys) if mark else None
    if frontier is None:
        return TileTree(), Frontier()
    row = session.get(LogFrontier, report.log)
    if row is None or row.size < frontier.size:
        report.fault(
            f"an earlier check found {frontier.size} signed entries here, and there are "
            f"{row.size if row else 0}"
        )
        return TileTree(), Frontier()
    tree = passed_over(session, report.log, frontier)
    if tree is None:  # What is wrong is named by checking all of it.
        return TileTree(), Frontier()
    report.resumed_at = tree.size
    return tree, frontier


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
