"""The map of all chain heads: that an answer about one subject left nothing out.

For each subject the log keeps a *chain*: h(0) is empty, and h(n) = SHA-256(h(n-1) || leaf
hash of the n-th entry about it). The *map* at a log size holds, for every subject that one
of the first *size* entries is about, its count and its last h: a Merkle tree (RFC 9162
section 2.1, like the log's own) over leaves sorted by subject. A proof shows what the map
says of a subject: its head, or, by the two leaves between which it would stand, nothing.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from struct import Struct
from typing import Final

from audit.canonical import encode
from audit.merkle import HASH_BYTES, ProofError, leaf_hash
from audit.proofs import inclusion_proof, inclusion_spans, verify_inclusion
from audit.tiles import WIDTH, Tile, TileTree, nodes_from_tiles, split_hashes

EMPTY_ROOT: Final = sha256(b"").digest()
_PLACE: Final = Struct(">QH")  # The number of a leaf, and the length of its bytes.


class Unsorted(ValueError):
    """The heads did not come in the order of their subjects, each once."""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a subject's chain: *n* entries (1 or more), and h(n), 32 bytes."""

    subject: str
    n: int
    head: bytes

    def to_bytes(self) -> bytes:
        """Return the bytes of its leaf: canonical JSON of ``[subject, n, h(n) in hex]``."""
        return encode([self.subject, self.n, self.head.hex()])

    @classmethod
    def from_bytes(cls, body: bytes) -> "Head":
        """Read what `to_bytes` wrote. Raises `ProofError` if it is anything else."""
        try:
            subject, n, head = json.loads(body)
            read = cls(subject, n, bytes.fromhex(head))
            typed = isinstance(subject, str) and type(n) is int and n > 0
            canonical = typed and len(read.head) == HASH_BYTES and read.to_bytes() == body
        except (ValueError, TypeError, RecursionError) as error:
            raise ProofError(f"not a leaf of the map of heads: {error}") from error
        if not canonical:
            raise ProofError("not a leaf of the map of heads in its canonical bytes")
        return read


@dataclass(frozen=True, slots=True)
class Committed:
    """A map, as an entry commits to it: its root, and how many subjects it has."""

    root: bytes
    subjects: int


@dataclass(frozen=True, slots=True)
class Place:
    """A leaf of the map: its number among the sorted subjects, and its inclusion proof."""

    number: int
    head: Head
    path: Sequence[bytes]


def extended(head: bytes, leaf: bytes) -> bytes:
    """Return the head of a chain after one more *leaf*; the first *head* is empty."""
    return sha256(head + leaf).digest()


class Chains:
    """The chains of a log that is read from its first entry, in memory: one pair a subject."""

    def __init__(self) -> None:
        self._ends: dict[str, tuple[int, bytes]] = {}

    def add(self, subjects: Iterable[str], leaf: bytes) -> None:
        """Add one entry to the chain of each of its *subjects*."""
        for subject in set(subjects):
            n, head = self._ends.get(subject, (0, b""))
            self._ends[subject] = (n + 1, extended(head, leaf))

    def heads(self) -> Iterator[Head]:
        """Return the heads in the order of the map."""
        for subject in sorted(self._ends, key=str.encode):
            yield Head(subject, *self._ends[subject])


