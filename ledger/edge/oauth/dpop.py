"""Proof of possession (DPoP, RFC 9449): a token that works only for who holds a key.

Each request carries a JWT, signed by the client's key, that names the request (`htm`, `htu`), the
access token it goes with (`ath`), and a nonce of ours, which is good for a few minutes: so nobody
can make proofs beforehand for later. Each proof works once, in all processes: its `jti` is kept
until the proof would be too old anyway.

The nonce is an HMAC of the time, which every process can check and none has to keep.
"""

import struct
from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from authlib.oauth2 import OAuth2Error
from flask import Request, current_app
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key
from joserfc.jws import JWSRegistry
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from ledger.core import clock, privacy
from ledger.edge.headers import add_header
from ledger.edge.oauth.models import UsedAssertion
from ledger.edge.operational import changing

HEADER: Final = "DPoP"
TYPE: Final = "dpop+jwt"
ALGORITHMS: Final = ("ES256", "ES384", "Ed25519", "EdDSA", "PS256", "RS256")
NONCE_EVERY: Final = timedelta(seconds=150)
"""How often the nonce changes; the one before is still accepted."""
_REGISTRY: Final = JWSRegistry(algorithms=list(ALGORITHMS))
_GOOD_FOR: Final = timedelta(seconds=60)
_JTI_LENGTH_MAX: Final = 256
_RSA_BITS_MIN: Final = 2048


class InvalidProof(OAuth2Error):  # type: ignore[misc]  # Authlib has no types.
    """The proof is none, or of another request, key or token."""

    error = "invalid_dpop_proof"


class NonceNeeded(InvalidProof):
    """The proof does not hold the nonce of these minutes; the answer does."""

    error = "use_dpop_nonce"


def is_sent(request: Request) -> bool:
    """Say whether a request carries a proof."""
    return HEADER in request.headers


def check(request: Request, *, access_token: str | None = None) -> str:
    """Return the thumbprint (RFC 7638) of the key that signed the request's proof; use it up.

    Raises:
        InvalidProof: it proves nothing; the sentence says why.
        NonceNeeded: it needs the nonce that the answer's ``DPoP-Nonce`` header says.
    """
    now_s = clock.now().timestamp()
    proof = request.headers.get(HEADER, "")
    try:
        key = _key(proof)
        claims = jwt.decode(proof, key, registry=_REGISTRY).claims
        _check(claims, request, access_token, now_s)
    except (AttributeError, JoseError, KeyError, TypeError, ValueError) as error:
        raise InvalidProof("the DPoP proof is malformed, or not signed by the key in it") from error
    fresh = nonces(now_s)
    if claims.get("nonce") != fresh[0]:
        add_header("DPoP-Nonce", fresh[0])
    sent = str(claims.get("nonce")).encode(errors="replace")
    if not any(compare_digest(sent, one.encode()) for one in fresh):
        raise NonceNeeded("put the nonce of the DPoP-Nonce header into a new proof")
    thumbprint: str = key.thumbprint()
    _use(thumbprint, claims["jti"])
    return thumbprint


def nonces(now_s: float) -> tuple[str, str]:
    """Return the nonce of now, and the one before it."""
    period = int(now_s // NONCE_EVERY.total_seconds())
    key = privacy.derived_key("dpop-nonce")
    now, before = (
        urlsafe_b64encode(digest(key, struct.pack(">q", one), "sha256")[:18]).decode()
        for one in (period, period - 1)
    )
    return now, before


def hash_of(access_token: str) -> str:
    """Return a proof's ``ath``: the token's SHA-256, in base64url without padding."""
    return urlsafe_b64encode(sha256(access_token.encode()).digest()).decode().rstrip("=")


def _key(proof: str) -> ECKey | OKPKey | RSAKey:
    """Return the public key that a proof carries, if it is one that we take."""
    header: dict[str, Any] = jws.extract_compact(proof.encode()).headers()
    if header.get("typ") != TYPE or header.get("alg") not in ALGORITHMS:
        raise InvalidProof("typ of the proof must be dpop+jwt, alg one of the published ones")
    key = import_key(header["jwk"])
    if not isinstance(key, ECKey | OKPKey | RSAKey) or key.is_private:
        raise InvalidProof("jwk of the proof must be the public half of an asymmetric key")
    if isinstance(key, RSAKey) and key.public_key.key_size < _RSA_BITS_MIN:
        raise InvalidProof("an RSA key needs 2048 bits or more")
    return key


def _check(
    claims: dict[str, Any], request: Request, access_token: str | None, now_s: float
) -> None:
    if claims["htm"] != request.method:
        raise InvalidProof("htm of the proof is another method")
    if not is_at(claims["htu"], current_app.extensions["settings"].public_url, request.path):
        raise InvalidProof("htu of the proof is another address")
    if not abs(now_s - claims["iat"]) <= _GOOD_FOR.total_seconds():  # So that NaN is refused.
        raise InvalidProof("iat of the proof is too long ago, or yet to come; compare clocks")
    if not isinstance(claims["jti"], str) or not 0 < len(claims["jti"]) <= _JTI_LENGTH_MAX:
        raise InvalidProof("jti of the proof must be a string that is used once")
    if access_token is not None and not compare_digest(
        str(claims.get("ath")).encode(errors="replace"), hash_of(access_token).encode()
    ):
        raise InvalidProof("ath of the proof is not the hash of the access token")


def is_at(htu: str, public_url: str, path: str) -> bool:
    """Compare as RFC 9449, 4.3 (9) says: without query and fragment, normalised."""
    asked, here = urlsplit(htu), urlsplit(public_url)
    ports = {"http": 80, "https": 443}
    same = (asked.scheme, asked.hostname, asked.port or ports.get(asked.scheme)) == (
        here.scheme,
        here.hostname,
        here.port or ports.get(here.scheme),
    )
    return same and not asked.username and (unquote(asked.path) or "/") == path


def _use(thumbprint: str, jti: str) -> None:
    used = sha256(f"dpop\n{thumbprint}\n{jti}".encode(errors="surrogatepass")).digest()
    try:
        with changing() as work:
            if work.get_bind().dialect.name == "postgresql":
                # A crash may lose the last of these; by then the proof is too old, or nearly.
                work.execute(select(func.set_config("synchronous_commit", "off", True)))  # noqa: FBT003  # LOCAL
            ends_at = clock.now() + 2 * _GOOD_FOR
            work.execute(insert(UsedAssertion).values(digest=used, ends_at=ends_at))
    except IntegrityError as error:
        raise InvalidProof("this proof was used before; sign a new one for each request") from error
