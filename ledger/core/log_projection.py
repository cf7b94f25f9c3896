"""How the log's own entries change what is known of its names, keys and shards."""

from datetime import datetime

from sqlalchemy.orm import Session

from audit import Record
from ledger.core.log_entries import (
    LogAccessCheckpointed,
    LogContinued,
    LogKeyRotated,
    LogOpened,
    LogShardClosed,
    TreeKey,
)
from ledger.core.log_names import ClosedShard, LogKey, parse
from ledger.core.projection import Opened, changes_nothing, projects


@projects(LogOpened)
def opened(session: Session, record: Record[LogOpened], _opened: Opened) -> None:
    """Keeps the keys that sign."""
    _change_keys(session, record.entry.begins, record.entry.ends, record.at)


@projects(LogKeyRotated)
def rotated(session: Session, record: Record[LogKeyRotated], _opened: Opened) -> None:
    """Keeps the new keys, and that the old ones were replaced."""
    _change_keys(session, record.entry.begins, record.entry.ends, record.at)


@projects(LogContinued)
def continued(session: Session, record: Record[LogContinued], _opened: Opened) -> None:
    """Keeps the new name's keys, and that the old name's were replaced."""
    _change_keys(session, record.entry.begins, record.entry.ends, record.at)


@projects(LogShardClosed)
def shard_closed(session: Session, record: Record[LogShardClosed], _opened: Opened) -> None:
    """Closes the shard, and keeps the keys of the next."""
    entry = record.entry
    session.add(
        ClosedShard(
            tree=entry.tree,
            origin=entry.origin,
            size=entry.size,
            root=entry.root,
            closed_at=record.at,
        )
    )
    _change_keys(session, entry.begins, entry.ends, record.at)


changes_nothing(LogAccessCheckpointed, because="that the log holds it is the point")


def _change_keys(
    session: Session, begins: tuple[TreeKey, ...], ends: tuple[TreeKey, ...], at: datetime
) -> None:
    for one in (*begins, *ends):
        verifier = parse(one.key)
        key_id = verifier.key_id.hex()
        row = session.get(LogKey, (verifier.name, key_id))
        if row is None:
            row = LogKey(
                origin=verifier.name,
                key_id=key_id,
                tree=one.tree,
                key=one.key,
                since=at,
                until=None,
            )
            session.add(row)
        if one in ends:
            row.until = at
