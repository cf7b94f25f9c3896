"""The access token that came with a request, and the right to have sent it.

A token is a bearer's, or bound to a key (RFC 9449). A bound one is refused as a bearer's, a
bearer's is refused with a proof, and one in the address is refused always: addresses are logged.
"""

from typing import Final

from flask import request

from ledger.edge.oauth import dpop, tokens
from ledger.edge.oauth.tokens import AccessToken, InvalidToken

CHALLENGE: Final = f'DPoP algs="{" ".join(dpop.ALGORITHMS)}"'
_SCHEMES: Final = ("bearer", "dpop")


class ProofRefused(InvalidToken):
    """The token is bound to a key, and the request does not prove that its sender holds it."""

    def __init__(self, detail: str, error: str = "invalid_token") -> None:
        super().__init__(detail)
        self.challenge = f'{CHALLENGE}, error="{error}", error_description="{detail}"'


def is_sent() -> bool:
    """Say whether the request carries a token, or should have carried it elsewhere."""
    scheme, _, _ = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() in _SCHEMES or b"access_token=" in request.query_string


def read(issuer: str) -> AccessToken:
    """Return what the request's access token says.

    Raises:
        InvalidToken: it has none, or none that is good here and now.
        ProofRefused: it is bound to a key, and the proof is not of that key and this request.
    """
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    scheme, text = scheme.lower(), text.strip()
    if scheme not in _SCHEMES or b"access_token=" in request.query_string:
        raise InvalidToken("send the access token in the Authorization header and nowhere else")
    found = tokens.read(text, issuer=issuer)
    if scheme == "bearer":
        if found.jkt is not None:
            raise ProofRefused("the token is bound to a key; send it as DPoP, with a proof")
        return found
    if found.jkt is None:
        raise ProofRefused("the token is bound to no key; send it as Bearer")
    try:
        thumbprint = dpop.check(request, access_token=text)
    except dpop.InvalidProof as error:
        raise ProofRefused(str(error.description), str(error.error)) from error
    if thumbprint != found.jkt:
        raise ProofRefused("the proof is of another key than the token", "invalid_dpop_proof")
    return found


def in_its_scheme(challenge: str) -> str:
    """Return a challenge in the scheme of the token that was sent (RFC 9449, 7.1)."""
    scheme, _, _ = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "dpop" or not challenge.startswith("Bearer "):
        return challenge
    _, _, rest = challenge.partition(", ")
    return ", ".join(filter(None, (CHALLENGE, rest)))
