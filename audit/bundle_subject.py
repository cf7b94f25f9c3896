"""Making a bundle of one subject's chain: complete, and shown to be.

Like `audit.bundle`, in one pass and with flat memory; what is written was checked.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from audit.archive import Writer
from audit.bundle import Blobs, Stated, WrongLog, closing, in_chunks, opening, state
from audit.heads import Place, extended, to_bytes, verify
from audit.merkle import leaf_hash
from audit.note import Checkpoint, Verifier, read
from audit.proofs import verify_consistency, verify_inclusion
from audit.statement import Covers
from audit.subject import (
    CHAIN,
    HEADS_CHECKPOINT,
    HEADS_CONSISTENCY,
    HEADS_ENTRY,
    HEADS_KEY,
    HEADS_PLACE,
    HEADS_PROOF,
    LINK,
    Chain,
    HeadsEntry,
    chain_folder,
)
from audit.tiles import to_bundle


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the chain, with its inclusion proof; *body* is None if it is left out."""

    index: int
    leaf: bytes
    body: bytes | None
    path: Sequence[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What shows where the chain ends.

    Attributes:
        index, body, path: The entry that committed to the heads, and its inclusion proof.
        consistency: From the size of which the heads are, to the checkpoint of the chain's log.
        places: What the map says of the subject.
        note, key: Of the log that holds that entry, if it is another than the chain's.
    """

    index: int
    body: bytes
    path: Sequence[bytes]
    consistency: Sequence[bytes]
    places: Sequence[Place]
    note: str | None = None
    key: Verifier | None = None


def subject(
    *,
    subject: str,
    note: str,
    key: Verifier,
    stated: Stated,
    counts: tuple[int, int],
    ended: Ended,
    links: Iterable[Link],
    blobs: Blobs,
) -> Iterator[bytes]:
    """Return the bytes of a bundle of the chain of *subject*, piece by piece.

    Args:
        subject: Whose chain.
        note: A checkpoint of the log of the chain, signed by *key*.
        key: The key of that log.
        stated: What the exporter says of it.
        counts: How many links there are up to the checkpoint, and how many show their entry.
        ended: What shows where the chain ends.
        links: The links by rising index.
        blobs: The texts that entries name.

    Raises:
        NoteError: *note* is not signed by *key*.
        ProofError: what should show the end does not.
        WrongLog: the links do not lead to the head that was committed.
    """
    archive, checkpoint = Writer(), Checkpoint.from_text(read(note, key))
    statement = state(checkpoint, Covers.SUBJECT, counts[1], blobs, stated)
    apart = ended.note is not None
    chain = Chain(subject=subject, links=counts[0], heads_at=ended.index, apart=apart)
    heads = _check_end(subject, ended, checkpoint)
    yield from opening(archive, statement, note, key)
    yield archive.member(CHAIN, chain.to_bytes())
    if ended.note is not None:
        yield archive.member(HEADS_KEY, f"{ended.key}\n".encode())
        yield archive.member(HEADS_CHECKPOINT, ended.note.encode())
    yield archive.member(HEADS_ENTRY, ended.body)
    yield archive.member(HEADS_PROOF, b"".join(ended.path))
    yield archive.member(HEADS_CONSISTENCY, b"".join(ended.consistency))
    yield archive.member(HEADS_PLACE, to_bytes(ended.places))
    done, shown, last, n, head = 0, 0, -1, 0, b""
    for number, chunk in enumerate(in_chunks(links)):
        for link in chunk:
            if link.index <= last:
                raise WrongLog(f"entry {link.index} does not come after {last}")
            last = link.index
            if link.body is not None and leaf_hash(link.body) != link.leaf:
                raise WrongLog(f"entry {link.index} is not what was hashed")
            verify_inclusion(
                link.leaf,
                index=link.index,
                size=checkpoint.size,
                path=link.path,
                root=checkpoint.root,
            )
            if link.index < heads.size:
                n, head = n + 1, extended(head, link.leaf)
        bodies = [link.body for link in chunk if link.body is not None]
        packed = [LINK.pack(link.index, link.leaf, link.body is not None) for link in chunk]
        folder = chain_folder(number)
        yield archive.member(f"{folder}/links", b"".join(packed))
        yield archive.member(f"{folder}/proofs", b"".join([h for one in chunk for h in one.path]))
        yield archive.member(f"{folder}/entries", to_bundle(bodies))
        done, shown = done + len(chunk), shown + len(bodies)
    if (done, shown) != counts:
        raise WrongLog(f"{done:,} links came, {shown:,} with their entries, and not {counts}")
    end = verify(subject, ended.places, committed=heads.committed)
    if (n, head) != ((0, b"") if end is None else (end.n, end.head)):
        raise WrongLog(f"the chain of {subject} does not lead to the head that was committed")
    yield from closing(archive, blobs)


def _check_end(subject: str, ended: Ended, checkpoint: Checkpoint) -> HeadsEntry:
    """Check everything about the end but the chain itself, and return what was committed."""
    holds = checkpoint
    if ended.note is not None and ended.key is not None:
        holds = Checkpoint.from_text(read(ended.note, ended.key))
    heads = HeadsEntry.from_bytes(ended.body)
    if heads.origin != checkpoint.origin:
        raise WrongLog(f"these are the heads of {heads.origin}, and not of {checkpoint.origin}")
    verify_inclusion(
        leaf_hash(ended.body),
        index=ended.index,
        size=holds.size,
        path=ended.path,
        root=holds.root,
    )
    verify_consistency(
        old=heads.size,
        new=checkpoint.size,
        old_root=heads.tree_root,
        new_root=checkpoint.root,
        path=ended.consistency,
    )
    verify(subject, ended.places, committed=heads.committed)
    return heads
