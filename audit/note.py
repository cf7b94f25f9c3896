"""Signed notes and checkpoints, to the letter of https://c2sp.org/signed-note (v1).

A note is text, a blank line, and lines ``— <name> <base64(key id || signature)>``.
The signature covers the text with its last newline and without the blank line.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from audit.merkle import HASH_BYTES

KEY_ID_BYTES: Final = 4
_SIZE_MAX: Final = (1 << 64) - 1
_SIGNATURES_MAX: Final = 100  # A reader must take 16; a limit keeps hostile notes cheap.


class NoteError(ValueError):
    """Malformed, or not signed by the expected key. Do not use the text."""


class NotSigned(NoteError):
    """Well formed, and not signed by any key that is known, or signed wrongly by one."""


class Signer(Protocol):
    """Whoever can sign for the log: a key in memory, or one in a hardware module.

    Attributes:
        name: The key's name, without spaces or plus signs; the log's origin.
        key_id: First 4 bytes of SHA-256(name || 0x0A || type || public key).
    """

    @property
    def name(self) -> str: ...
    @property
    def key_id(self) -> bytes: ...
    def sign(self, text: bytes) -> bytes: ...


class Verifier(Protocol):
    """Whoever can check what the `Signer` of the same name and key id signed."""

    @property
    def name(self) -> str: ...
    @property
    def key_id(self) -> bytes: ...
    def verifies(self, text: bytes, signature: bytes) -> bool: ...


class Cosigner(Verifier, Protocol):
    """A `Verifier` whose signatures begin with the time: eight bytes, seconds since 1970."""

    def signed_at_s(self, signature: bytes) -> int: ...


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log promises: at *size* entries its root hash is *root*."""

    origin: str
    size: int
    root: bytes

    def to_text(self) -> str:
        """Return the text that is signed; see https://c2sp.org/tlog-checkpoint."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @classmethod
    def from_text(cls, text: str) -> "Checkpoint":
        """Read the text of a checkpoint. Raises `NoteError` unless it is to the letter."""
        try:
            origin, size, root = text.split("\n")[:3]
            checkpoint = cls(origin, int(size), b64decode(root, validate=True))
        except ValueError as error:
            raise NoteError(f"not a checkpoint: {error}") from error
        if len(checkpoint.root) != HASH_BYTES or checkpoint.to_text() != text or not origin:
            raise NoteError("not a checkpoint in its only spelling")
        if not 0 <= checkpoint.size <= _SIZE_MAX:
            raise NoteError(f"not a checkpoint: {size} is no size of a log")
        return checkpoint


def sign(text: str, *signers: Signer) -> str:
    """Return *text* as a note signed by *signers*. Raises `NoteError` if it cannot be one."""
    _check_text(text)
    return f"{text}\n" + "".join(signature_line(text, signer) for signer in signers)


def signature_line(text: str, signer: Signer) -> str:
    """Return the line that adds the signature of *signer* to a note of this *text*."""
    return spelled(signer, signer.sign(text.encode()))


def spelled(signer: Signer | Verifier, signature: bytes) -> str:
    """Return the line of a note that carries *signature*, by the key of *signer*."""
    return f"— {signer.name} {b64encode(signer.key_id + signature).decode()}\n"


def check_name(name: str) -> None:
    """Raise `ValueError` unless *name* can name a key: no spaces, no plus signs."""
    if not name or "+" in name or any(map(str.isspace, name)):
        raise ValueError(f"{name!r} cannot name a key")


def read(note: str, verifier: Verifier) -> str:
    """Return the text of *note*, which *verifier*'s key has signed.

    Raises:
        NoteError: malformed, not signed by that key, or signed wrongly.
    """
    return read_any(note, [verifier])[0]


def read_any(note: str, verifiers: Iterable[Verifier]) -> tuple[str, list[Verifier]]:
    """Return the text of *note*, and those of *verifiers* whose keys have signed it.

    Raises as `read_signed` does.
    """
    text, found = read_signed(note, verifiers)
    return text, [*dict.fromkeys(verifier for verifier, _ in found)]


def read_signed(
    note: str, verifiers: Iterable[Verifier]
) -> tuple[str, list[tuple[Verifier, bytes]]]:
    """Return the text of *note*, and each signature by one of *verifiers* with that verifier.

    Signatures of other keys are ignored, as witnesses may add theirs.

    Raises:
        NoteError: malformed.
        NotSigned: signed by none of these keys, or signed wrongly by one.
    """
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    text, blank_line, lines = note.rpartition("\n\n")
    text += "\n"
    _check_text(text)
    signatures = lines.removesuffix("\n").split("\n")
    if not blank_line or not lines.endswith("\n") or len(signatures) > _SIGNATURES_MAX:
        raise NoteError("malformed note")
    found: list[tuple[Verifier, bytes]] = []
    for line in signatures:
        try:
            dash, name, encoded = line.split(" ")
            signature = b64decode(encoded, validate=True)
        except ValueError as error:
            raise NoteError("malformed signature line") from error
        if dash != "—" or not name or "+" in name or len(signature) <= KEY_ID_BYTES:
            raise NoteError("malformed signature line")
        key_id, signature = signature[:KEY_ID_BYTES], signature[KEY_ID_BYTES:]
        if verifier := known.get((name, key_id)):
            # Base64 leaves bits over at its end. A line that we vouch for has one spelling.
            exact = b64encode(key_id + signature).decode() == encoded
            if not exact or not verifier.verifies(text.encode(), signature):
                raise NotSigned(f"the signature of {name} is wrong")
            found.append((verifier, signature))
    if not found:
        raise NotSigned(f"not signed by {' or '.join(name for name, _ in known)}")
    return text, found


def _check_text(text: str) -> None:
    if not text.endswith("\n") or any(c < " " and c != "\n" for c in text):
        raise NoteError("a note is lines of text without control characters")
