"""Checking a bundle of one subject's chain: where it starts, that it is whole, where it ends.

Proved, as of the size at which the log committed to the heads: every entry about the subject
is in the bundle, as itself or as its leaf hash, and there is no other. Not proved: that what
came later is all there is; that the log named everybody whom an entry is about; and that the
map of heads was computed rightly, which whoever holds the whole log can recompute.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from audit.archive import Damaged, Member, Reader
from audit.cosignature import parse_key
from audit.heads import Head, extended, from_bytes, verify
from audit.merkle import HASH_BYTES, ProofError, leaf_hash
from audit.note import Checkpoint, NoteError, Verifier, read
from audit.policy import Policy
from audit.proofs import consistency_spans, inclusion_spans, verify_consistency, verify_inclusion
from audit.statement import Statement
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
    concerns,
)
from audit.tiles import WIDTH, TileError, from_bundle, split_hashes

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """What was proved about the chain of a subject.

    Attributes:
        subject: Whose.
        size: The size of the log up to which nothing is missing.
        proved: How many entries about the subject there are up to that size.
        later: How many links came after it: in the log, but perhaps not all.
        shown: How many of all these are in the bundle as entries.
        left_out: How many are there as leaf hashes only.
        heads_at: The index of the entry that committed to the heads.
        heads_in: The checkpoint of the log that holds that entry.
        heads_key: Its key, as it is handed out, if that is another log; it came with the
            bundle, unless the caller gave it.
        heads_accepted: Whether the caller's policy names that log, and accepts its checkpoint.
    """

    subject: str
    size: int
    proved: int
    later: int
    shown: int
    left_out: int
    heads_at: int
    heads_in: Checkpoint
    heads_key: str | None
    heads_accepted: bool = False

    def words(self) -> Iterator[str]:
        """Say what is proved and what is not, a line each."""
        place = f"entry {self.heads_at:,} of {self.heads_in.origin}"
        if self.proved:
            yield f"proved about {self.subject}, as of size {self.size:,}:"
            yield "  start   the chain begins with the first entry here; none came before it"
            yield f"  middle  its {self.proved:,} entries follow one another; none is left out"
            yield f"  end     its head is in the map of heads that {place} committed"
        else:
            yield f"proved about {self.subject}, as of size {self.size:,}:"
            yield f"  no entry is about it: it is not in the map of heads that {place} committed"
        if self.left_out:
            yield f"  {self.left_out:,} entries are here by their hash and number alone"
        yield "not proved:"
        if self.later:
            yield f"  that the {self.later:,} entries after size {self.size:,} are all that came"
        else:
            yield f"  that nothing came after size {self.size:,}"
        yield "  that the map was computed rightly: a bundle of the whole log shows that"
        if self.heads_key is not None:
            yield f"  the map's own log was checked with the key {self.heads_key}"


class SubjectPart:
    """The part of a bundle that is about one subject, while it is being read."""

    def __init__(
        self,
        reader: Reader,
        statement: Statement,
        checkpoint: Checkpoint,
        key: Verifier,
        *,
        heads_key: Verifier | None = None,
        policy: Policy | None = None,
    ) -> None:
        self._reader: Final = reader
        self._policy: Final = policy
        self._statement: Final = statement
        self._checkpoint: Final = checkpoint
        self.chain: Final = _try(reader.take(CHAIN), Chain.from_bytes)
        self._key, self._holds = self._log_of_heads(key, heads_key)
        self._heads: Final = self._entry()
        self._end: Final = self._place()
        self.completeness: Completeness | None = None

    def entries(self) -> Iterator[list[tuple[int, bytes]]]:
        """Return index and bytes of the entries that are shown, each checked."""
        done, shown, last, n, head = 0, 0, -1, 0, b""
        while done < self.chain.links:
            width = min(WIDTH, self.chain.links - done)
            folder = chain_folder(done // WIDTH)
            packed = self._reader.take(f"{folder}/links")
            proofs = self._reader.take(f"{folder}/proofs")
            member = self._reader.take(f"{folder}/entries")
            links = _links(packed, width)
            self._in_the_tree(proofs, packed, links, last)
            last = links[-1][0]
            for index, leaf, _ in links:
                if index < self._heads.size:
                    n, head = n + 1, extended(head, leaf)
            bodies = self._shown(member, links)
            done, shown = done + width, shown + len(bodies)
            yield bodies
        self._finish((n, head), shown)

    def _finish(self, end: tuple[int, bytes], shown: int) -> None:
        expected = (0, b"") if self._end is None else (self._end.n, self._end.head)
        if end != expected:
            raise Damaged(
                self._reader.at,
                CHAIN,
                f"the chain of {self.chain.subject} has {end[0]:,} entries up to size "
                f"{self._heads.size:,} and does not lead to the head that was committed, "
                f"of {expected[0]:,}",
            )
        if shown != self._statement.entries:
            raise Damaged(self._reader.at, CHAIN, "has not as many entries as bundle.json says")
        self.completeness = Completeness(
            subject=self.chain.subject,
            size=self._heads.size,
            proved=end[0],
            later=self.chain.links - end[0],
            shown=shown,
            left_out=self.chain.links - shown,
            heads_at=self.chain.heads_at,
            heads_in=self._holds,
            heads_key=str(self._key) if self.chain.apart else None,
            heads_accepted=self._policy is not None
            and self._holds.origin in self._policy.origins(),
        )

    def _log_of_heads(
        self, key: Verifier, expected: Verifier | None
    ) -> tuple[Verifier, Checkpoint]:
        if not self.chain.apart:
            return key, self._checkpoint
        named = self._reader.take(HEADS_KEY)
        note = self._reader.take(HEADS_CHECKPOINT)

        def parse(content: bytes) -> Verifier:
            found = parse_key(content.decode().removesuffix("\n"))
            if content != f"{found}\n".encode():
                raise NoteError("not a key on a line of its own")
            if expected is not None and str(expected) != str(found):
                raise NoteError(f"this is the key {found}, and you expected {expected}")
            return found

        def signed(content: bytes) -> Checkpoint:
            text = content.decode()
            found = Checkpoint.from_text(read(text, own))
            # Without its quorum this log could show a fork to one reader, and in it any map.
            if self._policy is not None and found.origin in self._policy.origins():
                self._policy.accepts(text)
            return found

        own = _try(named, parse)
        checkpoint = _try(note, signed)
        if checkpoint.origin != own.name or checkpoint.origin == self._checkpoint.origin:
            raise Damaged(note.at, HEADS_CHECKPOINT, "of another log than it should be")
        return own, checkpoint

    def _entry(self) -> HeadsEntry:
        member, proof = self._reader.take(HEADS_ENTRY), self._reader.take(HEADS_PROOF)
        heads = _try(member, HeadsEntry.from_bytes)
        if heads.origin != self._checkpoint.origin:
            raise Damaged(member.at, HEADS_ENTRY, f"commits to the heads of {heads.origin}")
        index, holds = self.chain.heads_at, self._holds

        def included(content: bytes) -> None:
            path = _exactly(content, len(inclusion_spans(index, holds.size)))
            leaf = leaf_hash(member.content)
            verify_inclusion(leaf, index=index, size=holds.size, path=path, root=holds.root)

        def continues(content: bytes) -> None:
            verify_consistency(
                old=heads.size,
                new=self._checkpoint.size,
                old_root=heads.tree_root,
                new_root=self._checkpoint.root,
                path=_exactly(content, len(consistency_spans(heads.size, self._checkpoint.size))),
            )

        _try(proof, included)
        _try(self._reader.take(HEADS_CONSISTENCY), continues)
        return heads

    def _place(self) -> Head | None:
        committed = self._heads.committed

        def says(content: bytes) -> Head | None:
            places = from_bytes(content, subjects=committed.subjects)
            return verify(self.chain.subject, places, committed=committed)

        return _try(self._reader.take(HEADS_PLACE), says)

    def _in_the_tree(
        self, proofs: Member, packed: Member, links: list[tuple[int, bytes, bool]], last: int
    ) -> None:
        checkpoint, nodes = self._checkpoint, iter(_try(proofs, _hashes))
        for index, leaf, _ in links:
            if not last < index < checkpoint.size:
                raise Damaged(
                    packed.at, packed.name, f"entry {index} cannot come after entry {last}"
                )
            last = index
            path = [next(nodes, b"") for _ in inclusion_spans(index, checkpoint.size)]
            try:
                verify_inclusion(
                    leaf, index=index, size=checkpoint.size, path=path, root=checkpoint.root
                )
            except ProofError as error:
                raise Damaged(proofs.at, proofs.name, str(error)) from error
        if next(nodes, None) is not None:
            raise Damaged(proofs.at, proofs.name, "has more hashes than proofs need")

    def _shown(
        self, member: Member, links: list[tuple[int, bytes, bool]]
    ) -> list[tuple[int, bytes]]:
        expected = [(index, leaf) for index, leaf, shown in links if shown]
        bodies = _try(member, from_bundle)
        if len(bodies) != len(expected):
            what = f"has {len(bodies)} entries where {len(expected)} belong"
            raise Damaged(member.at, member.name, what)
        for (index, leaf), body in zip(expected, bodies, strict=True):
            if leaf_hash(body) != leaf:
                raise Damaged(member.at, member.name, f"entry {index} is not what was hashed")
            if not concerns(body, self.chain.subject):
                what = f"entry {index} is not about {self.chain.subject}"
                raise Damaged(member.at, member.name, what)
        return [(index, body) for (index, _), body in zip(expected, bodies, strict=True)]


def _links(member: Member, width: int) -> list[tuple[int, bytes, bool]]:
    links = []
    if len(member.content) == width * LINK.size:
        links = list(LINK.iter_unpack(member.content))
    if not links or b"".join([LINK.pack(*link) for link in links]) != member.content:
        raise Damaged(member.at, member.name, f"not the links of {width} entries")
    return links


def _hashes(content: bytes) -> list[bytes]:
    if len(content) % HASH_BYTES:
        raise ProofError("not hashes in a row")
    return split_hashes(content)


def _exactly(content: bytes, count: int) -> list[bytes]:
    if len(content) != count * HASH_BYTES:
        raise ProofError(f"a proof of {len(content)} bytes, and it needs {count} hashes")
    return split_hashes(content)


def _try(member: Member, parse: Callable[[bytes], T]) -> T:
    """Return what *parse* makes of a member. What it refuses is damage, at that place."""
    try:
        return parse(member.content)
    except (ProofError, NoteError, TileError, ValueError) as error:
        raise Damaged(member.at, member.name, str(error)) from error
