"""ML-DSA-44 signatures of checkpoints: https://c2sp.org/tlog-cosignature, type 0x06.

FIPS 204 signatures hold against quantum computers, and this message, unlike the one of
type 0x04, names its signer. A log may sign so beside Ed25519, and a witness may cosign so.

What is signed is not the note's text but a structure made of it: ``subtree/v1``, a newline
and a zero byte; the signer's name after its length; the time; the log's origin after its
length; the first leaf (always 0 here); the size; the root. Numbers have eight bytes, the
highest first, lengths one. The signature is the time, then the 2,420 bytes of ML-DSA.

Needs ``cryptography`` 50 or newer, and imports it only when something is signed or checked.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct
from typing import Final

from audit.ed25519 import key_id
from audit.note import Checkpoint, NoteError, check_name

MLDSA44: Final = b"\x06"
"""The signature type assigned by c2sp.org/signed-note."""

PUBLIC_KEY_BYTES: Final = 1312
_LABEL: Final = b"subtree/v1\n\0"
_NUMBER: Final = Struct(">Q")
_TIMESTAMP_MAX_S: Final = (1 << 63) - 1
_NAME_BYTES_MAX: Final = 255


def _message(name: str, timestamp_s: int, text: bytes) -> bytes:
    """Return the ``cosigned_message`` of a checkpoint's *text*. Raises `NoteError`."""
    checkpoint = Checkpoint.from_text(text.decode())
    return b"".join(
        [
            _LABEL,
            _short(name),
            _NUMBER.pack(timestamp_s),
            _short(checkpoint.origin),
            _NUMBER.pack(0),
            _NUMBER.pack(checkpoint.size),
            checkpoint.root,
        ]
    )


def _short(name: str) -> bytes:
    encoded = name.encode()
    if not 0 < len(encoded) <= _NAME_BYTES_MAX:
        raise NoteError(f"a name that ML-DSA signs has 1 to {_NAME_BYTES_MAX} bytes")
    return bytes([len(encoded)]) + encoded


class MlDsaSigner:
    """An `audit.Signer` of checkpoints, whose private key is in this process's memory.

    Raises:
        ValueError: *seed* is not 32 bytes, or *name* has a space or a plus sign.
    """

    def __init__(self, name: str, seed: bytes, *, now_s: Callable[[], int]) -> None:
        from cryptography.hazmat.primitives.asymmetric.mldsa import (  # noqa: PLC0415
            MLDSA44PrivateKey,
        )

        check_name(name)
        self.name: Final = name
        self._now_s: Final = now_s
        self._key: Final = MLDSA44PrivateKey.from_seed_bytes(seed)
        self._public_key: Final = self._key.public_key().public_bytes_raw()
        self.key_id: Final = self.verifier().key_id

    def sign(self, text: bytes) -> bytes:
        """Return the time and the signature. Raises `NoteError`: *text* is no checkpoint."""
        timestamp_s = self._now_s()
        return _NUMBER.pack(timestamp_s) + self._key.sign(_message(self.name, timestamp_s, text))

    def verifier(self) -> "MlDsaVerifier":
        """Return the other half, to publish: ``str(verifier)`` is the text to give out."""
        return MlDsaVerifier(self.name, self._public_key)


@dataclass(frozen=True)
class MlDsaVerifier:
    """A public key with a name, spelled ``name+key id in hex+base64(0x06 || key)``."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, self.public_key, MLDSA44)

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{b64encode(MLDSA44 + self.public_key).decode()}"

    @classmethod
    def parse(cls, text: str) -> "MlDsaVerifier":
        """Read a key as `__str__` spells it. Raises `NoteError` if it is not one."""
        try:
            name, _, encoded = text.split("+", 2)
            verifier = cls(name, b64decode(encoded, validate=True)[1:])
        except ValueError as error:
            raise NoteError("not a verifier key") from error
        if str(verifier) != text or len(verifier.public_key) != PUBLIC_KEY_BYTES:
            raise NoteError("not a verifier key of type ML-DSA-44")
        return verifier

    def verifies(self, text: bytes, signature: bytes) -> bool:
        """Say whether *signature* (a time, then 2,420 bytes) is this key's over *text*."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric.mldsa import (  # noqa: PLC0415
            MLDSA44PublicKey,
        )

        if len(signature) < _NUMBER.size or self.signed_at_s(signature) > _TIMESTAMP_MAX_S:
            return False
        try:
            message = _message(self.name, self.signed_at_s(signature), text)
            key = MLDSA44PublicKey.from_public_bytes(self.public_key)
            key.verify(signature[_NUMBER.size :], message)
        except (InvalidSignature, ValueError):  # ValueError: no checkpoint, or not a key.
            return False
        return True

    @staticmethod
    def signed_at_s(signature: bytes) -> int:
        """Return the time in *signature*: seconds since 1970."""
        timestamp_s: int = _NUMBER.unpack_from(signature)[0]
        return timestamp_s
