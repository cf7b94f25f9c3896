"""Checking a bundle: every byte of it, in one pass, with flat memory.

Nothing in a bundle is believed. Entries lead to the root that the log signed; texts to
the SHA-256 that names them; headers, names and order are those that a bundle has to
have. What is left, the exporter's statement, is said to be just that.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from struct import unpack
from typing import BinaryIO, Final, TypeAlias

from audit.archive import Damaged, Member, Reader
from audit.bundle import CHECKPOINT, KEY, README, STATEMENT, selection_folder
from audit.cosignature import parse_key
from audit.leaves import continues, entries_of, where_damaged
from audit.merkle import ProofError, leaf_hash, leaf_hashes
from audit.note import Checkpoint, NoteError, Verifier, read
from audit.policy import Policy
from audit.proofs import inclusion_spans, verify_inclusion
from audit.statement import Covers, NotAStatement, Statement
from audit.tiles import WIDTH, Tile, TileTree, split_hashes
from audit.verify_subject import Completeness, SubjectPart


@dataclass(frozen=True, slots=True)
class Verified:
    """What a bundle was found to hold; of one subject's chain, what is proved about it."""

    statement: Statement
    checkpoint: Checkpoint
    key: str
    completeness: Completeness | None = None
    cosigned_at_s: dict[str, int] = field(default_factory=dict)
    """When each witness of the policy signed the checkpoint, if there is a policy."""


Advance: TypeAlias = Callable[[int], None]
"""Is told how many bytes have been read so far."""


def verify(
    file: BinaryIO,
    verifier: Verifier | None = None,
    *,
    kept: Checkpoint | None = None,
    heads_key: Verifier | None = None,
    policy: Policy | None = None,
    advance: Advance = lambda _: None,
) -> Verified:
    """Check the bundle in *file*, to its last byte.

    Args:
        file: The zip file.
        verifier: The log's key. Without it the signature is checked with the key in the
            bundle, which says no more than that the bundle agrees with itself.
        kept: An older checkpoint, of which the log must be a continuation.
        heads_key: The key of the log that commits to the heads of chains, where that is
            another log than the bundle's. Without it the one in the bundle is used.
        policy: Which logs to believe, and whose cosignatures their checkpoints need.
        advance: Is told how far it is.

    Raises:
        Damaged: it is not what it has to be; the message says where.
        ProofError: it is, and yet it is another log than the one that was *kept*; or
            this bundle cannot tell.
    """
    bundle = _Bundle(Reader(file), verifier, kept, heads_key, policy)
    for _ in bundle.entries():
        advance(bundle.reader.at)
    bundle.finish()
    advance(bundle.reader.at)
    chained = None if bundle.chained is None else bundle.chained.completeness
    return Verified(
        bundle.statement, bundle.checkpoint, str(bundle.key), chained, bundle.cosigned_at_s
    )


