"""Making a bundle: what somebody needs to check a log, or a part of it, alone.

The package docstring gives the format. Memory stays flat: at most 256 entries are held
at once, and 32 bytes for every 256 of the log. Each proof is checked before it is
written, so that a bundle that was made is one that verifies.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from struct import pack
from typing import Final, TypeVar

from audit.archive import Writer
from audit.merkle import leaf_hash, leaf_hashes
from audit.note import Checkpoint, Verifier, read
from audit.proofs import verify_inclusion
from audit.readme import readme
from audit.statement import Covers, Statement
from audit.tiles import WIDTH, Tile, TileTree, to_bundle

README: Final = "README.txt"
STATEMENT: Final = "bundle.json"
KEY: Final = "key"
CHECKPOINT: Final = "checkpoint"

T = TypeVar("T")


class WrongLog(ValueError):
    """The entries that were given do not lead to the checkpoint that was given."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What the exporter says about a bundle; see `audit.statement.Statement`."""

    made_at: str
    made_by: str
    recipient: str
    selection: dict[str, str]
    demonstration: bool


@dataclass(frozen=True, slots=True)
class Proved:
    """One entry of a selection, with its inclusion proof."""

    index: int
    body: bytes
    path: Sequence[bytes]


Blobs = Mapping[str, Callable[[], bytes]]
"""SHA-256 in hex, and how to get the text that it names."""


def whole(
    *, note: str, key: Verifier, stated: Stated, entries: Iterable[bytes], blobs: Blobs
) -> Iterator[bytes]:
    """Return the bytes of a bundle of all entries up to the checkpoint *note*, piece by piece.

    Raises:
        NoteError: *note* is not signed by *key*.
        WrongLog: the entries do not lead to that checkpoint.
    """
    archive, checkpoint = Writer(), Checkpoint.from_text(read(note, key))
    statement = state(checkpoint, Covers.WHOLE, checkpoint.size, blobs, stated)
    yield from opening(archive, statement, note, key)
    tree = TileTree()
    for chunk in in_chunks(islice(entries, checkpoint.size)):
        leaves = leaf_hashes(chunk)
        number = tree.size // WIDTH
        tree.add(leaves)
        yield archive.member(str(Tile(0, number, len(chunk))), b"".join(leaves))
        yield archive.member(str(Tile(None, number, len(chunk))), to_bundle(chunk))
    if tree.size != checkpoint.size or tree.root() != checkpoint.root:
        raise WrongLog(f"the entries do not lead to the checkpoint of size {checkpoint.size:,}")
    for tile in tree.upper_tiles():
        yield archive.member(str(tile), tree.hashes(tile))
    yield from closing(archive, blobs)


def selection(
    *, note: str, key: Verifier, stated: Stated, count: int, entries: Iterable[Proved], blobs: Blobs
) -> Iterator[bytes]:
    """Return the bytes of a bundle of *count* chosen entries, by rising index, piece by piece.

    Raises:
        NoteError: *note* is not signed by *key*.
        WrongLog: an entry is not in the tree of that checkpoint, or there are not *count*.
    """
    archive, checkpoint = Writer(), Checkpoint.from_text(read(note, key))
    statement = state(checkpoint, Covers.SELECTION, count, blobs, stated)
    yield from opening(archive, statement, note, key)
    done, last = 0, -1
    for chunk in in_chunks(entries):
        for one in chunk:
            if one.index <= last:
                raise WrongLog(f"entry {one.index} does not come after {last}")
            last = one.index
            verify_inclusion(
                leaf_hash(one.body),
                index=one.index,
                size=checkpoint.size,
                path=one.path,
                root=checkpoint.root,
            )
        folder = selection_folder(done // WIDTH)
        indexes = pack(f">{len(chunk)}Q", *(one.index for one in chunk))
        yield archive.member(f"{folder}/indexes", indexes)
        proofs = b"".join([node for one in chunk for node in one.path])
        yield archive.member(f"{folder}/proofs", proofs)
        yield archive.member(f"{folder}/entries", to_bundle([one.body for one in chunk]))
        done += len(chunk)
    if done != count:
        raise WrongLog(f"{done:,} entries came, and {count:,} were announced")
    yield from closing(archive, blobs)


def selection_folder(number: int) -> str:
    """Return where the *number*th 256 entries of a selection stand."""
    return f"selection/{number:06}"


def in_chunks(items: Iterable[T]) -> Iterator[list[T]]:
    """Return *items* in lists of 256; the last may be shorter."""
    source = iter(items)
    while chunk := list(islice(source, WIDTH)):
        yield chunk


def state(
    checkpoint: Checkpoint, covers: Covers, entries: int, blobs: Blobs, stated: Stated
) -> Statement:
    """Return the statement of a bundle, with the digest of its README."""
    statement = Statement(
        origin=checkpoint.origin,
        size=checkpoint.size,
        covers=covers,
        entries=entries,
        blobs=tuple(sorted(blobs)),
        made_at=stated.made_at,
        made_by=stated.made_by,
        recipient=stated.recipient,
        selection=stated.selection,
        demonstration=stated.demonstration,
        readme="",
    )
    return statement.naming(readme(statement))


def opening(archive: Writer, statement: Statement, note: str, key: Verifier) -> Iterator[bytes]:
    """Return the members with which every bundle begins."""
    yield archive.member(README, readme(statement).encode())
    yield archive.member(STATEMENT, statement.to_bytes())
    yield archive.member(KEY, f"{key}\n".encode())
    yield archive.member(CHECKPOINT, note.encode())


def closing(archive: Writer, blobs: Blobs) -> Iterator[bytes]:
    """Return the texts, and the end. Raises `WrongLog` for one that is another."""
    for digest in sorted(blobs):
        content = blobs[digest]()
        if sha256(content).hexdigest() != digest:
            raise WrongLog(f"the text {digest} is not what its SHA-256 says")
        yield archive.member(f"blobs/{digest}", content)
    yield archive.end()
