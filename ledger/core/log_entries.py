"""What the log records about itself: its names, its keys, and the shards of the access log.

So that whoever holds the log can check everything that was ever signed for it, by names and
keys that are long out of use, with nothing but the log.
"""

from dataclasses import dataclass
from enum import StrEnum

from audit import Entry, entry


@dataclass(frozen=True, slots=True)
class TreeKey:
    """A key of one tree.

    Attributes:
        tree: ``ledger``, or a shard of the access log.
        key: The verifier key, ``name+id+base64``; its name is the tree's origin.
    """

    tree: str
    key: str


@dataclass(frozen=True, slots=True)
class LeftName:
    """What was signed under a name that is given up, as the checkpoint store has it.

    Attributes:
        tree: Which tree.
        origin: The name.
        signed_size: The largest tree that may be signed under it; 0 if none is known.
        signed_root: Its root, in hex; empty if none is known.
        kept_size: How many of its entries are here; the rest are lost.
    """

    tree: str
    origin: str
    signed_size: int
    signed_root: str
    kept_size: int


class WhyContinued(StrEnum):
    """Why a log goes on under another name and key."""

    RESTORED = "restored"
    """A backup was restored that lacks entries which had been signed."""
    LOST_COMMITS = "lost-commits"
    """A failover lost entries which had been signed."""
    CLONED = "cloned"
    """Another instance has signed under the name, and this is the copy."""
    LOST_KEY = "lost-key"
    """The signing key is gone."""
    STOLEN_KEY = "stolen-key"
    """Somebody else may have the signing key."""
    RENAMED = "renamed"
    """The service has another address now."""


@entry("log.opened")
class LogOpened(Entry):
    """The log began, or began to record its keys."""

    begins: tuple[TreeKey, ...]
    ends: tuple[TreeKey, ...]


@entry("log.key-rotated")
class LogKeyRotated(Entry):
    """New keys sign beside the old ones, which may be left out when everybody knows the new."""

    begins: tuple[TreeKey, ...]
    ends: tuple[TreeKey, ...]


@entry("log.continued")
class LogContinued(Entry):
    """The log goes on under a new name and key, from the entries that are here."""

    names: tuple[LeftName, ...]
    because: WhyContinued
    begins: tuple[TreeKey, ...]
    ends: tuple[TreeKey, ...]


@entry("log.shard-closed")
class LogShardClosed(Entry):
    """A shard of the access log is complete; what follows goes to the next.

    Attributes:
        tree: The shard that ends here.
        origin: The name under which it was signed.
        size: How many entries it holds, for ever.
        root: The root over them, in hex.
        next_tree: The shard that begins.
    """

    tree: str
    origin: str
    size: int
    root: str
    next_tree: str
    begins: tuple[TreeKey, ...]
    ends: tuple[TreeKey, ...]


@entry("log.access-checkpointed")
class LogAccessCheckpointed(Entry):
    """The access log had signed this, when this log came to here: it holds that one to its word."""

    tree: str
    origin: str
    size: int
    root: str
