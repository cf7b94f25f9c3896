"""The tree and its proofs, for every size up to 300 and around 65,536, against the RFC."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.merkle import EMPTY_ROOT, Frontier, ProofError
from audit.proofs import (
    Nodes,
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)
from audit.tiles import WIDTH, Tile, TileTree, nodes_from_tiles
from tests.audit.rfc import Tree, leaves_of

SMALL = Tree(leaves_of(300))
LARGE_SIZES = [65_535, 65_536, 65_537]
LARGE = Tree(leaves_of(65_537))


def tile_tree(leaves: tuple[bytes, ...]) -> TileTree:
    tree = TileTree()
    for start in range(0, len(leaves), WIDTH):
        tree.add(leaves[start : start + WIDTH])
    return tree


def nodes_of(leaves: tuple[bytes, ...]) -> Nodes:
    tree = tile_tree(leaves)

    def read(tile: Tile) -> bytes:
        if tile.level:
            return tree.hashes(tile)
        start = tile.number * WIDTH
        return b"".join(leaves[start : start + tile.width])

    return nodes_from_tiles(read, size=len(leaves))


def test_every_small_size_has_the_root_of_the_rfc_however_it_is_built() -> None:
    one_by_one = Frontier()
    assert one_by_one.root() == EMPTY_ROOT == SMALL.root(0, 0)
    for size in range(1, 301):
        leaves, root = SMALL.leaves[:size], SMALL.root(0, size)
        one_by_one = one_by_one.append(leaves[-1])
        assert one_by_one.root() == root
        assert Frontier().extend(leaves) == one_by_one
        assert tile_tree(leaves).root() == root


@given(st.lists(st.integers(0, 300)))
def test_batches_may_be_cut_anywhere(cuts: list[int]) -> None:
    frontier, whole = Frontier(), Frontier().extend(SMALL.leaves)
    for start, end in pairwise(sorted([0, 300, *cuts])):
        frontier = frontier.extend(SMALL.leaves[start:end])
    assert frontier == whole


def test_every_entry_of_every_small_size_is_proved_as_the_rfc_says() -> None:
    for size in range(1, 301):
        nodes, root = nodes_of(SMALL.leaves[:size]), SMALL.root(0, size)
        for index in range(size):
            path = inclusion_proof(index, size, nodes)
            assert path == SMALL.path(index, 0, size)
            leaf = SMALL.leaves[index]
            verify_inclusion(leaf, index=index, size=size, path=path, root=root)


def test_every_two_small_sizes_are_proved_as_the_rfc_says() -> None:
    for new in range(1, 301):
        nodes, new_root = nodes_of(SMALL.leaves[:new]), SMALL.root(0, new)
        for old in range(1, new + 1):
            path = consistency_proof(old, new, nodes)
            assert path == SMALL.proof(old, new)
            roots = {"old_root": SMALL.root(0, old), "new_root": new_root}
            verify_consistency(old=old, new=new, path=path, **roots)


@pytest.mark.parametrize("size", LARGE_SIZES)
def test_around_a_full_tile_of_tiles(size: int) -> None:
    leaves, root = LARGE.leaves[:size], LARGE.root(0, size)
    assert Frontier().extend(leaves).root() == tile_tree(leaves).root() == root
    nodes, chance = nodes_of(leaves), Random(size)
    for index in {0, 255, 256, size - 1, *(chance.randrange(size) for _ in range(100))}:
        path = inclusion_proof(index, size, nodes)
        assert path == LARGE.path(index, 0, size)
        verify_inclusion(leaves[index], index=index, size=size, path=path, root=root)
    for old in {1, 255, 256, size - 1, size, *(chance.randrange(1, size) for _ in range(100))}:
        path = consistency_proof(old, size, nodes)
        assert path == LARGE.proof(old, size)
        roots = {"old_root": LARGE.root(0, old), "new_root": root}
        verify_consistency(old=old, new=size, path=path, **roots)


@given(st.data())
def test_one_changed_bit_makes_an_inclusion_proof_fail(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 300))
    index = data.draw(st.integers(0, size - 1))
    path, root, leaf = SMALL.path(index, 0, size), SMALL.root(0, size), SMALL.leaves[index]
    parts = [leaf, root, *path]
    which = data.draw(st.integers(0, len(parts) - 1))
    parts[which] = flip(parts[which], data.draw(st.integers(0, 255)))
    leaf, root, *path = parts

    with pytest.raises(ProofError):
        verify_inclusion(leaf, index=index, size=size, path=path, root=root)


@given(st.data())
def test_one_changed_bit_makes_a_consistency_proof_fail(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, 300))
    old = data.draw(st.integers(1, new))
    parts = [SMALL.root(0, old), SMALL.root(0, new), *SMALL.proof(old, new)]
    which = data.draw(st.integers(0, len(parts) - 1))
    parts[which] = flip(parts[which], data.draw(st.integers(0, 255)))

    with pytest.raises(ProofError):
        verify_consistency(old=old, new=new, old_root=parts[0], new_root=parts[1], path=parts[2:])


@given(st.data())
def test_a_proof_fits_one_index_one_size_and_one_length(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 300))
    index = data.draw(st.integers(0, size - 1))
    path, root, leaf = SMALL.path(index, 0, size), SMALL.root(0, size), SMALL.leaves[index]
    other = data.draw(st.integers(-1, size).filter(lambda number: number != index))

    for changed in (
        {"index": other},
        {"path": path[:-1]},
        {"path": [*path, root]},
        {"path": path[::-1]} if path[::-1] != path else {"path": []},
    ):
        proof = {"index": index, "size": size, "path": path, "root": root, **changed}
        with pytest.raises(ProofError):
            verify_inclusion(leaf, **proof)  # type: ignore[arg-type]


def test_numbers_that_no_log_has_are_refused() -> None:
    with pytest.raises(ValueError, match="outside a tree"):
        inclusion_proof(5, 5, lambda _level, _number: b"")
    with pytest.raises(ValueError, match="cannot have grown"):
        consistency_proof(6, 5, lambda _level, _number: b"")


def flip(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
