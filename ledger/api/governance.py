"""Bodies and seats over HTTP."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from ledger.api.shell import Blueprint as Described
from ledger.core import clock
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once
from ledger.governance import queries, service
from ledger.governance.rules import NAME_MAX, REFERENCE_MAX, StakeholderClass

blueprint = Blueprint("governance", __name__, url_prefix="/api/v1")


class BodyIn(ma.Schema):
    """A board or committee to set up."""

    host_id = ma.fields.UUID(required=True)
    parent_id = ma.fields.UUID(load_default=None, allow_none=True)
    name = ma.fields.String(required=True, validate=ma.validate.Length(1, NAME_MAX))
    reference = ma.fields.String(required=True, validate=ma.validate.Length(1, REFERENCE_MAX))


class SeatIn(ma.Schema):
    """A seat to add."""

    stakeholder = ma.fields.Enum(StakeholderClass, by_value=True, required=True)
    title = ma.fields.String(required=True, validate=ma.validate.Length(1, NAME_MAX))


class SeatTermIn(ma.Schema):
    """Who holds a seat, and when. Days are inclusive."""

    person_id = ma.fields.UUID(required=True)
    first_day = ma.fields.Date(required=True)
    last_day = ma.fields.Date(load_default=None, allow_none=True)


class SeatVacancyIn(ma.Schema):
    """The last day on which a seat is still held."""

    last_day = ma.fields.Date(required=True)


class SeatTermOut(SeatTermIn):
    """A term."""

    id = ma.fields.UUID()


class SeatOut(ma.Schema):
    """A seat, and who holds it today; null if it is vacant."""

    id = ma.fields.UUID()
    title = ma.fields.String()
    stakeholder = ma.fields.String()
    held = ma.fields.Nested(SeatTermOut, allow_none=True)


class BodyOut(ma.Schema):
    """A body with its seats."""

    id = ma.fields.UUID()
    name = ma.fields.String()
    host_id = ma.fields.UUID()
    parent_id = ma.fields.UUID(allow_none=True)
    reference = ma.fields.String()
    seats = ma.fields.List(ma.fields.Nested(SeatOut))


class BodiesOut(ma.Schema):
    """All bodies, by name."""

    items = ma.fields.List(ma.fields.Nested(BodyOut))


@blueprint.get("/bodies")
@Described.answers(200, BodiesOut)
@requires(Permission.SEAT_READ)
def bodies() -> ResponseReturnValue:
    """List the bodies, with who sits on them today."""
    found = queries.bodies(db.session(), on=clock.today())
    return {"items": BodyOut(many=True).dump(found)}


@blueprint.get("/bodies/<uuid:body_id>")
@Described.answers(200, BodyOut)
@requires(Permission.SEAT_READ)
def body(body_id: UUID) -> ResponseReturnValue:
    """Read one body."""
    found = queries.body(db.session(), body_id, on=clock.today())
    dumped: dict[str, Any] = BodyOut().dump(found)
    return dumped


@blueprint.post("/bodies")
@Described.takes(BodyIn)
@requires(Permission.SEAT_APPOINT)
def establish() -> ResponseReturnValue:
    """Set up a body."""
    asked = BodyIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        made = once(work, lambda: {"id": str(service.establish(work, **asked))})
    return made, 201, {"Location": url_for("governance.body", body_id=made["id"])}


@blueprint.post("/bodies/<uuid:body_id>/seats")
@Described.takes(SeatIn)
@requires(Permission.SEAT_APPOINT)
def create_seat(body_id: UUID) -> ResponseReturnValue:
    """Add a seat to a body."""
    asked = SeatIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        made = once(work, lambda: {"id": str(service.create_seat(work, body_id, **asked))})
    return made, 201


@blueprint.post("/seats/<uuid:seat_id>/terms")
@Described.takes(SeatTermIn)
@requires(Permission.SEAT_APPOINT)
def appoint(seat_id: UUID) -> ResponseReturnValue:
    """Give a seat to a person, between two days."""
    asked = SeatTermIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        made = once(work, lambda: {"id": str(service.appoint(work, seat_id, **asked))})
    return made, 201


@blueprint.post("/seats/<uuid:seat_id>/vacancy")
@Described.takes(SeatVacancyIn)
@Described.answers(204)
@requires(Permission.SEAT_APPOINT)
def vacate(seat_id: UUID) -> ResponseReturnValue:
    """End the term of whoever holds a seat."""
    asked = SeatVacancyIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        service.vacate(work, seat_id, **asked)
    return "", 204
