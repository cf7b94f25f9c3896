"""What is done to the log itself: its keys recorded and rotated, another name, shards closed.

Each is an entry of the ledger log, by an operator or by the clock.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Checkpoint, Entry, NoteError, Record
from audit.note import read_any
from ledger.core import log_names, published
from ledger.core.authority import Resource
from ledger.core.db import LogTable, writing
from ledger.core.errors import Conflict
from ledger.core.log_entries import (
    LogAccessCheckpointed,
    LogKeyRotated,
    LogOpened,
    LogShardClosed,
    TreeKey,
)
from ledger.core.log_names import SHARDED, LogKey, spelled
from ledger.core.policy import Permission
from ledger.core.signers import Signers
from ledger.core.standing import origin_of, unpack
from ledger.core.trail import LOGS, Leaf, LogEntry, LogFrontier
from ledger.core.work import UnitOfWork

_NOTHING: Final = Resource()


class CannotRotate(Conflict):
    """The keys that were given are no rotation."""

    slug = "cannot-rotate-key"
    title = "The log's key cannot be rotated like that"


class NothingToClose(Conflict):
    """The open shard holds nothing."""

    slug = "shard-is-empty"
    title = "The open shard holds no entries"


def open_log(work: UnitOfWork, signers: Signers) -> bool:
    """Record the log's first keys, if none are recorded yet; say whether that was done.

    A log that has signed already must have done so with these.
    """
    session = work.session
    if session.scalar(select(LogKey.key_id).limit(1)) is not None:
        return False
    trees = [log_names.open_tree(session, log) for log in LOGS]
    for tree in trees:
        signed, signer = published.newest_signed(session, tree), signers[tree]
        if signed is not None:
            try:
                read_any(signed.note, signer.verifiers())
            except NoteError:
                return False
    work.authorise(Permission.LOG_KEEP, on=_NOTHING)
    begins, ends = keys_that_sign(signers, trees)
    work.record(LogOpened(begins=begins, ends=ends))
    return True


def rotate_key(work: UnitOfWork, signers: Signers) -> list[TreeKey]:
    """Record the keys that sign from now on; return those that are new.

    The ledger's newest key must stay for a while, as LEDGER_SIGNING_SEED_BEFORE, so that both
    sign. The access log goes on under the new key in its next shard.

    Raises:
        CannotRotate: nothing is new, or the key until now would stop at once.
    """
    session, tree = work.session, "ledger"
    known = locked(session, log_names.keys_of(session, tree))
    signer = signers[tree]
    now = log_names.current(known)
    if not now:
        raise CannotRotate("the log has recorded no keys yet: run `ledger migrate` first")
    if now[-1].origin != signer.name:
        raise CannotRotate(
            f"the log is called {now[-1].origin}, and LEDGER_LOG_ORIGIN says {signer.name}: a key "
            "is rotated under one name; `ledger log recover` is for another name"
        )
    recorded = {key.key for key in known}
    new = [key for key in signer.lasting() if str(key) not in recorded]
    if not new:
        raise CannotRotate(
            "the keys that are set are recorded already: set LEDGER_SIGNING_SEED to the new seed "
            "and LEDGER_SIGNING_SEED_BEFORE to the one until now"
        )
    lasting = {str(key) for key in signer.lasting()}
    ending = [key for key in now if key.key not in lasting]
    configured = {str(key) for key in signer.verifiers()}
    if not any(key.key in configured for key in now):
        raise CannotRotate(
            f"the key until now, {now[0].key_id}, would stop at once: set it as "
            "LEDGER_SIGNING_SEED_BEFORE, so that both sign until everybody has the new one. "
            "If it is lost, the log must go on under a new name: `ledger log recover`"
        )
    shard_is_empty = frontier_of(session, log_names.open_tree(session, SHARDED)).size == 0
    begins, ends = spelled(tree, new), tuple(TreeKey(tree, key.key) for key in ending)
    if shard_is_empty:  # It signs with the new key from its first entry on.
        open_shard = log_names.open_tree(session, SHARDED)
        more, leaving = keys_that_sign(signers, [open_shard])
        replaced = _replaced(session, open_shard, more)
        begins, ends = (*begins, *more), (*ends, *leaving, *replaced)
    work.authorise(Permission.LOG_KEEP, on=_NOTHING)
    work.record(LogKeyRotated(begins=begins, ends=tuple(dict.fromkeys(ends))))
    if not shard_is_empty:
        close_shard(work, signers)
    return list(begins)


def close_shard(work: UnitOfWork, signers: Signers) -> Record[Entry]:
    """Close the open shard of the access log; what follows goes to the next.

    Raises:
        NothingToClose: it holds no entries.
    """
    tree = log_names.open_tree(work.session, SHARDED)
    return close(work, signers, tree, origin=origin_of(work.session, tree) or signers[tree].name)


def checkpoint_access(work: UnitOfWork) -> bool:
    """Record what the access log has signed last; say whether there was anything new."""
    session = work.session
    tree = log_names.open_tree(session, SHARDED)
    signed = published.newest_signed(session, tree)
    if signed is None:
        return False
    checkpoint = Checkpoint.from_text(signed.note.rpartition("\n\n")[0] + "\n")
    found = LogAccessCheckpointed(
        tree=tree, origin=checkpoint.origin, size=checkpoint.size, root=checkpoint.root.hex()
    )
    said = select(LogEntry.body).where(LogEntry.kind == LogAccessCheckpointed.kind)
    body = session.scalar(said.order_by(LogEntry.position.desc()).limit(1))
    if body is not None and Record.from_bytes(body).entry == found:
        return False
    work.authorise(Permission.LOG_KEEP, on=_NOTHING)
    work.record(found)
    return True


def shard_is_due(session: Session, *, now: datetime, entries: int, days: int) -> bool:
    """Say whether the open shard has *entries*, or its first entry is older than *days*."""
    tree = log_names.open_tree(session, SHARDED)
    size = frontier_of(session, tree, lock=False).size
    if size == 0 or size >= entries:
        return size > 0
    first = select(LogEntry.at).join(Leaf, Leaf.position == LogEntry.position)
    at = session.scalar(first.where(Leaf.log == tree, Leaf.index == 0))
    return at is not None and (now - at).days >= days


def close(work: UnitOfWork, signers: Signers, tree: str, *, origin: str) -> Record[Entry]:
    """Close the open shard *tree*, which was signed as *origin*. Raises `NothingToClose`."""
    session = work.session
    row = frontier_of(session, tree)  # Locked: the sequencer adds nothing meanwhile.
    if row.size == 0:
        raise NothingToClose(f"{tree} holds no entries yet, so there is nothing to close")
    following = log_names.next_shard(session)
    begins, ends = keys_that_sign(signers, [following])
    with writing(LogTable):
        session.add(LogFrontier(log=following, size=0, peaks=b""))
        session.flush()
    work.authorise(Permission.LOG_KEEP, on=_NOTHING)
    return work.record(
        LogShardClosed(
            tree=tree,
            origin=origin,
            size=row.size,
            root=unpack(row.size, row.peaks).root().hex(),
            next_tree=following,
            begins=begins,
            ends=ends,
        )
    )


def keys_that_sign(
    signers: Signers, trees: Iterable[str]
) -> tuple[tuple[TreeKey, ...], tuple[TreeKey, ...]]:
    """Return the keys of *trees* that sign from now on, and those that are about to leave."""
    begins: tuple[TreeKey, ...] = ()
    ends: tuple[TreeKey, ...] = ()
    for tree in trees:
        begins += spelled(tree, signers[tree].lasting())
        ends += spelled(tree, signers[tree].leaving())
    return begins, ends


def _replaced(session: Session, tree: str, by: Iterable[TreeKey]) -> list[TreeKey]:
    stays = {one.key for one in by}
    known = locked(session, log_names.keys_of(session, tree))
    return [TreeKey(tree, one.key) for one in log_names.current(known) if one.key not in stays]


def locked(session: Session, keys: Sequence[LogKey]) -> Sequence[LogKey]:
    """Return *keys* as they are now, locked until the unit of work ends."""
    for key in keys:
        session.refresh(key, with_for_update=True)
    return keys


def frontier_of(session: Session, tree: str, *, lock: bool = True) -> LogFrontier:
    """Return the right edge of *tree*; locked, the sequencer waits."""
    chosen = select(LogFrontier).where(LogFrontier.log == tree)
    chosen = chosen.execution_options(populate_existing=True)
    return session.scalars(chosen.with_for_update() if lock else chosen).one()
