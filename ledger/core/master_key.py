"""The master key: what wraps every other secret, behind one seam.

`LocalKey` holds it in this process. A key that never leaves a key management service fits the
same four methods: it wraps, unwraps and derives there, and this module is all that would know.
"""

from hashlib import sha256
from hmac import digest as hmac_digest
from secrets import token_bytes
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES: Final = 12  # NIST SP 800-38D section 8.2.2: 96 random bits.
_FINGERPRINT_BYTES: Final = 8


class Tampered(Exception):
    """A private payload, or the key to it, is not what was stored."""


class MasterKey(Protocol):
    """What wraps subject keys and derives the service's own keys."""

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that name the key and tell nothing of it."""

    def wrap(self, plain: bytes, *, about: bytes) -> bytes:
        """Return *plain* encrypted, bound to *about*: where it will be kept."""

    def unwrap(self, wrapped: bytes, *, about: bytes) -> bytes:
        """Return what `wrap` was given. Raises `Tampered` unless it opens."""

    def derive(self, label: str) -> bytes:
        """Return 32 bytes that only this key gives for *label*."""


class LocalKey:
    """A master key of 32 bytes, held in memory: AES-256-GCM and HMAC-SHA-256.

    Raises:
        ValueError: it has another length.
    """

    def __init__(self, key: bytes) -> None:
        AESGCM(key)
        self._key = key

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that name the key and tell nothing of it."""
        return self.derive("fingerprint")[:_FINGERPRINT_BYTES].hex()

    def wrap(self, plain: bytes, *, about: bytes) -> bytes:
        """Return *plain* encrypted, bound to *about*."""
        return encrypt(self._key, plain, about=about)

    def unwrap(self, wrapped: bytes, *, about: bytes) -> bytes:
        """Return what `wrap` was given. Raises `Tampered` unless it opens."""
        return decrypt(self._key, wrapped, about=about)

    def derive(self, label: str) -> bytes:
        """Return 32 bytes that only this key gives for *label*."""
        return hmac_digest(self._key, label.encode(), sha256)


def encrypt(key: bytes, plain: bytes, *, about: bytes) -> bytes:
    """Return nonce and ciphertext (AES-256-GCM), bound to *about*: where it will be kept."""
    nonce = token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, about)


def decrypt(key: bytes, sealed: bytes, *, about: bytes) -> bytes:
    """Return what `encrypt` was given. Raises `Tampered` unless it opens."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about)
    except InvalidTag as error:
        raise Tampered("an encrypted row does not open: changed, or another master key") from error
