"""Merkle tree hashing, as in RFC 9162 section 2.1. `audit.proofs` has the proofs.

Pure functions: bytes in, bytes out, no storage and no clock. *size* is always
the number of leaves, *index* is always zero-based, so ``0 <= index < size``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"  # The prefixes keep leaves and nodes apart.


class ProofError(ValueError):
    """The proof does not connect this leaf to this root. Treat it as tampering."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one entry's canonical bytes."""
    return sha256(_LEAF + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """Return the hash of each of *entries*; a long list costs least for each."""
    hasher, prefix = sha256, _LEAF
    return [hasher(prefix + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return sha256(_NODE + left + right).digest()


def parents(nodes: Sequence[bytes]) -> list[bytes]:
    """Return the level above *nodes*, two by two; a last one that stands alone is left out."""
    hasher, prefix, left = sha256, _NODE, iter(nodes)
    return [hasher(prefix + a + b).digest() for a, b in zip(left, left, strict=False)]


def perfect_root(nodes: Sequence[bytes]) -> bytes:
    """Return the root over *nodes*, which are a power of two in number."""
    while len(nodes) > 1:
        nodes = parents(nodes)
    return nodes[0]


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree: all that is needed to append to it.

    Attributes:
        size: Number of leaves.
        peaks: Roots of the perfect subtrees, largest first; one for each bit
            set in *size*.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> Frontier:
        """Return the frontier after *leaf*. Costs at most log2(size) hashes."""
        node, peaks, complete = leaf, self.peaks, self.size
        while complete & 1:  # Each trailing 1 is a subtree that this leaf completes.
            node, peaks, complete = node_hash(peaks[-1], node), peaks[:-1], complete >> 1
        return Frontier(self.size + 1, (*peaks, node))

    def extend(self, leaves: Sequence[bytes]) -> Frontier:
        """Return the frontier after all of *leaves*: a whole level at a time, one hash a leaf."""
        nodes, before = list(leaves), self.size
        waiting, peaks = list(self.peaks), list[bytes]()
        while nodes or before:
            if before & 1:
                nodes = [waiting.pop(), *nodes]
            if len(nodes) & 1:
                peaks.append(nodes.pop())
            nodes, before = parents(nodes), before >> 1
        return Frontier(self.size + len(leaves), tuple(reversed(peaks)))

    def root(self) -> bytes:
        """Return the root hash of the whole tree."""
        if not self.peaks:
            return EMPTY_ROOT
        *higher, node = self.peaks
        for peak in reversed(higher):
            node = node_hash(peak, node)
        return node
