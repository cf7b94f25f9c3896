"""Tiles: the tree cut into files that never change, as https://c2sp.org/tlog-tiles says.

A *hash tile* at level L and number N holds up to 256 hashes, the roots of the subtrees
of ``256**L`` leaves each that start at leaf ``N * 256 * 256**L``. An *entry bundle* holds
the bytes of up to 256 entries, each after its length. Both are full, and then final, or
partial, and then named with their width.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct
from typing import Final, TypeAlias

from audit.merkle import HASH_BYTES, perfect_root
from audit.proofs import Nodes, root_of

WIDTH: Final = 256
"""Hashes in a full tile, and entries in a full bundle."""

ENTRY_BYTES_MAX: Final = 65_535
"""What the length before an entry can say."""

_LEVEL_BITS: Final = 8  # 256 is 2**8: eight levels of the binary tree make one of tiles.
_LEVEL_MAX: Final = 63
_LENGTH: Final = Struct(">H")


class TileError(ValueError):
    """Not a tile, or not the name of one."""


@dataclass(frozen=True, slots=True)
class Tile:
    """The coordinates of a tile.

    Attributes:
        level: From 0, whose hashes are those of leaves; None for an entry bundle.
        number: From 0, along the level.
        width: How many hashes or entries it holds, 1 to 256.
    """

    level: int | None
    number: int
    width: int = WIDTH

    def __str__(self) -> str:
        """Return its path under the log's prefix: ``tile/0/x001/x234/067.p/5``."""
        level = "entries" if self.level is None else str(self.level)
        groups, rest = [f"{self.number % 1000:03}"], self.number // 1000
        while rest:
            groups.append(f"x{rest % 1000:03}")
            rest //= 1000
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"

    @classmethod
    def parse(cls, path: str) -> "Tile":
        """Read a path as `__str__` spells it. Raises `TileError` if it is not one."""
        try:
            head, level, rest = path.split("/", 2)
            name, partial, width = rest.partition(".p/")
            number = int("".join(group.removeprefix("x") for group in name.split("/")))
            tile = cls(
                level=None if level == "entries" else int(level),
                number=number,
                width=int(width) if partial else WIDTH,
            )
        except ValueError as error:
            raise TileError(f"{path!r} is not the path of a tile") from error
        fits = 0 <= (tile.level or 0) <= _LEVEL_MAX and 1 <= tile.width <= WIDTH
        if head != "tile" or not fits or str(tile) != path:
            raise TileError(f"{path!r} is not the path of a tile")
        return tile


def width_at(level: int, number: int, size: int) -> int:
    """Return how many hashes tile *number* of *level* has in a tree of *size*; 0 if none."""
    return max(0, min(WIDTH, (size >> _LEVEL_BITS * level) - number * WIDTH))


