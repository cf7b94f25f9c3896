"""The tree as RFC 9162 section 2.1 defines it, word for word: what the code is held to."""

from functools import cache
from hashlib import sha256


def leaves_of(size: int) -> tuple[bytes, ...]:
    """Return the leaf hashes of *size* entries that are all different."""
    return _leaves(size)


@cache
def _leaves(size: int) -> tuple[bytes, ...]:
    return tuple(sha256(b"\x00" + b"entry %d" % index).digest() for index in range(size))


class Tree:
    """MTH, PATH and PROOF over fixed leaves; each subtree is hashed once."""

    def __init__(self, leaves: tuple[bytes, ...]) -> None:
        self.leaves = leaves
        self._roots: dict[tuple[int, int], bytes] = {}

    def root(self, start: int, end: int) -> bytes:
        """MTH(D[start:end])."""
        if (start, end) not in self._roots:
            self._roots[start, end] = self._hash(start, end)
        return self._roots[start, end]

    def _hash(self, start: int, end: int) -> bytes:
        if start == end:
            return sha256(b"").digest()
        if end - start == 1:
            return self.leaves[start]
        middle = start + split(end - start)
        return sha256(b"\x01" + self.root(start, middle) + self.root(middle, end)).digest()

    def path(self, index: int, start: int, end: int) -> list[bytes]:
        """PATH(index, D[start:end]), *index* counted from *start*."""
        if end - start == 1:
            return []
        k = split(end - start)
        if index < k:
            return [*self.path(index, start, start + k), self.root(start + k, end)]
        return [*self.path(index - k, start + k, end), self.root(start, start + k)]

    def proof(self, old: int, new: int) -> list[bytes]:
        """PROOF(old, D[0:new])."""
        return self.subproof(old, 0, new, known=True)

    def subproof(self, old: int, start: int, end: int, *, known: bool) -> list[bytes]:
        """SUBPROOF(old, D[start:end], known)."""
        if old == end - start:
            return [] if known else [self.root(start, end)]
        k = split(end - start)
        if old <= k:
            return [*self.subproof(old, start, start + k, known=known), self.root(start + k, end)]
        return [
            *self.subproof(old - k, start + k, end, known=False),
            self.root(start, start + k),
        ]


def split(size: int) -> int:
    """The largest power of two smaller than *size*."""
    return 1 << (size - 1).bit_length() - 1
