"""Requests that a client sends by itself beforehand (PAR, RFC 9126), and what a person is asked.

A pushed request is taken up once, within a minute, by one browser: from then on that browser's
session holds it, so that signing in may take as long as it takes. A request in the address is
taken as it stands.
"""

from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final

from authlib.oauth2 import OAuth2Error
from flask import g, request, session
from sqlalchemy import delete
from werkzeug.datastructures import MultiDict

from ledger.core import clock
from ledger.edge.oauth.models import PushedRequest
from ledger.edge.operational import changing

PREFIX: Final = "urn:ietf:params:oauth:request_uri:"
LASTS: Final = timedelta(seconds=60)
_NOT_PUSHED: Final = (
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
)
_TAKEN_MAX: Final = 5


class InvalidRequestUri(OAuth2Error):  # type: ignore[misc]  # Authlib has no types.
    """The pushed request is not there: never was, or was taken up, or is too old."""

    error = "invalid_request_uri"


def keep(client_id: str, parameters: MultiDict[str, str], *, jkt: str | None) -> str:
    """Keep what a client asks. Returns its ``request_uri``."""
    name, now = token_urlsafe(32), clock.now()
    kept = [[key, value] for key, value in parameters.items(multi=True) if key not in _NOT_PUSHED]
    if jkt and "dpop_jkt" not in parameters:
        kept.append(["dpop_jkt", jkt])
    with changing() as work:
        work.add(
            PushedRequest(
                digest=_digest(name), client_id=client_id, parameters=kept, ends_at=now + LASTS
            )
        )
    return PREFIX + name


def parameters() -> MultiDict[str, str]:
    """Return what this request asks of a person: as pushed before, or as the address says.

    Raises:
        InvalidRequestUri: it names a pushed request that is not there for it.
    """
    found: MultiDict[str, str] | None = g.get("asked_of_person")
    if found is None:
        found = _taken_up() if was_pushed() else request.args
        g.asked_of_person = found
    return found


def was_pushed() -> bool:
    """Say whether this request refers to one that was pushed."""
    return "request_uri" in request.args


def done() -> None:
    """Forget the pushed request of this browser: it has been answered."""
    taken = session.get("pushed", {})
    if was_pushed() and taken.pop(_name().hex(), None) is not None:
        session["pushed"] = taken


def _taken_up() -> MultiDict[str, str]:
    uris, clients = request.args.getlist("request_uri"), request.args.getlist("client_id")
    if len(uris) != 1 or len(clients) != 1 or not uris[0].startswith(PREFIX):
        raise InvalidRequestUri("request_uri must be one that was given for a pushed request")
    taken, name = session.get("pushed", {}), _name()
    if name.hex() not in taken:
        taken[name.hex()] = [["client_id", clients[0]], *_take(name, clients[0])]
        session["pushed"] = dict(list(taken.items())[-_TAKEN_MAX:])
    found = MultiDict((key, value) for key, value in taken[name.hex()])
    if found["client_id"] != clients[0]:
        raise InvalidRequestUri("another client pushed this request")
    return found


def _take(name: bytes, client_id: str) -> list[list[str]]:
    """Take a pushed request away and return its parameters. Of two at once, one gets it."""
    mine = (
        delete(PushedRequest)
        .where(PushedRequest.digest == name, PushedRequest.client_id == client_id)
        .returning(PushedRequest.parameters, PushedRequest.ends_at)
    )
    with changing() as work:
        row = work.execute(mine).one_or_none()
    if row is None or row.ends_at <= clock.now():
        raise InvalidRequestUri("this request was taken up before, or is too old; push a new one")
    kept: list[list[str]] = row.parameters
    return kept


def _name() -> bytes:
    return _digest(request.args["request_uri"].removeprefix(PREFIX))


def _digest(name: str) -> bytes:
    return sha256(name.encode()).digest()
