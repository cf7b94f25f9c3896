"""The log in the form of https://c2sp.org/tlog-tiles: static reads that anybody may cache.

Checkpoints and hashes are public: they say how many entries there are, and nothing of what
is in them. Entry bundles hold the entries, and are for auditors. The ledger log is at
``/log``, every other tree at ``/log/<its name>``.
"""

from typing import Final

from flask import Blueprint, Response, current_app, request
from sqlalchemy.orm import Session

from audit import Tile
from audit.tiles import TileError
from ledger.core import log_names, receipts
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.reading import read_bundle
from ledger.core.receipts import NoCheckpoint
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, public, requires

blueprint = Blueprint("tiles", __name__, url_prefix="/log")

_FOR_EVER: Final = "public, max-age=31536000, immutable"
_FOR_SECONDS: Final = "public, max-age=5"


@blueprint.get("/checkpoint", defaults={"log": "ledger"})
@blueprint.get("/<log>/checkpoint")
@public("anybody may keep what the log signed; that is what holds the log to its word")
def checkpoint(log: str) -> Response:
    """Answer with the newest published checkpoint, with the lines of those who cosigned it."""
    try:
        note = receipts.newest_published(_session(), log).note
    except NoCheckpoint as error:
        raise NotFound(error.detail) from error
    return _sent(note.encode(), "text/plain; charset=utf-8", _FOR_SECONDS)


@blueprint.get("/key", defaults={"log": "ledger"})
@blueprint.get("/<log>/key")
@public("whoever checks a signature needs the key; keep your own copy of it")
def key(log: str) -> Response:
    """Answer with the keys that check the log's signatures, one a line, the newest first."""
    try:
        now = current_app.extensions["signers"][log].verifiers()
    except KeyError as error:
        raise NotFound("there is no such log") from error
    keys = log_names.given_out(_session(), log, now)
    if not keys:
        raise NotFound("there is no such log")
    return Response("".join(f"{key}\n" for key in keys), content_type="text/plain; charset=utf-8")


@blueprint.get("/tile/<level>/<path:rest>", defaults={"log": "ledger"})
@blueprint.get("/<log>/tile/<level>/<path:rest>")
@public("hashes of the tree, which proofs are made of and which say nothing of the entries")
def hash_tile(log: str, level: str, rest: str) -> Response:
    """Answer with the hashes of a tile."""
    content = receipts.tile(_session(), log, _tile(f"tile/{level}/{rest}"))
    return _sent(content, "application/octet-stream", _FOR_EVER)


@blueprint.get("/tile/entries/<path:rest>", defaults={"log": "ledger"})
@blueprint.get("/<log>/tile/entries/<path:rest>")
@requires(Permission.LOG_READ)
def entry_bundle(log: str, rest: str) -> Response:
    """Answer with an entry bundle, and record that it was read."""
    tile = _tile(f"tile/entries/{rest}")
    with unit_of_work(current_actor()) as work:
        content = read_bundle(work, log, tile)
    return _sent(content, "application/octet-stream", _FOR_EVER.replace("public", "private"))


def _tile(path: str) -> Tile:
    try:
        return Tile.parse(path)
    except TileError as error:
        raise NotFound(f"{error}; see https://c2sp.org/tlog-tiles") from error


def _sent(content: bytes, content_type: str, cached: str) -> Response:
    response = Response(content, content_type=content_type)
    response.headers["Cache-Control"] = cached
    response.add_etag()
    response.make_conditional(request)
    return response


def _session() -> Session:
    return db.session()
