"""Receipts: one entry is in the log, and who holds this can show it for ever.

To the letter of https://c2sp.org/tlog-proof: the index, an inclusion proof, and the
signed checkpoint that it leads to. The entry's own bytes go beside the receipt.
"""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Final

from audit.merkle import HASH_BYTES, ProofError, leaf_hash
from audit.note import Checkpoint, NoteError, Verifier, read
from audit.policy import Accepted, Policy
from audit.proofs import verify_inclusion

_HEADER: Final = "c2sp.org/tlog-proof@v1"
_PATH_MAX: Final = 63


@dataclass(frozen=True, slots=True)
class Receipt:
    """That the entry *index* is in the tree of *checkpoint*.

    Attributes:
        checkpoint: The signed note, verbatim.
        extra: Bytes that the log wanted to go with the proof; not signed.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    def to_text(self) -> str:
        """Return the receipt as it is handed out."""
        extra = [] if self.extra is None else [f"extra {b64encode(self.extra).decode()}"]
        hashes = [b64encode(node).decode() for node in self.path]
        lines = [_HEADER, *extra, f"index {self.index}", *hashes, "", self.checkpoint]
        return "\n".join(lines)

    @classmethod
    def from_text(cls, text: str) -> "Receipt":
        """Read what `to_text` wrote. Raises `ProofError` unless it is to the letter."""
        head, blank_line, checkpoint = text.partition("\n\n")
        first, *lines = head.split("\n")
        try:
            extra = None
            if lines and lines[0].startswith("extra "):
                extra = b64decode(lines.pop(0).removeprefix("extra "), validate=True)
            index = int(lines.pop(0).removeprefix("index "))
            path = tuple(b64decode(line, validate=True) for line in lines)
        except (IndexError, ValueError) as error:
            raise ProofError(f"not a receipt: {error}") from error
        receipt = cls(index, path, checkpoint, extra)
        if first != _HEADER or not blank_line or receipt.to_text() != text:
            raise ProofError(f"not a receipt: it does not read as {_HEADER} says")
        if len(path) > _PATH_MAX or any(len(node) != HASH_BYTES for node in path):
            raise ProofError("not a receipt: its proof is not one of hashes")
        return receipt

    def verify(self, entry: bytes, verifier: Verifier) -> Checkpoint:
        """Check that *entry* is in the log whose key is *verifier*; return as of when.

        Raises:
            NoteError: the checkpoint is not signed by that key, or is another log's.
            ProofError: the entry is not what the receipt was given for.
        """
        checkpoint = Checkpoint.from_text(read(self.checkpoint, verifier))
        if checkpoint.origin != verifier.name:
            raise NoteError(f"signed by {verifier.name}, for the log {checkpoint.origin}")
        self._leads_to(checkpoint, entry)
        return checkpoint

    def verify_by(self, policy: Policy, entry: bytes) -> Accepted:
        """Check that *entry* is in a log that *policy* accepts; return as of when, and by whom.

        Raises as `verify` does; `NoteError` too if a quorum of cosignatures is missing.
        """
        accepted = policy.accepts(self.checkpoint)
        self._leads_to(accepted.checkpoint, entry)
        return accepted

    def _leads_to(self, checkpoint: Checkpoint, entry: bytes) -> None:
        verify_inclusion(
            leaf_hash(entry),
            index=self.index,
            size=checkpoint.size,
            path=self.path,
            root=checkpoint.root,
        )
