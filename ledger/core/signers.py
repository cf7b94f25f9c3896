"""Whose key signs which log: the ledger's own, and one derived from it for the access log."""

from hashlib import sha256
from hmac import digest as hmac_digest

from audit.ed25519 import Ed25519Signer


def signers(origin: str, seed: bytes) -> dict[str, Ed25519Signer]:
    """Return a signer for each log.

    The ledger log is called *origin* and signs with *seed*. The access log is called
    ``origin/access``; its seed is HMAC-SHA-256(seed, name), so that an operator keeps one.
    """
    access = f"{origin}/access"
    return {
        "ledger": Ed25519Signer(origin, seed),
        "access": Ed25519Signer(access, hmac_digest(seed, access.encode(), sha256)),
    }
