"""Clients that authenticate with a key of theirs: private_key_jwt (RFC 7523), each JWT once.

Authlib has this too; ours bounds how long an assertion is good for, reads the service's
clock, and answers every malformed one the same.
"""

from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

import orjson
from authlib.oauth2.rfc6749 import InvalidClientError
from flask import current_app
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from sqlalchemy.exc import IntegrityError

from ledger.core import clock
from ledger.edge.oauth import clients
from ledger.edge.oauth.client_rules import FAPI
from ledger.edge.oauth.clients import RegisteredClient
from ledger.edge.oauth.models import UsedAssertion
from ledger.edge.operational import changing

METHOD: Final = "private_key_jwt"
TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS: Final = ("ES256", "ES384", "Ed25519", "EdDSA", "PS256", "RS256")
FAPI_ALGORITHMS: Final = ("ES256", "Ed25519", "EdDSA", "PS256")
_REGISTRY: Final = JWSRegistry(algorithms=list(ALGORITHMS))
_FAPI_REGISTRY: Final = JWSRegistry(algorithms=list(FAPI_ALGORITHMS))
_GOOD_FOR: Final = timedelta(minutes=5)
_CLOCKS_DIFFER: Final = timedelta(seconds=30)
_JTI_LENGTH_MAX: Final = 256


def authenticate(_query_client: object, request: Any) -> RegisteredClient | None:
    """Return the client whose key signed the request's assertion; None if it has none.

    Raises:
        InvalidClientError: there is an assertion, and it proves nothing.
    """
    form = request.form
    text, kind = form.get("client_assertion"), form.get("client_assertion_type")
    if not text or kind != TYPE:
        return None
    client = clients.find(_claimed(text))
    if client is None or client.auth_method != METHOD or client.jwks is None:
        raise _refused("no client that signs with a key is registered under that id")
    try:
        keys = KeySet.import_key_set(client.jwks)  # type: ignore[arg-type]
        fapi = client.profile == FAPI
        claims = jwt.decode(text, keys, registry=_FAPI_REGISTRY if fapi else _REGISTRY).claims
        _check(claims, client.client_id, fapi=fapi)
    except (JoseError, KeyError, TypeError, ValueError) as error:
        raise _refused("the assertion is malformed or is not signed by the client") from error
    if form.get("client_id", client.client_id) != client.client_id:
        raise _refused("client_id is not the client that signed the assertion")
    _use(client.client_id, claims["jti"], claims["exp"])
    return client


def _claimed(text: str) -> str:
    try:
        claims = orjson.loads(jws.extract_compact(text.encode()).payload)
        subject = claims["sub"]
    except (JoseError, KeyError, TypeError, ValueError) as error:
        raise _refused("the assertion is no JWT with a sub") from error
    return subject if isinstance(subject, str) else ""


def _check(claims: dict[str, Any], client_id: str, *, fapi: bool) -> None:
    """Raise what `authenticate` answers unless the claims are what they must be."""
    issuer = current_app.extensions["settings"].public_url
    now, audience = clock.now().timestamp(), claims["aud"]
    slack = _CLOCKS_DIFFER.total_seconds()
    # An address is taken too (RFC 7523, RFC 9126), but not where FAPI says one spelling.
    expected = {issuer} if fapi else {issuer, issuer + "/oauth/token", issuer + "/oauth/par"}
    if fapi and not isinstance(audience, str):
        raise _refused("aud of the assertion must be this service's issuer and nothing more")
    if expected.isdisjoint([audience] if isinstance(audience, str) else audience):
        raise _refused("aud of the assertion must be this service's issuer")
    if claims["iss"] != client_id or claims["sub"] != client_id:
        raise _refused("iss and sub of the assertion must be the client_id")
    if not now - slack < claims["exp"] <= now + _GOOD_FOR.total_seconds() + slack:
        raise _refused("exp of the assertion must be within the next five minutes")
    if claims.get("nbf", now) > now + slack or claims.get("iat", now) > now + slack:
        raise _refused("the assertion is not good yet; compare clocks")
    if not isinstance(claims["jti"], str) or not 0 < len(claims["jti"]) <= _JTI_LENGTH_MAX:
        raise _refused("jti of the assertion must be a string that is used once")


def _use(client_id: str, jti: str, exp: float) -> None:
    lasts = timedelta(seconds=exp - clock.now().timestamp()) + _CLOCKS_DIFFER
    digest = sha256(f"{client_id}\n{jti}".encode()).digest()
    try:
        with changing() as work:
            work.add(UsedAssertion(digest=digest, ends_at=clock.now() + lasts))
    except IntegrityError as error:
        raise _refused("this assertion was used before; sign a new one each time") from error


def _refused(why: str) -> InvalidClientError:
    return InvalidClientError(why, status_code=401)
