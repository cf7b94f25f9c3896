"""Tiles are named, cut and counted as tlog-tiles says."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.tiles import (
    Tile,
    TileError,
    TileTree,
    from_bundle,
    nodes_from_tiles,
    tiles,
    to_bundle,
)


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 5), "tile/0/005"),
        (Tile(1, 1234067), "tile/1/x001/x234/067"),
        (Tile(63, 1000, 17), "tile/63/x001/000.p/17"),
        (Tile(None, 273, 112), "tile/entries/273.p/112"),
    ],
)
def test_a_path_has_one_spelling(tile: Tile, path: str) -> None:
    assert str(tile) == path
    assert Tile.parse(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0",
        "tile/0/5",
        "tile/0/0005",
        "tile/00/005",
        "tile/64/005",
        "tile/-1/005",
        "tile/0/x005",
        "tile/0/001/005",
        "tile/0/x000/005",
        "tile/0/005.p/0",
        "tile/0/005.p/256",
        "tile/0/005.p/05",
        "tile/0/005.p/",
        "tile/0/\u0660\u0660\u0665",
        "tile/data/005",
        "tiles/0/005",
        "tile/0/../005",
    ],
)
def test_anything_else_is_no_path(path: str) -> None:
    with pytest.raises(TileError):
        Tile.parse(path)


@given(st.integers(0, 63), st.integers(0, 10**12), st.integers(1, 256))
def test_every_tile_survives_its_path(level: int, number: int, width: int) -> None:
    assert Tile.parse(str(Tile(level, number, width))) == Tile(level, number, width)


def test_a_log_of_seventy_thousand_entries_has_the_tiles_of_the_example() -> None:
    made = list(tiles(70_000))
    assert made.count(Tile(0, 273, 112)) == 1
    assert sum(tile.level == 0 and tile.width == 256 for tile in made) == 273
    assert [tile for tile in made if tile.level] == [Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(tiles(0)) == []


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_entries_survive_their_bundle(entries: list[bytes]) -> None:
    assert from_bundle(to_bundle(entries)) == entries


@given(st.lists(st.binary(max_size=9), min_size=1, max_size=9), st.data())
def test_a_bundle_that_was_cut_is_refused_or_has_fewer(
    entries: list[bytes], data: st.DataObject
) -> None:
    bundle = to_bundle(entries)
    cut = bundle[: data.draw(st.integers(0, len(bundle) - 1))]
    with suppress(TileError):
        assert len(from_bundle(cut)) < len(entries)


def test_an_entry_that_its_length_cannot_say_is_refused() -> None:
    assert from_bundle(to_bundle([b"x" * 65_535])) == [b"x" * 65_535]
    with pytest.raises(TileError, match="65,535"):
        to_bundle([b"x" * 65_536])


def test_a_tree_that_is_fed_after_a_partial_tile_says_so() -> None:
    tree = TileTree()
    tree.add([b"h" * 32])
    with pytest.raises(ValueError, match="only the last may be partial"):
        tree.add([b"h" * 32])


def test_a_tile_that_is_too_short_is_not_believed() -> None:
    with pytest.raises(TileError, match="31 bytes"):
        nodes_from_tiles(lambda _: b"h" * 31, size=1)(0, 0)
