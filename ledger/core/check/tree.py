"""The stored tree against its leaves: checkpoints, nodes, the right edge, and who waits."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit import Checkpoint, Frontier, NoteError, Verifier
from audit.note import read
from audit.tiles import WIDTH, Tile, TileTree, split_hashes
from ledger.core import receipts
from ledger.core.check.report import FAULTS_MAX, Report
from ledger.core.trail import Leaf, LogEntry, LogFrontier, Pending, SignedCheckpoint, TreeNode


def check_checkpoints(
    session: Session, key: Verifier, frontier: Frontier, hashes: Sequence[bytes], report: Report
) -> Frontier:
    """Grow *frontier* by *hashes*, and compare its root with each checkpoint on the way.

    Of what an earlier name of the log has signed, only the signature is not checked: the
    key that could do so is gone.
    """
    log, start, end = report.log, frontier.size, frontier.size + len(hashes)
    signed = select(SignedCheckpoint.size, SignedCheckpoint.note).where(SignedCheckpoint.log == log)
    signed = signed.where(SignedCheckpoint.size > start, SignedCheckpoint.size <= end)
    for size, note in session.execute(signed.order_by(SignedCheckpoint.size)):
        frontier = frontier.extend(hashes[frontier.size - start : size - start])
        try:
            renamed = note.partition("\n")[0] != key.name
            text = _unchecked(note) if renamed else read(note, key)
            checkpoint = Checkpoint.from_text(text)
        except NoteError as error:
            report.fault(f"checkpoint of size {size}: {error}")
            continue
        report.earlier += renamed
        if checkpoint != Checkpoint(checkpoint.origin, size, frontier.root()):
            report.fault(f"checkpoint of size {size}: signed another tree than the leaves make")
        elif not renamed:
            report.checkpoints += 1
    return frontier.extend(hashes[frontier.size - start :])


def _unchecked(note: str) -> str:
    text, blank_line, _ = note.rpartition("\n\n")
    if not blank_line:
        raise NoteError("malformed note")
    return f"{text}\n"


def check_nodes(session: Session, tree: TileTree, report: Report) -> None:
    """Compare the stored nodes with those that the leaves make."""
    log, expected = report.log, 0
    for tile in tree.upper_tiles():
        expected += tile.width
        made, stored = tree.hashes(tile), receipts.hashes(session, log, tile)
        if made != stored:
            report.fault(_first_difference(tile, made, stored))
    nodes = select(func.count()).select_from(TreeNode).where(TreeNode.log == log)
    if (there := session.scalar(nodes)) != expected:
        report.fault(f"tree_nodes: there are {there}, and the leaves make {expected}")


def _first_difference(tile: Tile, made: bytes, stored: bytes) -> str:
    if len(made) != len(stored):
        return f"{tile}: a node is missing"
    pairs = zip(split_hashes(made), split_hashes(stored), strict=True)
    number = tile.number * WIDTH + next(i for i, (a, b) in enumerate(pairs) if a != b)
    first = number * WIDTH**tile.level if tile.level else number
    last = first + WIDTH ** (tile.level or 0) - 1
    return f"{tile}: node {number} is not the root of the leaves {first} to {last}"


def check_edge(session: Session, frontier: Frontier, report: Report) -> None:
    """Compare the stored frontier, and that nothing was signed beyond it."""
    log, row = report.log, session.get(LogFrontier, report.log)
    if row is None or row.size != frontier.size:
        stored = "none is stored" if row is None else f"stored for {row.size} leaves"
        report.fault(f"frontier: {stored}, and there are {frontier.size}")
    elif row.peaks != b"".join(frontier.peaks):
        report.fault("frontier: its peaks are not those of the leaves")
    beyond = select(func.min(SignedCheckpoint.size)).where(
        SignedCheckpoint.log == log, SignedCheckpoint.size > frontier.size
    )
    if (size := session.scalar(beyond)) is not None:
        report.fault(
            f"checkpoint of size {size}: signed, and only {frontier.size} leaves are here; "
            "entries were lost, as when an old backup is restored: do not let it sign again"
        )


def check_waiting(session: Session, report: Report) -> None:
    """Check that every entry has an index or waits for one, and not both."""
    log = report.log
    entries = select(LogEntry.position, Leaf.index.label("number"))
    entries = entries.outerjoin(Leaf, Leaf.position == LogEntry.position)
    entries = entries.outerjoin(Pending, Pending.position == LogEntry.position)
    neither = entries.where(LogEntry.log == log, Leaf.index.is_(None), Pending.position.is_(None))
    for row in session.execute(neither.limit(FAULTS_MAX)):
        report.fault(f"the entry at position {row.position} has no index and waits for none")
    both = entries.where(
        LogEntry.log == log, Leaf.index.is_not(None), Pending.position.is_not(None)
    )
    for row in session.execute(both.limit(FAULTS_MAX)):
        report.fault(f"entry {row.number} has an index, and waits for another")
    waiting = select(func.count()).select_from(Pending).where(Pending.log == log)
    report.pending = session.scalar(waiting) or 0
