"""Organisations that take another's place, over HTTP."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from ledger.api.shell import Blueprint as Described
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.directory.succession import queries, service
from ledger.directory.succession.rules import SetAsideReason, SuccessionKind, checked_order
from ledger.edge.guard import current_actor, public, requires
from ledger.edge.once import once, once_done

blueprint = Blueprint("successions", __name__, url_prefix="/api/v1")


class SuccessionIn(ma.Schema):
    """Who takes the place, from which day, by which order."""

    successor_id = ma.fields.UUID(required=True)
    kind = ma.fields.Enum(SuccessionKind, by_value=True, required=True)
    effective_on = ma.fields.Date(required=True)
    order = ma.fields.String(required=True)


class SetAsideIn(ma.Schema):
    """Why a succession counts no more."""

    reason = ma.fields.Enum(SetAsideReason, by_value=True, required=True)


class MoveIn(ma.Schema):
    """Which of the roles that ended to give at the successor; left out: all of them."""

    membership_ids = ma.fields.List(ma.fields.UUID(), load_default=None, allow_none=True)


class MovedOut(ma.Schema):
    """How many roles were given, and how many were there already, or over anyway."""

    moved = ma.fields.Integer()
    left = ma.fields.Integer()


class SuccessionOut(ma.Schema):
    """One organisation takes another's place. All of it is public."""

    predecessor_id = ma.fields.UUID()
    predecessor = ma.fields.String()
    successor_id = ma.fields.UUID()
    successor = ma.fields.String()
    kind = ma.fields.Enum(SuccessionKind, by_value=True)
    effective_on = ma.fields.Date()
    order = ma.fields.String()
    entry_id = ma.fields.UUID()


class NameOut(ma.Schema):
    """What an organisation was called from a moment on."""

    name = ma.fields.String()
    from_at = ma.fields.DateTime()


class HistoryOut(ma.Schema):
    """What became of an organisation: its names, and whose place is whose."""

    names = ma.fields.List(ma.fields.Nested(NameOut))
    predecessors = ma.fields.List(ma.fields.Nested(SuccessionOut))
    successors = ma.fields.List(ma.fields.Nested(SuccessionOut))


@blueprint.get("/organisations/<uuid:organisation_id>/history")
@Described.answers(200, HistoryOut)
@public("what became of an organisation is public, by orders that are; it names nobody")
def history(organisation_id: UUID) -> ResponseReturnValue:
    """Show what an organisation was called, whose place it took, and who takes its place."""
    session = db.session()
    directory.organisation(session, organisation_id)
    body: dict[str, Any] = HistoryOut().dump(
        {
            "names": queries.names_of(session, organisation_id),
            "predecessors": queries.predecessors(session, organisation_id),
            "successors": queries.successors(session, organisation_id),
        }
    )
    return body


@blueprint.post("/organisations/<uuid:organisation_id>/succession")
@Described.takes(SuccessionIn)
@Described.answers(201, SuccessionOut)
@requires(Permission.ORGANISATION_SUCCEED)
def succeed(organisation_id: UUID) -> ResponseReturnValue:
    """Record that by an order another organisation takes the place of this one from a day on."""
    asked = SuccessionIn().load(request.get_json())
    asked["order"] = checked_order(asked["order"])
    with unit_of_work(current_actor()) as work:

        def carry_out() -> dict[str, Any]:
            service.succeed(work, predecessor_id=organisation_id, **asked)
            made = queries.successors(work.session, organisation_id)[0]
            body: dict[str, Any] = SuccessionOut().dump(made)
            return body

        body = once(work, carry_out)
    return body, 201


@blueprint.post("/organisations/<uuid:organisation_id>/succession/set-aside")
@Described.takes(SetAsideIn)
@Described.answers(204)
@requires(Permission.ORGANISATION_SUCCEED)
def set_aside(organisation_id: UUID) -> ResponseReturnValue:
    """Record that a succession counts no more. What was decided by it stays decided."""
    asked = SetAsideIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        once_done(work, service.set_aside, predecessor_id=organisation_id, **asked)
    return "", 204


@blueprint.post("/organisations/<uuid:organisation_id>/succession/roles")
@Described.takes(MoveIn)
@Described.answers(200, MovedOut)
@requires(Permission.MEMBERSHIP_GIVE)
def move_roles(organisation_id: UUID) -> ResponseReturnValue:
    """Give people the roles at the successor that the succession ended. Again moves none twice."""
    asked = MoveIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:

        def carry_out() -> dict[str, Any]:
            moved = service.move_roles(work, predecessor_id=organisation_id, **asked)
            body: dict[str, Any] = MovedOut().dump(moved)
            return body

        return once(work, carry_out)
