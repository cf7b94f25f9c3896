"""A provider says that somebody signed out there (OpenID Connect Back-Channel Logout 1.0).

``POST /back-channel-logout/<slug>`` with a ``logout_token``: a JWT of the provider's, for us, not
old, used once, with the event and without a nonce (section 2.6). It ends the sessions that came
of the provider's session ``sid``, or all that ``sub`` has by it. The answer says whether the token
was good, and never whether there was anything to end.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import requests
import structlog
from authlib.common.errors import AuthlibBaseError
from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from joserfc.errors import JoseError
from sqlalchemy import LargeBinary, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core import clock
from ledger.core.db import Operational
from ledger.edge import provider_links, providers, session_list
from ledger.edge.guard import public
from ledger.edge.operational import changing
from ledger.edge.providers import LOCAL, Provider
from ledger.edge.relying import verified

log: structlog.stdlib.BoundLogger = structlog.get_logger("ledger.login")
blueprint = Blueprint("back_channel", __name__)

EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_TYPES: Final = ("jwt", "logout+jwt")
_GOOD_FOR: Final = timedelta(minutes=10)
_CLOCKS_DIFFER: Final = timedelta(seconds=60)
_LENGTH_MAX: Final = 16_384


class UsedLogoutToken(Operational):
    """The ``jti`` of a logout token that was used, until it runs out."""

    __tablename__ = "used_logout_tokens"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    ends_at: Mapped[datetime] = mapped_column(index=True)


@blueprint.post("/back-channel-logout/<slug>")
@public("a provider calls it; the token that it sends proves who it is")
def end_sessions(slug: str) -> ResponseReturnValue:
    """End the sessions that a provider says are over."""
    provider = providers.named(slug)
    text = request.form.get("logout_token", "")
    try:
        claims = _checked(provider, text)
        _use(provider, claims["jti"])
    except (AuthlibBaseError, JoseError, KeyError, TypeError, ValueError) as error:
        log.warning("logout refused", provider=slug, why=type(error).__name__)
        return _answer({"error": "invalid_request"}, 400)
    except requests.RequestException as error:
        log.warning("provider unreachable", provider=slug, why=type(error).__name__)
        return _answer({"error": "temporarily_unavailable"}, 503)
    ended = _end(provider, claims)
    log.info("signed out by provider", provider=slug, sessions=ended)
    return _answer({}, 200)


def _checked(provider: Provider, text: str) -> dict[str, Any]:
    """Return the claims of a logout token that is one. Raises what `end_sessions` answers 400."""
    if provider.slug == LOCAL or not 0 < len(text) <= _LENGTH_MAX:
        raise ValueError("a logout_token of that provider is needed")
    token = verified(provider, text)
    claims, now = token.claims, clock.now().timestamp()
    slack, typ = _CLOCKS_DIFFER.total_seconds(), str(token.header.get("typ", "JWT")).lower()
    audience = claims["aud"]
    event = claims["events"][EVENT]
    good = (
        typ in _TYPES,
        claims["iss"] == provider.issuer,
        provider.client_id in ([audience] if isinstance(audience, str) else audience),
        now - _GOOD_FOR.total_seconds() - slack <= claims["iat"] <= now + slack,
        claims["exp"] > now - slack,
        isinstance(event, dict),
        "nonce" not in claims,
        isinstance(claims["jti"], str) and claims["jti"] != "",
        all(isinstance(claims[one], str) for one in ("sub", "sid") if one in claims),
        "sub" in claims or "sid" in claims,
    )
    if not all(good):
        raise ValueError("this is no logout token for us")
    return claims


def _use(provider: Provider, jti: str) -> None:
    """Take a token's id, so that it is good once. Raises `ValueError` if it was used."""
    now = clock.now()
    digest = sha256(f"{provider.slug}\n{jti}".encode()).digest()
    try:
        with changing() as work:
            work.execute(delete(UsedLogoutToken).where(UsedLogoutToken.ends_at < now))
            ends_at = now + _GOOD_FOR + 2 * _CLOCKS_DIFFER
            work.add(UsedLogoutToken(digest=digest, ends_at=ends_at))
    except IntegrityError as error:
        raise ValueError("this logout token was used before") from error


def _end(provider: Provider, claims: dict[str, Any]) -> int:
    sub, sid = claims.get("sub"), claims.get("sid")
    person_id = provider_links.who(provider, sub) if sub else None
    if sub and person_id is None:
        return 0
    return session_list.end_of_provider(
        provider.slug, provider_session=sid and sid[:255], person_id=person_id
    )


def _answer(body: dict[str, str], status: int) -> Response:
    response = jsonify(body) if body else Response(status=status)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
