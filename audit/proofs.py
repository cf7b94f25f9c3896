"""Inclusion and consistency proofs: RFC 9162 sections 2.1.3 and 2.1.4.

To make one, somebody must know hashes of the tree. That is a `Nodes`: given a level
and a number, it returns the root of the perfect subtree of 2**level leaves that
starts at leaf ``number * 2**level``. `audit.tiles` has one that reads tiles.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from audit.merkle import EMPTY_ROOT, HASH_BYTES, ProofError, node_hash

Nodes: TypeAlias = Callable[[int, int], bytes]
"""``nodes(level, number)`` is the root of one perfect subtree."""

Span: TypeAlias = tuple[int, int]
"""The leaves from the first number to before the second."""


def root_of(span: Span, nodes: Nodes) -> bytes:
    """Return the root over the leaves of *span*, which starts where a subtree may start."""
    start, end = span
    perfect = []
    while start < end:
        level = (end - start).bit_length() - 1
        perfect.append(nodes(level, start >> level))
        start += 1 << level
    if not perfect:
        return EMPTY_ROOT
    *higher, root = perfect
    for left in reversed(higher):
        root = node_hash(left, root)
    return root


def inclusion_spans(index: int, size: int) -> list[Span]:
    """Return what the hashes of an inclusion proof are over, lowest first.

    Raises:
        ValueError: there is no such entry.
    """
    if not 0 <= index < size:
        raise ValueError(f"index {index} is outside a tree of {size}")
    start, end = 0, size
    spans = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    return spans[::-1]


def consistency_spans(old: int, new: int) -> list[Span]:
    """Return what the hashes of a consistency proof are over, in the order of the proof.

    Raises:
        ValueError: the sizes cannot be those of a log that grew.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a log of {new} entries cannot have grown from {old}")
    if old in (0, new):
        return []
    start, end = 0, new
    spans = []
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    if start:  # Otherwise it is the old root, which the verifier has.
        spans.append((start, end))
    return spans[::-1]


def inclusion_proof(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """Return the proof that entry *index* is in the tree of *size*."""
    return [root_of(span, nodes) for span in inclusion_spans(index, size)]


def consistency_proof(old: int, new: int, nodes: Nodes) -> list[bytes]:
    """Return the proof that the tree of *new* entries begins with that of *old*."""
    return [root_of(span, nodes) for span in consistency_spans(old, new)]


def included_root(leaf: bytes, *, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root to which *path* leads. Follows RFC 9162 section 2.1.3.2 step by step.

    Raises:
        ProofError: the path has the wrong length, or the numbers cannot be a proof's.
    """
    if not 0 <= index < size:
        raise ProofError(f"index {index} is outside a tree of {size}")
    if len(leaf) != HASH_BYTES:
        raise ProofError(f"a leaf hash has {HASH_BYTES} bytes")
    node = leaf
    for sibling, is_left in _climb(index, size - 1, path):
        node = node_hash(sibling, node) if is_left else node_hash(node, sibling)
    return node


def verify_inclusion(
    leaf: bytes, *, index: int, size: int, path: Sequence[bytes], root: bytes
) -> None:
    """Check that *leaf* is entry *index* of the tree of *size* with this *root*.

    Raises:
        ProofError: it is not, or the numbers cannot be those of a proof.
    """
    if included_root(leaf, index=index, size=size, path=path) != root:
        raise ProofError(f"entry {index} does not lead to the root of size {size}")


def verify_consistency(
    *, old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]
) -> None:
    """Check that the tree of *new* entries begins with that of *old*: nothing was rewritten.

    Follows RFC 9162 section 2.1.4.2 step by step. Equal sizes have an empty proof and
    equal roots. From an empty tree everything may grow, so there is nothing to verify:
    who has seen nothing yet must not take that for a proof.

    Raises:
        ProofError: it does not, or the numbers cannot be those of a proof.
    """
    if not 0 <= old <= new:
        raise ProofError(f"a log of {new} entries cannot have grown from {old}")
    if old in (0, new):
        _verify_edge(old, new, old_root, new_root, path)
        return
    first, second = consistent_roots(old=old, new=new, old_root=old_root, path=path)
    if first != old_root:
        raise ProofError(f"the path does not lead to the old root, of size {old}")
    if second != new_root:
        raise ProofError(f"the path does not lead to the new root, of size {new}")


def consistent_roots(
    *, old: int, new: int, old_root: bytes, path: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """Return the two roots to which *path* leads, ``0 < old < new``; RFC 9162 section 2.1.4.2.

    If the second is the root of *new*, every hash of the path is one of that tree, and the
    first is the only root that its first *old* entries can have: if that is not *old_root*,
    the log has shown two histories.

    Raises:
        ProofError: the path has the wrong length.
    """
    if not path:
        raise ProofError("the path is too short")
    position, last, rest = old - 1, new - 1, list(path)
    while position & 1:
        position, last = position >> 1, last >> 1
    # A power of two is one perfect subtree: its root is not in the path, but known.
    first = second = rest.pop(0) if position else old_root
    for sibling, is_left in _climb(position, last, rest):
        if is_left:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
        else:
            second = node_hash(second, sibling)
    return first, second


def _verify_edge(
    old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]
) -> None:
    if path:
        raise ProofError(f"a proof from {old} to {new} entries is empty")
    if old == 0 and (new or old_root != EMPTY_ROOT):
        raise ProofError("from an empty tree nothing can be proved")
    if old_root != new_root:
        raise ProofError(f"two roots for one size, {old}: the log has forked")


def _climb(position: int, last: int, path: Sequence[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Return each hash of *path*, and whether it stands on the left; upwards to the root."""
    for sibling in path:
        if last == 0:
            raise ProofError("the path is too long")
        is_left = bool(position & 1) or position == last
        yield sibling, is_left
        while is_left and not position & 1 and position:  # Skip where we stand alone.
            position, last = position >> 1, last >> 1
        position, last = position >> 1, last >> 1
    if last != 0:
        raise ProofError("the path is too short")


def _split(size: int) -> int:
    """Return the largest power of two smaller than *size*."""
    return 1 << (size - 1).bit_length() - 1
