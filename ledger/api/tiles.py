"""The log in the form of https://c2sp.org/tlog-tiles: static reads that anybody may cache.

Checkpoints and hashes are public: they say how many entries there are, and nothing of what
is in them. Entry bundles hold the entries, and are for auditors.
"""

from typing import Final

from flask import Blueprint, Response, current_app, request
from sqlalchemy.orm import Session

from audit import Tile
from audit.tiles import TileError
from ledger.core import receipts
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
@blueprint.get("/access/checkpoint", defaults={"log": "access"})
@public("anybody may keep what the log signed; that is what holds the log to its word")
def checkpoint(log: str) -> Response:
    """Answer with the newest signed checkpoint."""
    try:
        note = receipts.newest_checkpoint(_session(), log).note
    except NoCheckpoint as error:
        raise NotFound(error.detail) from error
    response = Response(note, content_type="text/plain; charset=utf-8")
    response.add_etag()
    response.headers["Cache-Control"] = _FOR_SECONDS
    response.make_conditional(request)
    return response


@blueprint.get("/key", defaults={"log": "ledger"})
@blueprint.get("/access/key", defaults={"log": "access"})
@public("whoever checks a signature needs the key; keep your own copy of it")
def key(log: str) -> Response:
    """Answer with the key that checks the log's signatures."""
    verifier = current_app.extensions["signers"][log].verifier()
    return Response(f"{verifier}\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/tile/<level>/<path:rest>", defaults={"log": "ledger"})
@blueprint.get("/access/tile/<level>/<path:rest>", defaults={"log": "access"})
@public("hashes of the tree, which proofs are made of and which say nothing of the entries")
def hash_tile(log: str, level: str, rest: str) -> Response:
    """Answer with the hashes of a tile."""
    return _sent(receipts.tile(_session(), log, _tile(f"tile/{level}/{rest}")), _FOR_EVER)


@blueprint.get("/tile/entries/<path:rest>", defaults={"log": "ledger"})
@blueprint.get("/access/tile/entries/<path:rest>", defaults={"log": "access"})
@requires(Permission.LOG_READ)
def entry_bundle(log: str, rest: str) -> Response:
    """Answer with an entry bundle, and record that it was read."""
    tile = _tile(f"tile/entries/{rest}")
    with unit_of_work(current_actor()) as work:
        content = read_bundle(work, log, tile)
    return _sent(content, "private, max-age=31536000, immutable")


def _tile(path: str) -> Tile:
    try:
        return Tile.parse(path)
    except TileError as error:
        raise NotFound(f"{error}; see https://c2sp.org/tlog-tiles") from error


def _sent(content: bytes, cached: str) -> Response:
    response = Response(content, content_type="application/octet-stream")
    response.headers["Cache-Control"] = cached
    return response


def _session() -> Session:
    return db.session()
