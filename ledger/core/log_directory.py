"""A log as a plain directory, for any web server or object store: c2sp.org/tlog-tiles.

    checkpoint              the newest published one
    tile/<level>/...        hashes
    tile/entries/...        the entries, if they are published too; they are not public
    key, policy             the log's keys, and who must have cosigned

Only what is new is written, and the checkpoint last: so at every moment, and wherever a run is
cut short, what is there verifies. Partial tiles that a newer checkpoint has no need of stay
for a while, for those who have just read the older one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from audit import Checkpoint, Tile, leaf_hashes
from audit.merkle import HASH_BYTES, perfect_root
from audit.proofs import root_of
from audit.tiles import WIDTH, from_bundle, split_hashes, tiles, width_at
from ledger.core import receipts
from ledger.core.errors import Conflict
from ledger.core.log_files import LogFiles
from ledger.core.published import PublishedCheckpoint

KEEP_PARTIALS_S: Final = 600.0
_CHECKPOINT: Final = "checkpoint"
_ENTRIES: Final = "tile/entries"
_NEW_ENTRIES: Final = ".unfinished/entries"


class OtherLog(Conflict):
    """The directory holds what this log cannot continue."""

    slug = "log-directory-of-another"
    title = "That directory holds another log"


class LogUnsound(Conflict):
    """What is stored does not lead to what is published."""

    slug = "log-unsound"
    title = "The log is not what it published"


@dataclass(frozen=True, slots=True)
class Written:
    """What a run has done.

    Attributes:
        size: The size of the log that the directory holds now.
        tiles: How many hash tiles were written.
        bundles: How many entry bundles.
        dropped: How many partial tiles that nobody needs any more.
    """

    size: int
    tiles: int
    bundles: int
    dropped: int


class LogDirectory:
    """A directory that a log is published in.

    Raises:
        InUse: somebody else publishes there.
        OSError: it cannot be written.
    """

    def __init__(self, path: Path, log: str, *, keep_partials_s: float = KEEP_PARTIALS_S) -> None:
        self._files: Final = LogFiles(path)
        self._path: Final = path
        self._log: Final = log
        self._keep_s: Final = keep_partials_s
        self._partials: Final = set(self._files.partials())
        self._looked_at = 0  # Tiles that were full at this size were seen, in this run.

    def close(self) -> None:
        """Let others publish there."""
        self._files.close()

    @property
    def has_entries(self) -> bool:
        """Whether entries are published there."""
        return (self._path / _ENTRIES).is_dir()

    def publish(
        self,
        session: Session,
        shown: PublishedCheckpoint,
        *,
        now_s: float,
        entries: bool = False,
        beside: dict[str, str] | None = None,
    ) -> Written:
        """Bring the directory to the checkpoint *shown*.

        Args:
            session: A snapshot of the database.
            shown: What was published.
            now_s: Seconds since 1970.
            entries: Whether the entries are published, too.
            beside: Other files and what is in them: keys, the policy.

        Raises:
            OtherLog: the directory holds another log, a larger one, or entries that would be
                left behind.
            LogUnsound: the tiles in the database do not lead to the checkpoint.
        """
        checkpoint = _read(shown.note)
        older = self._older(session, checkpoint, entries=entries)
        _check_root(session, self._log, checkpoint)
        tiles_written = sum(1 for _ in self._add_tiles(session, checkpoint.size))
        bundles_written = sum(1 for _ in self._add_entries(session, checkpoint.size, entries))
        for name, content in (beside or {}).items():
            if self._files.read(name) != content.encode():
                self._files.write(name, content.encode())
        needed = _partials_at(checkpoint.size, entries=entries)
        if older is not None:
            for name in _partials_at(older.size, entries=entries) - needed:
                if self._files.bytes_of(name) is not None:
                    self._files.mark(name, now_s=now_s)
        self._files.flush()
        if self._files.read(_CHECKPOINT) != shown.note.encode():
            self._files.write(_CHECKPOINT, shown.note.encode())
            self._files.flush()
        self._looked_at = checkpoint.size
        dropped = sum(1 for _ in self._drop_partials(needed, now_s))
        return Written(checkpoint.size, tiles_written, bundles_written, dropped)

    def _older(
        self, session: Session, checkpoint: Checkpoint, *, entries: bool
    ) -> Checkpoint | None:
        """Return the checkpoint that is there, once it is clear that *checkpoint* continues it."""
        if self.has_entries and not entries:
            raise OtherLog("it holds entries, too: publish them again, or in another directory")
        there = self._files.read(_CHECKPOINT)
        if there is None:
            return None
        older = _read(there.decode("utf-8", "replace"))
        if older.origin != checkpoint.origin:
            raise OtherLog(f"it holds {older.origin}, and this is {checkpoint.origin}")
        if older.size > checkpoint.size:
            raise OtherLog(
                f"it holds {older.size} entries, and this log has published {checkpoint.size}: "
                "was an old backup restored?"
            )
        nodes = receipts.nodes(session, self._log, size=checkpoint.size)
        if root_of((0, older.size), nodes) != older.root:
            raise OtherLog(f"it holds another history of {older.origin}: keep it, as evidence")
        return older

    def _add_tiles(self, session: Session, size: int) -> Iterator[Tile]:
        for tile in self._new(tiles(size)):
            if self._files.bytes_of(str(tile)) != tile.width * HASH_BYTES:
                content = receipts.tile(session, self._log, tile)
                _check_tile(session, self._log, tile, content)
                self._put(str(tile), content, tile)
                yield tile

    def _add_entries(self, session: Session, size: int, entries: bool) -> Iterator[Tile]:  # noqa: FBT001
        if not entries:
            return
        # At first they come all together: half of them would not verify.
        first = not self.has_entries
        bundles = (Tile(None, tile.number, tile.width) for tile in tiles(size) if not tile.level)
        for tile in bundles if first else self._new(bundles):
            if first or not self._files.bytes_of(str(tile)):
                content = receipts.tile(session, self._log, tile)
                hashes = receipts.hashes(session, self._log, Tile(0, tile.number, tile.width))
                if leaf_hashes(from_bundle(content)) != split_hashes(hashes):
                    raise LogUnsound(f"{tile} is not what was hashed: run `ledger log check`")
                name = str(tile).replace(_ENTRIES, _NEW_ENTRIES) if first else str(tile)
                self._put(name, content, tile)
                yield tile
        if first and size:
            self._files.move(_NEW_ENTRIES, _ENTRIES)

    def _new(self, wanted: Iterator[Tile]) -> Iterator[Tile]:
        """Return those of *wanted* that this run has not seen yet: all, the first time."""
        for tile in wanted:
            if width_at(tile.level or 0, tile.number, self._looked_at) < WIDTH:
                yield tile

    def _put(self, name: str, content: bytes, tile: Tile) -> None:
        self._files.write(name, content, closed=tile.level is None)
        if tile.width < WIDTH:
            self._partials.add(str(tile))

    def _drop_partials(self, needed: set[str], now_s: float) -> Iterator[str]:
        for name in sorted(self._partials - needed):
            if self._files.age_s(name, now_s=now_s) > self._keep_s:
                self._files.drop(name)
                self._partials.discard(name)
                yield name


def _read(note: str) -> Checkpoint:
    return Checkpoint.from_text(note.rpartition("\n\n")[0] + "\n")


def _partials_at(size: int, *, entries: bool) -> set[str]:
    """Return the names of the partial tiles of a tree of *size*: one a level at most."""
    last = set()
    level = 0
    while hashes := size >> 8 * level:
        if hashes % WIDTH:
            last.add(str(Tile(level, hashes // WIDTH, hashes % WIDTH)))
            if entries and level == 0:
                last.add(str(Tile(None, hashes // WIDTH, hashes % WIDTH)))
        level += 1
    return last


def _check_root(session: Session, log: str, checkpoint: Checkpoint) -> None:
    nodes = receipts.nodes(session, log, size=checkpoint.size)
    if root_of((0, checkpoint.size), nodes) != checkpoint.root:
        raise LogUnsound("the tiles do not lead to the checkpoint: run `ledger log check`")


def _check_tile(session: Session, log: str, tile: Tile, content: bytes) -> None:
    """Refuse a full tile whose root is not what the level above has: nobody could verify it."""
    if len(content) != tile.width * HASH_BYTES:
        raise LogUnsound(f"{tile} has {len(content)} bytes: run `ledger log check`")
    if tile.width == WIDTH:
        number, at = divmod(tile.number, WIDTH)
        above = receipts.hashes(session, log, Tile((tile.level or 0) + 1, number, at + 1))
        if perfect_root(split_hashes(content)) != above[-HASH_BYTES:]:
            raise LogUnsound(f"{tile} is not what is above it: run `ledger log check`")
