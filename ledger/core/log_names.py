"""Names, keys and shards: under which name each tree is signed, and was, and by which keys.

There are two logs. The *ledger* is one tree, for ever. The *access* log, far larger, is cut
into shards: the trees ``access``, ``access-2``, ``access-3`` … of which the last is open.
Entries name the log (``entries.log``); whatever belongs to a tree names that (``leaves.log``
and the rest).
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit import NoteError
from audit.cosignature import parse_key
from audit.note import Verifier, read
from ledger.core.db import Projected
from ledger.core.log_entries import TreeKey

SHARDED: Final = "access"
"""The log that is cut into shards."""

_SHARD: Final = re.compile(rf"{SHARDED}(-[1-9][0-9]{{0,8}})?")


class LogKey(Projected):
    """A key that signs, or has signed, for a tree."""

    __tablename__ = "log_keys"

    origin: Mapped[str] = mapped_column(Text, primary_key=True)
    key_id: Mapped[str] = mapped_column(String(8), primary_key=True)
    tree: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    """When it was replaced; for a while, during the overlap, it may still sign."""


class ClosedShard(Projected):
    """A shard that takes no more entries."""

    __tablename__ = "closed_shards"

    tree: Mapped[str] = mapped_column(String(16), primary_key=True)
    origin: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    root: Mapped[str] = mapped_column(String(64))
    closed_at: Mapped[datetime]


def shard(number: int) -> str:
    """Return the name of the *number*-th tree of the access log."""
    return SHARDED if number == 1 else f"{SHARDED}-{number}"


def is_shard(tree: str) -> bool:
    """Say whether *tree* could be the name of a shard."""
    return _SHARD.fullmatch(tree) is not None and tree != f"{SHARDED}-1"


def log_of(tree: str) -> str:
    """Return the log that *tree* is of."""
    return SHARDED if is_shard(tree) else tree


def trees(session: Session, log: str) -> list[str]:
    """Return every tree of *log*, oldest first; the last is the open one."""
    if log != SHARDED:
        return [log]
    closed = session.scalar(select(func.count()).select_from(ClosedShard)) or 0
    return [shard(number) for number in range(1, closed + 2)]


def open_tree(session: Session, log: str) -> str:
    """Return the tree of *log* that entries are added to."""
    return trees(session, log)[-1]


def next_shard(session: Session) -> str:
    """Return the name of the tree of the access log that comes after the open one."""
    return shard(len(trees(session, SHARDED)) + 1)


def keys_of(session: Session, tree: str) -> list[LogKey]:
    """Return every recorded key of *tree*, past ones too."""
    found = select(LogKey).where(LogKey.tree == tree)
    return [*session.scalars(found.order_by(LogKey.since, LogKey.origin, LogKey.key_id))]


def current(keys: Iterable[LogKey]) -> list[LogKey]:
    """Return those of *keys* that were not replaced."""
    return [key for key in keys if key.until is None]


def verifiers(keys: Iterable[LogKey]) -> list[Verifier]:
    """Return what checks the signatures of *keys*; not of one that is damaged."""
    found = []
    for key in keys:
        try:
            found.append(parse(key.key))
        except NoteError:
            continue
    return found


def given_out(session: Session, tree: str, now: Iterable[Verifier]) -> list[str]:
    """Return the keys of *tree* to give to whoever checks it; empty if there is no such tree.

    Those that sign *now*, if it goes under their name; of a shard that was closed under an
    earlier name, those that were recorded.
    """
    if log_of(tree) != "ledger" and tree not in trees(session, log_of(tree)):
        return []
    recorded, signing = keys_of(session, tree), list(now)
    if not recorded or any(key.origin == signing[0].name for key in recorded):
        return [str(key) for key in signing]
    last = recorded[-1].origin
    return [key.key for key in recorded if key.origin == last]


def key_that_signed(session: Session, tree: str, note: str, now: Verifier) -> Verifier:
    """Return the key of *tree* that has signed *note*: the one that signs *now*, or a past one.

    If none has, *now*: whoever checks with it says so.
    """
    for key in (now, *verifiers(reversed(keys_of(session, tree)))):
        try:
            read(note, key)
        except NoteError:
            continue
        return key
    return now


def parse(key: str) -> Verifier:
    """Read a verifier key of any type that a log signs with. Raises `NoteError`."""
    return parse_key(key)


def spelled(tree: str, keys: Iterable[Verifier]) -> tuple[TreeKey, ...]:
    """Return *keys* as entries name them."""
    return tuple(TreeKey(tree, str(key)) for key in keys)
