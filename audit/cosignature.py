"""Cosignatures of witnesses: https://c2sp.org/tlog-cosignature, version 1 (type 0x04).

A witness that has seen a checkpoint, and that it does not contradict what the witness
saw before, signs it together with the time: "as of then, I know of no other history".
"""

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct
from typing import Final

from audit import mldsa
from audit.ed25519 import PUBLIC_KEY_BYTES, Ed25519Signer, Ed25519Verifier, key_id, signed_by
from audit.note import NoteError, Verifier, check_name

_COSIGNATURE: Final = b"\x04"
_TIMESTAMP: Final = Struct(">Q")
_TIMESTAMP_MAX_S: Final = (1 << 63) - 1


def _message(text: bytes, timestamp_s: int) -> bytes:
    return f"cosignature/v1\ntime {timestamp_s}\n".encode() + text


class CosignatureSigner:
    """An `audit.Signer` that cosigns: it puts the time before the signature.

    Raises:
        ValueError: *seed* is not 32 bytes, or *name* has a space or a plus sign.
    """

    def __init__(self, name: str, seed: bytes, *, now_s: Callable[[], int]) -> None:
        check_name(name)
        self._key: Final = Ed25519Signer(name, seed)
        self._now_s: Final = now_s
        self.name: Final = name
        self.key_id: Final = self.verifier().key_id

    def sign(self, text: bytes) -> bytes:
        timestamp_s = self._now_s()
        return _TIMESTAMP.pack(timestamp_s) + self._key.sign(_message(text, timestamp_s))

    def verifier(self) -> "CosignatureVerifier":
        """Return the other half, to publish."""
        return CosignatureVerifier(self._key.name, self._key.verifier().public_key)


@dataclass(frozen=True)
class CosignatureVerifier:
    """A witness's public key, spelled ``name+key id in hex+base64(0x04 || key)``."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, self.public_key, _COSIGNATURE)

    def __str__(self) -> str:
        encoded = b64encode(_COSIGNATURE + self.public_key).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    def verifies(self, text: bytes, signature: bytes) -> bool:
        """Say whether *signature* (a time, then 64 bytes) is this key's over *text*."""
        if len(signature) < _TIMESTAMP.size or self.signed_at_s(signature) > _TIMESTAMP_MAX_S:
            return False
        message = _message(text, self.signed_at_s(signature))
        return signed_by(self.public_key, message, signature[_TIMESTAMP.size :])

    @staticmethod
    def signed_at_s(signature: bytes) -> int:
        """Return the time in *signature*: seconds since 1970."""
        timestamp_s: int = _TIMESTAMP.unpack_from(signature)[0]
        return timestamp_s


def parse_key(text: str) -> Verifier:
    """Read a verifier key of any type known here. Raises `NoteError` if it is not one.

    That is 0x01 (`audit.ed25519`), 0x04 (this file) or 0x06 (`audit.mldsa`).
    """
    try:
        name, _, encoded = text.split("+", 2)
        kind_and_key = b64decode(encoded, validate=True)
    except ValueError as error:
        raise NoteError("not a verifier key: it is spelled name+key id+base64") from error
    if kind_and_key[:1] == mldsa.MLDSA44:
        return mldsa.MlDsaVerifier.parse(text)
    if kind_and_key[:1] != _COSIGNATURE:
        return Ed25519Verifier.parse(text)
    verifier = CosignatureVerifier(name, kind_and_key[1:])
    if str(verifier) != text or len(verifier.public_key) != PUBLIC_KEY_BYTES:
        raise NoteError("not a verifier key of a witness")
    return verifier
