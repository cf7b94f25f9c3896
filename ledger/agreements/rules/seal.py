"""Seals: an organisation's own key signs the digest that its signatory signed.

A seal is a compact JWS with a detached payload (RFC 7515, appendix F: ``header..signature``).
The payload is the SHA-256 of the text as 64 lower-case hex digits. Only algorithms of
asymmetric keys are taken, and a key says which one it is for: what a header claims never
chooses how it is checked.
"""

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, Final
from warnings import catch_warnings, simplefilter

from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey

from audit.canonical import encode
from ledger.core.errors import Invalid

ALGORITHMS: Final = ("ES256", "ES384", "PS256", "Ed25519")
SEAL_CHARS_MAX: Final = 2000
_RSA_BITS_MIN: Final = 2048
_BY_CURVE: Final = {"P-256": "ES256", "P-384": "ES384", "Ed25519": "Ed25519"}
_OLDER_NAMES: Final = {"Ed25519": ("EdDSA",)}  # RFC 9864 names the curve in full.
_PUBLIC: Final = {"EC": ("crv", "x", "y"), "OKP": ("crv", "x"), "RSA": ("n", "e")}


class BadKey(Invalid):
    """A key that seals nothing: unreadable, secret, too weak or of another kind."""

    slug = "sealing-key-not-acceptable"
    title = "This key cannot be used for sealing"


class BadSeal(Invalid):
    """A seal that is not over this digest, or by no key of the organisation."""

    slug = "seal-not-valid"
    title = "The seal does not fit the text"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A key that may check seals. *jwk* is canonical JSON with the public members alone."""

    algorithm: str
    jwk: str
    thumbprint: str


def read_key(given: dict[str, Any]) -> PublicKey:
    """Read the public key of an organisation from a JWK (RFC 7517).

    Raises:
        BadKey: it holds a secret, or is not P-256, P-384, Ed25519, or RSA of 2048 bits or more.
    """
    if secret := {"d", "p", "q", "dp", "dq", "qi", "oth", "k"} & given.keys():
        named = ", ".join(sorted(secret))
        raise BadKey(f"it holds secret members ({named}): make a new key, and send its public part")
    sort = given.get("kty")
    if sort not in _PUBLIC:
        raise BadKey("kty must be EC, OKP or RSA")
    public = {"kty": sort, **{name: given.get(name) for name in _PUBLIC[sort]}}
    algorithm = "PS256" if sort == "RSA" else _BY_CURVE.get(str(public.get("crv")))
    if algorithm is None or not all(isinstance(each, str) for each in public.values()):
        raise BadKey("use P-256, P-384, Ed25519, or RSA, with every public member as text")
    try:
        key = _import(public)
        if isinstance(key, RSAKey) and key.public_key.key_size < _RSA_BITS_MIN:
            raise BadKey(f"an RSA key has {_RSA_BITS_MIN} bits or more")
        thumbprint = key.thumbprint()
    except (JoseError, ValueError, TypeError) as error:
        raise BadKey("it cannot be read: compare it with RFC 7517") from error
    return PublicKey(algorithm=algorithm, jwk=encode(public).decode(), thumbprint=thumbprint)


def is_seal(seal: str, *, sha256: str, algorithm: str, jwk: str) -> bool:
    """Say whether *seal* is over the digest *sha256*, by the key *jwk*."""
    header, _, rest = seal.partition("..")
    if not rest or "." in header or "." in rest or len(seal) > SEAL_CHARS_MAX:
        return False
    payload = urlsafe_b64encode(sha256.encode()).rstrip(b"=").decode()
    try:
        with catch_warnings():
            simplefilter("ignore", SecurityWarning)  # Of the older name of Ed25519.
            jws.deserialize_compact(
                f"{header}.{payload}.{rest}",
                _import(json.loads(jwk)),
                algorithms=[algorithm, *_OLDER_NAMES.get(algorithm, ())],
            )
    except (JoseError, ValueError, TypeError):
        return False
    return True


def _import(public: dict[str, Any]) -> ECKey | OKPKey | RSAKey:
    kinds: dict[str, type[ECKey | OKPKey | RSAKey]] = {"EC": ECKey, "OKP": OKPKey, "RSA": RSAKey}
    return kinds[public["kty"]].import_key(public)
