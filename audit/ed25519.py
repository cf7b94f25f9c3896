"""Ed25519 keys for notes: the only file here that needs ``cryptography``.

The import is inside the functions, so that hashes and proofs can be checked with
nothing but Python. Keys are spelled as https://c2sp.org/signed-note says.
"""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from audit.note import KEY_ID_BYTES, NoteError, check_name

_ED25519: Final = b"\x01"  # The signature type assigned by c2sp.org/signed-note.
PUBLIC_KEY_BYTES: Final = 32


def key_id(name: str, public_key: bytes, kind: bytes = _ED25519) -> bytes:
    """Return the first 4 bytes of SHA-256(name || 0x0A || type || public key)."""
    return sha256(name.encode() + b"\n" + kind + public_key).digest()[:KEY_ID_BYTES]


class Ed25519Signer:
    """An `audit.Signer` whose private key is in this process's memory.

    Raises:
        ValueError: *seed* is not 32 bytes, or *name* has a space or a plus sign.
    """

    def __init__(self, name: str, seed: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
            Ed25519PrivateKey,
        )

        check_name(name)
        self.name: Final = name
        self._key: Final = Ed25519PrivateKey.from_private_bytes(seed)
        self._public_key: Final = self._key.public_key().public_bytes_raw()
        self.key_id: Final = key_id(name, self._public_key)

    def sign(self, text: bytes) -> bytes:
        return self._key.sign(text)

    def verifier(self) -> "Ed25519Verifier":
        """Return the other half, to publish: ``str(verifier)`` is the text to give out."""
        return Ed25519Verifier(self.name, self._public_key)


@dataclass(frozen=True)
class Ed25519Verifier:
    """A public key with a name, spelled ``name+key id in hex+base64(0x01 || key)``."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, self.public_key)

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{b64encode(_ED25519 + self.public_key).decode()}"

    @classmethod
    def parse(cls, text: str) -> "Ed25519Verifier":
        """Read a key as `__str__` spells it. Raises `NoteError` if it is not one."""
        try:
            name, _, encoded = text.split("+", 2)
            verifier = cls(name, b64decode(encoded, validate=True)[1:])
        except ValueError as error:
            raise NoteError("not a verifier key") from error
        if str(verifier) != text or len(verifier.public_key) != PUBLIC_KEY_BYTES:
            raise NoteError("not a verifier key of type Ed25519")
        return verifier

    def verifies(self, text: bytes, signature: bytes) -> bool:
        """Say whether *signature* (64 bytes) is this key's over *text*."""
        return signed_by(self.public_key, text, signature)


def signed_by(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether *signature* is that of *public_key* over *message*."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PublicKey,
    )

    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):  # ValueError: the bytes are no point of the curve.
        return False
    return True