def tiles(size: int) -> Iterator[Tile]:
    """Return the coordinates of every hash tile of a tree of *size*, level by level."""
    level = 0
    while hashes := size >> _LEVEL_BITS * level:
        for number in range(-(-hashes // WIDTH)):
            yield Tile(level, number, width_at(level, number, size))
        level += 1


def to_bundle(entries: Sequence[bytes]) -> bytes:
    """Return *entries* as an entry bundle. Raises `TileError` for one that is too long."""
    pack = _LENGTH.pack
    if any(len(entry) > ENTRY_BYTES_MAX for entry in entries):
        raise TileError(f"an entry has more than {ENTRY_BYTES_MAX:,} bytes")
    return b"".join([part for entry in entries for part in (pack(len(entry)), entry)])


def from_bundle(bundle: bytes) -> list[bytes]:
    """Return the entries of an entry bundle. Raises `TileError` if it ends within one."""
    entries, at, end, length_at = [], 0, len(bundle), _LENGTH.unpack_from
    while at < end:
        if at + _LENGTH.size > end:
            raise TileError(f"byte {at} begins the length of an entry and is the last")
        start = at + _LENGTH.size
        at = start + length_at(bundle, at)[0]
        entries.append(bundle[start:at])
    if at != end:
        raise TileError(f"the last entry goes on for {at - end} more bytes")
    return entries


ReadTile: TypeAlias = Callable[[Tile], bytes]
"""Returns the hashes of a tile, in a row; exactly as wide as was asked."""

_TILES_KEPT: Final = 64  # Half a megabyte: more than two proofs ever need.
_NODES_KEPT: Final = 4096  # Proofs of neighbours have most of their hashes in common.


def nodes_from_tiles(read: ReadTile, *, size: int) -> Nodes:
    """Return the `Nodes` of a tree of *size*, whose tiles *read* can fetch.

    Raises (when called):
        TileError: what was read is not as wide as it should be.
    """
    kept: OrderedDict[Tile, bytes] = OrderedDict()

    def node(level: int, number: int) -> bytes:
        tile_level, above = divmod(level, _LEVEL_BITS)
        first = number << above  # The hash in the level of tiles at which the subtree starts.
        at = first // WIDTH
        tile = Tile(tile_level, at, width_at(tile_level, at, size))
        if tile not in kept:
            hashes = read(tile)
            if len(hashes) != tile.width * HASH_BYTES:
                raise TileError(f"{tile} has {len(hashes)} bytes")
            kept[tile] = hashes
            if len(kept) > _TILES_KEPT:
                kept.popitem(last=False)
        start = first % WIDTH * HASH_BYTES
        return perfect_root(split_hashes(kept[tile][start : start + (HASH_BYTES << above)]))

    return lru_cache(_NODES_KEPT)(node)


def split_hashes(hashes: bytes) -> list[bytes]:
    """Return *hashes*, which stand in a row, one by one."""
    return [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]


class TileTree:
    """A tree that grows by tiles, in memory: 32 bytes for every 256 leaves.

    Give it the leaf hashes of one tile after the other; only the last may be partial.
    """

    def __init__(self) -> None:
        self.size = 0
        self._last: Sequence[bytes] = ()
        self._levels: list[list[bytes]] = []  # From tile level 1 on.

    def add(self, leaves: Sequence[bytes]) -> None:
        """Append the leaves of one tile. Raises `ValueError` after one that was not full."""
        if len(leaves) > WIDTH or self.size % WIDTH:
            raise ValueError("leaves come in tiles, and only the last may be partial")
        self.size += len(leaves)
        self._last = leaves
        if len(leaves) == WIDTH:
            self._climb(perfect_root(leaves))

    def add_whole(self, root: bytes) -> None:
        """Append a full tile of which only the root is known: its leaves cannot be had from here.

        Raises:
            ValueError: after a tile that was not full.
        """
        if self.size % WIDTH:
            raise ValueError("leaves come in tiles, and only the last may be partial")
        self.size += WIDTH
        self._last = ()
        self._climb(root)

    def _climb(self, root: bytes) -> None:
        level = 0
        while True:
            if level == len(self._levels):
                self._levels.append([])
            hashes = self._levels[level]
            hashes.append(root)
            if len(hashes) % WIDTH:
                break
            level, root = level + 1, perfect_root(hashes[-WIDTH:])

    def hashes(self, tile: Tile) -> bytes:
        """Return the hashes of a tile above level 0, or of the last one at level 0."""
        if not tile.level:
            return b"".join(self._last[: tile.width])
        start = tile.number * WIDTH
        return b"".join(self._levels[tile.level - 1][start : start + tile.width])

    def upper_tiles(self) -> Iterator[Tile]:
        """Return the tiles above level 0, level by level."""
        return (tile for tile in tiles(self.size) if tile.level)

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        return self.root_at(self.size)

    def root_at(self, size: int) -> bytes:
        """Return the root that the tree had at *size*, which lies in or at the last tile."""
        return root_of((0, size), nodes_from_tiles(self.hashes, size=size))