def entries(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Return the index and the bytes of each entry, each checked before it is returned.

    That the bundle is whole is known at the end only. Raises as `verify` does.
    """
    bundle = _Bundle(Reader(file))
    for chunk in bundle.entries():
        yield from chunk
    bundle.finish()


class _Bundle:
    """A bundle that is being read: first the opening, then entries, then the rest."""

    def __init__(
        self,
        reader: Reader,
        verifier: Verifier | None = None,
        kept: Checkpoint | None = None,
        heads_key: Verifier | None = None,
        policy: Policy | None = None,
    ) -> None:
        self.reader: Final = reader
        self.cosigned_at_s: dict[str, int] = {}
        self._kept: Final = kept
        self._policy: Final = policy
        readme, statement = reader.take(README), reader.take(STATEMENT)
        try:
            self.statement: Final = Statement.from_bytes(statement.content)
        except NotAStatement as error:
            raise Damaged(statement.at, STATEMENT, str(error)) from error
        if sha256(readme.content).hexdigest() != self.statement.readme:
            raise Damaged(readme.at, README, "not the text that bundle.json names")
        self.key: Final = self._key(reader.take(KEY), verifier)
        self.checkpoint: Final = self._checkpoint(reader.take(CHECKPOINT))
        if kept is not None:
            self._comparable(kept)
        self.chained: Final = (
            SubjectPart(
                reader,
                self.statement,
                self.checkpoint,
                self.key,
                heads_key=heads_key,
                policy=policy,
            )
            if self.statement.covers is Covers.SUBJECT
            else None
        )

    def entries(self) -> Iterator[list[tuple[int, bytes]]]:
        """Return index and bytes of the entries, as many at a time as stand together."""
        if self.chained is not None:
            return self.chained.entries()
        return self._whole() if self.statement.covers is Covers.WHOLE else self._selection()

    def finish(self) -> None:
        """Check the texts, and that the file ends where it should."""
        for digest in self.statement.blobs:
            blob = self.reader.take(f"blobs/{digest}")
            if sha256(blob.content).hexdigest() != digest:
                raise Damaged(blob.at, blob.name, "not the text whose SHA-256 is its name")
        self.reader.finish()

    def _key(self, member: Member, verifier: Verifier | None) -> Verifier:
        try:
            text = member.content.decode()
            key = parse_key(text.removesuffix("\n"))
        except ValueError as error:
            raise Damaged(member.at, KEY, str(error)) from error
        if text != f"{key}\n":
            raise Damaged(member.at, KEY, "not a key on a line of its own")
        if verifier is not None and str(verifier) != str(key):
            raise Damaged(member.at, KEY, f"this is the key {key}, and you expected {verifier}")
        if self._policy is not None and key not in {log.verifier for log in self._policy.logs}:
            raise Damaged(member.at, KEY, f"this is the key {key}, of no log of the policy")
        return key

    def _checkpoint(self, member: Member) -> Checkpoint:
        try:
            checkpoint = Checkpoint.from_text(read(member.content.decode(), self.key))
            if self._policy is not None:
                self.cosigned_at_s = self._policy.accepts(member.content.decode()).cosigned_at_s
        except (NoteError, UnicodeDecodeError) as error:
            raise Damaged(member.at, CHECKPOINT, str(error)) from error
        if checkpoint.origin != self.key.name:
            raise Damaged(member.at, CHECKPOINT, "signed for another log than the key is of")
        stated = self.statement
        if (checkpoint.origin, checkpoint.size) != (stated.origin, stated.size):
            raise Damaged(member.at, CHECKPOINT, "of another log or size than bundle.json says")
        if stated.entries > stated.size or (
            stated.covers is Covers.WHOLE and stated.entries != stated.size
        ):
            raise Damaged(member.at, STATEMENT, "has not as many entries as it covers")
        return checkpoint

    def _comparable(self, kept: Checkpoint) -> None:
        if kept.origin != self.checkpoint.origin:
            raise ProofError(f"the checkpoint that was kept is of another log, {kept.origin}")
        if self.statement.covers is not Covers.WHOLE or kept.size > self.checkpoint.size:
            raise ProofError(
                f"only a bundle of the whole log, of {kept.size:,} entries or more, can tell "
                "whether it is the log of the checkpoint that was kept"
            )

    def _whole(self) -> Iterator[list[tuple[int, bytes]]]:
        tree, checkpoint = TileTree(), self.checkpoint
        while tree.size < checkpoint.size:
            first = tree.size
            number, width = first // WIDTH, min(WIDTH, checkpoint.size - first)
            hashes = self.reader.take(str(Tile(0, number, width)))
            expected = split_hashes(hashes.content)
            name = str(Tile(None, number, width))
            where = partial(where_damaged, expected=expected, first=first)
            member = self.reader.take(name, where)
            bodies = entries_of(member, width)
            leaves = leaf_hashes(bodies)
            if b"".join(leaves) != hashes.content:
                raise Damaged(member.at, name, where(member.content))
            tree.add(leaves)
            continues(tree, width, self._kept)
            yield list(enumerate(bodies, first))
        if tree.root() != checkpoint.root:
            raise Damaged(
                self.reader.at, CHECKPOINT, "the entries do not lead to the root that is signed"
            )
        for tile in tree.upper_tiles():
            upper = self.reader.take(str(tile))
            if upper.content != tree.hashes(tile):
                raise Damaged(upper.at, upper.name, "not the hashes of what is below")

    def _selection(self) -> Iterator[list[tuple[int, bytes]]]:
        checkpoint, done, last = self.checkpoint, 0, -1
        while done < self.statement.entries:
            width = min(WIDTH, self.statement.entries - done)
            folder = selection_folder(done // WIDTH)
            indexes = self.reader.take(f"{folder}/indexes")
            proofs = self.reader.take(f"{folder}/proofs")
            member = self.reader.take(f"{folder}/entries")
            if len(indexes.content) != width * 8:
                raise Damaged(indexes.at, indexes.name, f"not the numbers of {width} entries")
            nodes = iter(split_hashes(proofs.content))
            numbers = unpack(f">{width}Q", indexes.content)
            numbered = list(zip(numbers, entries_of(member, width), strict=True))
            for index, body in numbered:
                if not last < index < checkpoint.size:
                    raise Damaged(
                        indexes.at, indexes.name, f"entry {index} cannot come after entry {last}"
                    )
                last = index
                path = [next(nodes, b"") for _ in inclusion_spans(index, checkpoint.size)]
                try:
                    verify_inclusion(
                        leaf_hash(body),
                        index=index,
                        size=checkpoint.size,
                        path=path,
                        root=checkpoint.root,
                    )
                except ProofError as error:
                    raise Damaged(member.at, member.name, str(error)) from error
            if next(nodes, None) is not None:
                raise Damaged(proofs.at, proofs.name, "has more hashes than proofs need")
            done += width
            yield numbered
