"""The stored tree against its leaves: checkpoints, nodes, the right edge, and who waits."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit import Checkpoint, Frontier, NoteError, Verifier
from audit.note import read_any
from audit.tiles import WIDTH, Tile, TileTree, split_hashes
from ledger.core import receipts
from ledger.core.check.report import FAULTS_MAX, Report
from ledger.core.check.resuming import Mark
from ledger.core.log_names import ClosedShard, log_of, open_tree
from ledger.core.trail import Leaf, LogEntry, LogFrontier, Pending, SignedCheckpoint, TreeNode


def check_checkpoints(
    session: Session,
    keys: Sequence[Verifier],
    frontier: Frontier,
    hashes: Sequence[bytes],
    report: Report,
) -> tuple[Frontier, Mark | None]:
    """Grow *frontier* by *hashes*, and compare its root with each checkpoint on the way.

    The first of *keys* is the one that signs now. The others are past ones, by whose names
    and signatures earlier checkpoints are judged.

    Returns:
        The frontier; and the last checkpoint on the way that agrees, if any.
    """
    mark = None
    log, start, end = report.log, frontier.size, frontier.size + len(hashes)
    signed = select(SignedCheckpoint.size, SignedCheckpoint.note).where(SignedCheckpoint.log == log)
    signed = signed.where(SignedCheckpoint.size > start, SignedCheckpoint.size <= end)
    for size, note in session.execute(signed.order_by(SignedCheckpoint.size)):
        frontier = frontier.extend(hashes[frontier.size - start : size - start])
        try:
            origin = note.partition("\n")[0]
            checkpoint = Checkpoint.from_text(_signed(note, origin, keys))
        except NoteError as error:
            report.fault(f"checkpoint of size {size}: {error}")
            continue
        if checkpoint != Checkpoint(origin, size, frontier.root()):
            report.fault(f"checkpoint of size {size}: signed another tree than the leaves make")
            continue
        mark = Mark(note, frontier.peaks)
        if origin == keys[0].name:
            report.checkpoints += 1
        else:
            report.earlier += 1
    return frontier.extend(hashes[frontier.size - start :]), mark


def passed_over(session: Session, log: str, frontier: Frontier) -> TileTree | None:
    """Return the tree of *frontier* from the stored roots of its tiles; None if they differ."""
    tiles, tree, made = frontier.size // WIDTH, TileTree(), Frontier()
    roots = select(TreeNode.hash).where(TreeNode.log == log, TreeNode.level == 1)
    roots = roots.where(TreeNode.index < tiles).order_by(TreeNode.index)
    stored = [receipts.as_bytes(root) for root in session.scalars(roots)]
    if len(stored) != tiles or made.extend(stored).peaks != frontier.peaks:
        return None
    for root in stored:
        tree.add_whole(root)
    return tree


def _signed(note: str, origin: str, keys: Sequence[Verifier]) -> str:
    known = [key for key in keys if key.name == origin]
    if not known:
        raise NoteError(f"signed as {origin}, a name that the log never recorded")
    return read_any(note, known)[0]


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


def check_closed(session: Session, report: Report) -> None:
    """Check that a shard that was closed is what was recorded when it was."""
    closed = session.get(ClosedShard, report.log)
    if closed is None:
        return
    if (closed.size, closed.root) != (report.size, report.root.hex()):
        report.fault(
            f"it was closed with {closed.size} entries, root {closed.root}, and is now "
            f"{report.size} entries, root {report.root.hex()}"
        )


def check_waiting(session: Session, report: Report) -> None:
    """Check that every entry of the open tree's log has an index or waits for one, not both."""
    log = log_of(report.log)
    if report.log != open_tree(session, log):
        return
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