class _Map:
    """A map that is built in one pass: 32 bytes for every 256 subjects, and two tiles."""

    def __init__(self, subject: str | None = None) -> None:
        self._subject = None if subject is None else subject.encode()
        self._tree, self._tile = TileTree(), list[bytes]()
        self._last: bytes | None = None
        self.count = 0
        self.around: dict[bool, tuple[int, Head]] = {}
        """The last leaf up to the subject (True), and the first after it (False)."""
        self._kept: dict[bool, tuple[int, bytes]] = {}

    def add(self, head: Head) -> None:
        key = head.subject.encode()
        if self._last is not None and key <= self._last:
            raise Unsorted(f"{head.subject} cannot come after {self._last.decode()}")
        self._last = key
        if len(self._tile) == WIDTH:
            self._full()
        if self._subject is not None:
            up_to = key <= self._subject
            if up_to or False not in self.around:
                self.around[up_to] = (self.count, head)
        self._tile.append(leaf_hash(head.to_bytes()))
        self.count += 1

    def _full(self) -> None:
        number = self._tree.size // WIDTH
        for side, (index, _) in self.around.items():
            if index // WIDTH == number:
                self._kept[side] = (number, b"".join(self._tile))
        self._tree.add(self._tile)
        self._tile = []

    def committed(self) -> Committed:
        if self._tile:
            self._full()
        return Committed(self._tree.root(), self.count)

    def place(self, index: int, head: Head) -> Place:
        kept = dict(self._kept.values())

        def read(tile: Tile) -> bytes:
            whole = kept.get(tile.number) if tile.level == 0 else None
            return self._tree.hashes(tile) if whole is None else whole

        nodes = nodes_from_tiles(read, size=self.count)
        return Place(index, head, tuple(inclusion_proof(index, self.count, nodes)))


def commitment(heads: Iterable[Head]) -> Committed:
    """Return what commits to the map of *heads*. Raises `Unsorted`."""
    built = _Map()
    for head in heads:
        built.add(head)
    return built.committed()


def prove(heads: Iterable[Head], subject: str) -> tuple[Committed, list[Place]]:
    """Return the map's commitment, and what shows whether *subject* is in it.

    That is the subject's own leaf; or, if it has none, the one before and the one after
    where it would stand, as far as there are such. Raises `Unsorted`.
    """
    built = _Map(subject)
    for head in heads:
        built.add(head)
    committed = built.committed()
    around = [built.around[side] for side in (True, False) if side in built.around]
    if around and around[0][1].subject == subject:
        around = around[:1]
    return committed, [built.place(*one) for one in around]


def verify(subject: str, places: Sequence[Place], *, committed: Committed) -> Head | None:
    """Return the head that the map has for *subject*; None if it is proved to have none.

    Raises:
        ProofError: *places* prove neither.
    """
    for place in places:
        leaf = leaf_hash(place.head.to_bytes())
        verify_inclusion(
            leaf,
            index=place.number,
            size=committed.subjects,
            path=place.path,
            root=committed.root,
        )
    match places:
        case [one] if one.head.subject == subject:
            return one.head
        case _ if any(place.head.subject == subject for place in places):
            raise ProofError("a subject that is in the map needs no neighbours")
        case []:
            proved = committed == Committed(EMPTY_ROOT, 0)
        case [one]:
            after = one.head.subject.encode() > subject.encode()
            proved = one.number == (0 if after else committed.subjects - 1)
        case [low, high]:
            ordered = low.head.subject.encode() < subject.encode() < high.head.subject.encode()
            proved = ordered and high.number == low.number + 1
        case _:
            proved = False
    if not proved:
        raise ProofError(f"this does not show that {subject} is missing from the map of heads")
    return None


def to_bytes(places: Sequence[Place]) -> bytes:
    """Return *places* as bytes: for each its number (8 bytes), the length of its leaf's bytes
    (2 bytes), these, and the hashes of its proof."""  # noqa: D205, D209  (one sentence)
    parts = []
    for place in places:
        body = place.head.to_bytes()
        parts += [_PLACE.pack(place.number, len(body)), body, *place.path]
    return b"".join(parts)


def from_bytes(content: bytes, *, subjects: int) -> list[Place]:
    """Read what `to_bytes` wrote of a map of so many *subjects*. Raises `ProofError`."""
    places, at = list[Place](), 0
    while at < len(content):
        if at + _PLACE.size > len(content):
            raise ProofError("the proof about the map of heads ends too early")
        number, length = _PLACE.unpack_from(content, at)
        if number >= subjects:
            raise ProofError(f"the map of heads has no leaf {number}")
        at += _PLACE.size
        head = Head.from_bytes(content[at : at + length])
        at += length
        end = at + HASH_BYTES * len(inclusion_spans(number, subjects))
        if end > len(content):
            raise ProofError("the proof about the map of heads ends too early")
        places.append(Place(number, head, tuple(split_hashes(content[at:end]))))
        at = end
    return places
