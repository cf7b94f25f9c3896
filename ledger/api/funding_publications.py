"""Deciding over HTTP that everybody may see what a pool spent: asked, then agreed by another."""

from typing import Any
from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields

from ledger.api.shell import Blueprint as Described
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once, once_done
from ledger.funding.publication import service as publication
from ledger.funding.publication.queries import PublicationView, publications
from ledger.funding.queries import pools

blueprint = Blueprint(
    "funding_publications", __name__, url_prefix="/api/v1/pools/<uuid:pool_id>/publications"
)


class PublicationIn(Schema):
    """Which days: all over, all in one of the pool's years, none of them asked for before."""

    first_day = fields.Date(required=True)
    last_day = fields.Date(required=True)


@blueprint.get("")
@requires(Permission.POOL_READ)
def list_publications(pool_id: UUID) -> ResponseReturnValue:
    """List what is published of a pool, and what is asked to be."""
    return {"items": [_out(one) for one in _found(pool_id)]}


@blueprint.post("")
@Described.takes(PublicationIn)
@requires(Permission.POOL_PUBLISH)
def ask(pool_id: UUID) -> ResponseReturnValue:
    """Ask that the spending of some days be published."""
    asked = PublicationIn().load(request.get_json())
    _found(pool_id)
    with unit_of_work(current_actor()) as work:
        return once(work, lambda: {"id": str(publication.ask(work, pool_id, **asked))}), 201


@blueprint.post("/<uuid:publication_id>/agreement")
@requires(Permission.POOL_PUBLISH)
def agree(pool_id: UUID, publication_id: UUID) -> ResponseReturnValue:
    """Agree to it, for another partner: everybody may see it from now on."""
    if publication_id not in {one.id for one in _found(pool_id)}:
        raise NotFound("nothing like this was asked for this pool")
    with unit_of_work(current_actor()) as work:
        once_done(work, publication.agree, publication_id)
    return "", 204


def _found(pool_id: UUID) -> list[PublicationView]:
    session = db.session()
    return list(publications(session, pools.pool(session, current_actor(), pool_id).id))


def _out(one: PublicationView) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "first_day": one.first_day.isoformat(),
        "last_day": one.last_day.isoformat(),
        "asked_for": str(one.asked_for),
        "published_at": one.published_at and one.published_at.isoformat(),
        "log_size": one.log_size,
        "floor": one.floor,
    }
