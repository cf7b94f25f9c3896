"""Checking a log that is published in tiles: a folder, or what lies under a URL.

From the newest checkpoint down to the last leaf, with flat memory: every tile that a tree of
that size has is read, and entries too where they are there and may be read.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from audit.archive import Damaged, Member
from audit.leaves import continues, entries_of, where_damaged
from audit.merkle import HASH_BYTES, ProofError, leaf_hashes
from audit.note import Checkpoint, NoteError
from audit.policy import Accepted, Policy
from audit.tiles import WIDTH, Tile, TileTree, from_bundle, split_hashes, tiles, to_bundle
from audit.web import Site

CHECKPOINT: Final = "checkpoint"
_THREADS: Final = 4
_AHEAD: Final = 16  # Tiles that are asked for before they are needed; each is small.
_FILE_BYTES_MAX: Final = 1 << 25


class Place(Protocol):
    """Where a log is published."""

    def get(self, name: str) -> bytes | None: ...
    def read_ahead(self, tiles: Iterator[Tile]) -> Iterator[tuple[Tile, bytes]]: ...
    def older(self, tile: Tile) -> Iterator[tuple[Tile, bytes]]: ...


@dataclass(frozen=True, slots=True)
class Found:
    """What a published log was found to hold.

    Attributes:
        entries: Whether the entries were checked, and not their hashes alone.
    """

    accepted: Accepted
    entries: bool


def verify(
    place: Place,
    policy: Policy,
    *,
    entries: bool,
    kept: Checkpoint | None = None,
    advance: Callable[[int, int], None] = lambda _done, _total: None,
) -> Found:
    """Check the log in *place*, all of it.

    Args:
        place: A `Folder` or a `Remote`.
        policy: Who must have signed its checkpoint.
        entries: Whether to read the entries, or their hashes alone.
        kept: An older checkpoint, of which the log must be a continuation.
        advance: Is told how many leaves of how many are done.

    Raises:
        Damaged: it is not what it has to be; the message says in which file.
        NoteError: the policy does not accept the checkpoint.
        ProofError: the log is another than the one that was *kept*.
        Unreachable: there was no answer.
    """
    accepted = policy.accepts(_text(place))
    checkpoint, tree = accepted.checkpoint, TileTree()
    _comparable(checkpoint, kept)
    wanted = _leaf_tiles(checkpoint.size, entries=entries)
    reading = place.read_ahead(wanted)
    for tile, hashes in reading:
        _check_older(place, tile, hashes)
        leaves = split_hashes(hashes)
        if entries:
            _check_entries(place, next(reading), leaves)
        tree.add(leaves)
        continues(tree, tile.width, kept)
        advance(tree.size, checkpoint.size)
    if tree.root() != checkpoint.root:
        raise Damaged(None, CHECKPOINT, "the leaves do not lead to the root that is signed")
    for tile, hashes in place.read_ahead(tree.upper_tiles()):
        if hashes != tree.hashes(tile):
            raise Damaged(None, str(tile), "not the hashes of what is below")
        _check_older(place, tile, hashes)
    return Found(accepted, entries)


def _text(place: Place) -> str:
    note = place.get(CHECKPOINT)
    if note is None:
        raise Damaged(None, CHECKPOINT, "missing: this is not a published log")
    try:
        return note.decode()
    except UnicodeDecodeError as error:
        raise NoteError(f"the checkpoint is not text: {error}") from error


def _comparable(checkpoint: Checkpoint, kept: Checkpoint | None) -> None:
    if kept is None:
        return
    if kept.origin != checkpoint.origin:
        raise ProofError(f"the checkpoint that was kept is of another log, {kept.origin}")
    if kept.size > checkpoint.size:
        raise ProofError(
            f"the log has gone back: the checkpoint that was kept is of {kept.size:,} entries, "
            f"and this one of {checkpoint.size:,}"
        )


def _leaf_tiles(size: int, *, entries: bool) -> Iterator[Tile]:
    for tile in tiles(size):
        if tile.level:
            return
        yield tile
        if entries:
            yield Tile(None, tile.number, tile.width)


def _check_entries(place: Place, read: tuple[Tile, bytes], leaves: list[bytes]) -> None:
    tile, content = read
    bodies = entries_of(Member(str(tile), content), tile.width)
    if leaf_hashes(bodies) != leaves:
        what = where_damaged(content, leaves, tile.number * WIDTH)
        raise Damaged(None, str(tile), what)
    _check_older(place, tile, content)


def _check_older(place: Place, tile: Tile, content: bytes) -> None:
    """Check the narrower versions of a tile that are still there."""
    for partial, found in place.older(tile):
        if found != narrowed(content, partial):
            raise Damaged(None, str(partial), f"does not agree with {tile}")


def narrowed(content: bytes, tile: Tile) -> bytes:
    """Return what *content*, of a wider tile, has of *tile*. Raises `TileError`."""
    if tile.level is None:
        return to_bundle(from_bundle(content)[: tile.width])
    return content[: tile.width * HASH_BYTES]


def read_tile(get: Callable[[str], bytes | None], tile: Tile) -> bytes:
    """Return a tile; if only the full one is left of it, what it has of that.

    Raises:
        Damaged: it is missing, or has another length.
    """
    content = get(str(tile))
    if content is None and tile.width < WIDTH:
        full = get(str(Tile(tile.level, tile.number)))
        content = None if full is None else narrowed(full, tile)
    if content is None:
        raise Damaged(None, str(tile), "missing")
    if tile.level is not None and len(content) != tile.width * HASH_BYTES:
        raise Damaged(None, str(tile), f"has {len(content):,} bytes, and not {tile.width} hashes")
    return content


class Folder:
    """A log in a folder, as ``ledger log publish`` and web servers have it."""

    def __init__(self, path: Path) -> None:
        self._path: Final = path

    def has_entries(self) -> bool:
        """Say whether entries are published with their hashes."""
        return (self._path / "tile" / "entries").is_dir()

    def get(self, name: str) -> bytes | None:
        try:
            with (self._path / name).open("rb") as file:
                content = file.read(_FILE_BYTES_MAX + 1)
        except FileNotFoundError:
            return None
        if len(content) > _FILE_BYTES_MAX:
            raise Damaged(None, name, f"has more than {_FILE_BYTES_MAX:,} bytes")
        return content

    def read_ahead(self, tiles: Iterator[Tile]) -> Iterator[tuple[Tile, bytes]]:
        return ((tile, read_tile(self.get, tile)) for tile in tiles)

    def older(self, tile: Tile) -> Iterator[tuple[Tile, bytes]]:
        folder = self._path / f"{Tile(tile.level, tile.number)}.p"
        if not folder.is_dir():
            return
        for path in sorted(folder.iterdir()):
            if path.name.isdecimal() and 0 < int(path.name) < tile.width:
                partial = Tile(tile.level, tile.number, int(path.name))
                content = self.get(str(partial))
                if content is not None:  # A publisher may be at work.
                    yield partial, content


class Remote:
    """A log under a URL. Narrower tiles than the newest are not asked for."""

    def __init__(self, site: Site) -> None:
        self._site: Final = site

    def get(self, name: str) -> bytes | None:
        return self._site.get(name)

    def read_ahead(self, tiles: Iterator[Tile]) -> Iterator[tuple[Tile, bytes]]:
        with ThreadPoolExecutor(_THREADS) as pool:
            asked: deque[tuple[Tile, Future[bytes]]] = deque()
            try:
                for tile in tiles:
                    asked.append((tile, pool.submit(read_tile, self._site.get, tile)))
                    if len(asked) == _AHEAD:
                        tile_read, content = asked.popleft()
                        yield tile_read, content.result()
                while asked:
                    tile_read, content = asked.popleft()
                    yield tile_read, content.result()
            finally:
                for _, content in asked:
                    content.cancel()

    def older(self, tile: Tile) -> Iterator[tuple[Tile, bytes]]:
        return iter(())
