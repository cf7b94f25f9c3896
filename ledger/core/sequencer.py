"""The sequencer: gives committed entries their indexes, and signs what comes of it.

Commands only insert, so they never wait for one another. One process takes what they
left, many entries at a time; each of the logs by itself.

Why the order is causal. A unit of work is taken whole, and units in the order of their
last position. Suppose that entry Y of unit V was made by a command that saw the effect
of entry X of unit U. Then U had committed before Y was inserted, and so

* every position of U, the last included, is lower than Y's, and so than V's last: the
  sequence had already handed them out (its CACHE is 1, the default; with a larger one,
  sessions would hold ranges and this would be false);
* U is visible in every snapshot in which V is.

So whatever number of units a batch takes, U has its indexes before V. A unit that commits
late, with low positions, just gets later indexes: nothing that is already indexed can
have depended on it. That is also why a batch deletes from ``pending`` exactly the positions
that it read, and never "all up to the last". And as units are whole, no checkpoint ever
shows half a transaction.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from threading import Event
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Connection, Engine, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from audit import Checkpoint, leaf_hash
from audit.merkle import perfect_root
from ledger.core import clock, log_names
from ledger.core.among import among
from ledger.core.bulk import insert_many
from ledger.core.chain_links import extend_chains, portions
from ledger.core.checkpoint_store import StoreRefused, StoreUnavailable
from ledger.core.db import TO_WRITE, LogTable, table_of, writing
from ledger.core.followers import BATCH, Follower, follow
from ledger.core.leading import lead
from ledger.core.log_names import ClosedShard
from ledger.core.signers import Signers, TreeSigner
from ledger.core.standing import MustNotSign, must_sign, unpack
from ledger.core.trail import (
    LOGS,
    Leaf,
    LogEntry,
    LogFrontier,
    Pending,
    SignedCheckpoint,
    TreeNode,
)

logger = logging.getLogger(__name__)

BATCH_UNITS: Final = 2_000
BATCH_ENTRIES: Final = 10_000  # Unless one unit alone has more: units are whole.
_TAKE: Final = delete(table_of(Pending)).where(
    Pending.position == func.any(bindparam("positions", type_=ARRAY(BigInteger)))
)
_TILE: Final = 256  # Nodes of one level under one node of the next; c2sp.org/tlog-tiles.


def run(
    engine: Engine,
    signers: Signers,
    *,
    every_ms: int,
    stop: Event,
    followers: Sequence[Follower] = (),
) -> None:
    """Sequence until *stop* is set. Several processes may run this: one at a time leads.

    The work is done on the connection that holds the lead, so whoever loses it loses both.
    On SQLite nobody leads: each batch holds the database's write lock, and that is enough.
    Whoever leads runs the *followers* too.
    """
    with lead(engine, "sequencer", stop=stop, ask_every_s=every_ms / 1000) as leads:
        connection = leads.connection
        if not stop.is_set():
            logger.info("this process sequences the log")
        refusals: dict[str, str] = {}
        while not stop.is_set():
            busy = sum(_try(connection, log, signers, refusals) for log in LOGS) >= BATCH_UNITS
            for follower in followers:
                busy = follow(connection, follower) == BATCH or busy
            if not busy:
                stop.wait(every_ms / 1000)


def _try(connection: Connection, log: str, signers: Signers, refusals: dict[str, str]) -> int:
    """Take a step of *log*. A refusal is said once, and asked again: it may be settled outside."""
    try:
        units = step(connection, log, signers)
    except (MustNotSign, StoreRefused, StoreUnavailable) as refusal:
        if refusals.get(log) != str(refusal):
            logger.error(  # noqa: TRY400  (no fault of this program: its sentence says all)
                "the %s log is not signed: %s", log, refusal
            )
            refusals[log] = str(refusal)
        return 0
    if refusals.pop(log, None):
        logger.info("the %s log is signed again", log)
    return units


def step(connection: Connection, log: str, signers: Signers) -> int:
    """Index one batch of *log* and sign the tree. Return how many units of work it held.

    Raises:
        MustNotSign: this instance would fork the log; nothing was indexed or signed.
        StoreRefused, StoreUnavailable: the checkpoint store; nothing was signed.
    """
    _publish_all(connection, log, signers)  # What a crash left, first.
    with Session(connection.engine) as session:  # Only reads: an idle log locks nothing.
        waiting = select(Pending.position).where(Pending.log == log).limit(1)
        if session.scalar(waiting) is None:
            return 0
        tree = log_names.open_tree(session, log)
        must_sign(session, tree, signers[tree])
    units = sequence(connection, log)
    _publish_all(connection, log, signers)
    return units


def drain(engine: Engine, signers: Signers) -> None:
    """Index and sign all that is committed now. Raises what `step` does."""
    with engine.connect().execution_options(**TO_WRITE) as connection:
        for log in LOGS:
            while step(connection, log, signers):
                pass


def sequence(connection: Connection, log: str) -> int:
    """Give the next indexes of *log* to the units of one batch; return to how many.

    `step` asks first whether that is safe.
    """
    with writing(LogTable), Session(connection) as session, session.begin():
        waiting = select(Pending.position).where(Pending.log == log).limit(1)
        if session.scalar(waiting) is None:
            return 0
        tree = log_names.open_tree(session, log)
        frontier_row = session.scalars(
            select(LogFrontier).where(LogFrontier.log == tree).with_for_update()
        ).one()
        if log_names.open_tree(session, log) != tree:
            return 0  # Closed while we waited for it: what is there goes to the next.
        frontier = unpack(frontier_row.size, frontier_row.peaks)
        batch = _batch(session, log)
        if not batch:
            return 0
        leaves = [
            {"log": tree, "index": index, "position": row.position, "hash": leaf_hash(row.body)}
            for index, row in enumerate(batch, start=frontier.size)
        ]
        insert_many(session.connection(), table_of(Leaf), leaves)
        frontier = frontier.extend([leaf["hash"] for leaf in leaves])
        _add_nodes(session, tree, before=frontier_row.size, after=frontier.size)
        extend_chains(session, tree, leaves)
        _take(session.connection(), [leaf["position"] for leaf in leaves])
        frontier_row.size, frontier_row.peaks = frontier.size, b"".join(frontier.peaks)
        return len({row.work for row in batch})


def _batch(session: Session, log: str) -> Sequence[Any]:
    """Return (position, work, body) of the next whole units, in the order of their indexes."""
    last = func.max(Pending.position).label("last")
    units = select(Pending.work, func.count().label("entries"), last).where(Pending.log == log)
    units = units.group_by(Pending.work).order_by(last).limit(BATCH_UNITS)
    place: dict[UUID, int] = {}
    entries = 0
    for unit in session.execute(units):
        entries += unit.entries
        if place and entries > BATCH_ENTRIES:
            break
        place[unit.work] = unit.last
    whole = (  # Of a unit that was visible all is: it was committed at once.
        select(Pending.position, Pending.work, LogEntry.body)
        .join(LogEntry, LogEntry.position == Pending.position)
        .where(Pending.log == log, among(Pending.work, "units"))
    )
    found = session.execute(whole, {"units": list(place)})
    return sorted(found, key=lambda row: (place[row.work], row.position))


def _take(connection: Connection, positions: list[int]) -> None:
    """Delete *positions* from what waits: exactly those that have their indexes now."""
    if connection.dialect.name == "postgresql":
        connection.execute(_TAKE, {"positions": positions})
        return
    for some in portions(positions):
        connection.execute(delete(table_of(Pending)).where(Pending.position.in_(some)))


def _add_nodes(session: Session, log: str, *, before: int, after: int) -> None:
    """Insert the roots of all groups of 256 that became whole, level by level."""
    level, below = 1, Leaf
    while after := after // _TILE:
        before //= _TILE
        whole = range(before, after)
        if not whole:
            return
        children = session.scalars(_hashes(below, log, level - 1, before * _TILE, after * _TILE))
        hashes = list(children)
        rows = []
        for number in whole:
            start = (number - before) * _TILE
            root = perfect_root(hashes[start : start + _TILE])
            rows.append({"log": log, "level": level, "index": number, "hash": root})
        insert_many(session.connection(), table_of(TreeNode), rows)
        level, below = level + 1, TreeNode  # type: ignore[assignment]


def _hashes(table: Any, log: str, level: int, first: int, end: int) -> Any:
    chosen = select(table.hash).where(table.log == log, table.index >= first, table.index < end)
    return (chosen if table is Leaf else chosen.where(table.level == level)).order_by(table.index)


def _publish_all(connection: Connection, log: str, signers: Signers) -> None:
    """Sign every tree of *log* that has grown since: the open one, or one that was just closed."""
    signed = select(SignedCheckpoint.size).where(
        SignedCheckpoint.log == LogFrontier.log, SignedCheckpoint.size == LogFrontier.size
    )
    unsigned = select(LogFrontier.log).where(LogFrontier.size > 0, ~signed.exists())
    with Session(connection.engine) as session:
        trees = [tree for tree in session.scalars(unsigned) if log_names.log_of(tree) == log]
    for tree in trees:
        publish(connection, tree, signers[tree], at=clock.now())


def publish(connection: Connection, tree: str, signer: TreeSigner, *, at: datetime) -> None:
    """Sign *tree* as it is committed, unless that is done; the checkpoint store has it first.

    In a transaction of its own, after the leaves have committed: a log must never
    sign two trees of one size, and a batch that rolls back may come out otherwise.
    After a crash between the store and here, the store has exactly the tree that is
    committed, and it is signed now.

    Raises:
        MustNotSign, StoreRefused, StoreUnavailable: nothing was signed.
    """
    with writing(LogTable), Session(connection) as session, session.begin():
        locked = select(LogFrontier).where(LogFrontier.log == tree).with_for_update()
        row = session.scalars(locked).one()
        closed = session.get(ClosedShard, tree)
        if closed is not None and closed.origin != signer.name:
            return  # Left behind with an earlier name, which signs nothing any more.
        if row.size == 0 or session.get(SignedCheckpoint, (tree, row.size)) is not None:
            return
        found = must_sign(session, tree, signer)
        checkpoint = Checkpoint(signer.name, row.size, found.root)
        note = signer.sign(checkpoint, after=found.held)
        session.add(SignedCheckpoint(log=tree, size=row.size, at=at, note=note))
