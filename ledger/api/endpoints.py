"""Where an organisation's programs are told of changes, over HTTP, and what they were sent."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Blueprint, current_app, request, url_for
from flask.typing import ResponseReturnValue

from ledger.api.shell import Blueprint as Described
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.permissions import Permission
from ledger.core.work import unit_of_work
from ledger.edge import cursors
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once
from ledger.messages import queries
from ledger.messages.rules.endpoints import KINDS_MAX, URL_CHARS_MAX
from ledger.messages.service import acknowledging, endpoints, resending
from ledger.settings import Settings

blueprint = Blueprint("endpoints", __name__, url_prefix="/api/v1")

_MESSAGES = "messages"


class EndpointIn(ma.Schema):
    """Where messages go, and what about."""

    url = ma.fields.String(required=True, validate=ma.validate.Length(1, URL_CHARS_MAX))
    kinds = ma.fields.List(
        ma.fields.String(),
        load_default=(),
        validate=ma.validate.Length(max=KINDS_MAX),
        metadata={"description": "Kinds of entries, or areas: `agreement`, `agreement.signed`. "
                  "None: all that concerns the organisation."},
    )  # fmt: skip


class EndpointOut(ma.Schema):
    """An endpoint, and how it goes."""

    id = ma.fields.UUID()
    url = ma.fields.String()
    kinds = ma.fields.List(ma.fields.String())
    paused = ma.fields.String(allow_none=True, metadata={"description": "Why; null while told."})
    failing_since = ma.fields.AwareDateTime(format="iso", allow_none=True)
    registered_at = ma.fields.AwareDateTime(format="iso")
    waiting = ma.fields.Integer(metadata={"description": "Messages that it has not taken yet."})


class EndpointMade(ma.Schema):
    """A new endpoint, or its new secret. It is shown this once."""

    id = ma.fields.UUID()
    secret = ma.fields.String(metadata={"description": "`whsec_…`, for Standard Webhooks."})


class EndpointsOut(ma.Schema):
    """The endpoints of an organisation."""

    items = ma.fields.List(ma.fields.Nested(EndpointOut))


class AttemptOut(ma.Schema):
    """One try. No status: there was no answer, and `problem` says why."""

    at = ma.fields.AwareDateTime(format="iso")
    took_ms = ma.fields.Integer()
    status = ma.fields.Integer(allow_none=True)
    problem = ma.fields.String(allow_none=True)


class MessageOut(ma.Schema):
    """One message to one endpoint."""

    entry_id = ma.fields.UUID()
    index = ma.fields.Integer()
    kind = ma.fields.String()
    queued_at = ma.fields.AwareDateTime(format="iso")
    due_at = ma.fields.AwareDateTime(format="iso", allow_none=True)
    attempts = ma.fields.Integer(metadata={"description": "Since it was last queued."})
    delivered_at = ma.fields.AwareDateTime(format="iso", allow_none=True)


class MessagesOut(ma.Schema):
    """A page of the delivery log, newest first. The `Link` header leads to the next."""

    items = ma.fields.List(ma.fields.Nested(MessageOut))


class AttemptsOut(ma.Schema):
    """Every try to deliver a message, newest first."""

    items = ma.fields.List(ma.fields.Nested(AttemptOut))


class ReplayIn(ma.Schema):
    """What is sent again: one message, or all since a moment."""

    entry_id = ma.fields.UUID(load_default=None)
    since = ma.fields.AwareDateTime(format="iso", load_default=None)

    @ma.validates_schema
    def one_of_them(self, data: dict[str, Any], **_: Any) -> None:
        """Ask for exactly one."""
        if (data["entry_id"] is None) == (data["since"] is None):
            raise ma.ValidationError("give either entry_id or since")


class ReplayOut(ma.Schema):
    """How many messages are sent again."""

    messages = ma.fields.Integer()


class AcknowledgementOut(ma.Schema):
    """The entry that says so."""

    id = ma.fields.UUID()


@blueprint.get("/endpoints")
@Described.answers(200, EndpointsOut)
@requires(Permission.ENDPOINT_KEEP)
def listed() -> ResponseReturnValue:
    """List the endpoints of one's organisation, and how each of them goes."""
    found = queries.endpoints(db.session(), current_actor())
    return {"items": EndpointOut(many=True).dump(found)}


@blueprint.post("/endpoints")
@Described.takes(EndpointIn)
@Described.answers(201, EndpointMade, says="With the secret, which is shown this once.")
@requires(Permission.ENDPOINT_KEEP)
def register() -> ResponseReturnValue:
    """Have a program told of what happens from now on, by signed CloudEvents."""
    asked, actor = EndpointIn().load(request.get_json()), current_actor()
    organisation_id = actor.organisation_id
    if organisation_id is None:
        raise NotFound("you act for no organisation")

    def made() -> dict[str, Any]:
        endpoint_id, secret = endpoints.register(
            work, organisation_id=organisation_id, private=_private(), **asked
        )
        return {"id": str(endpoint_id), "secret": secret}

    with unit_of_work(actor) as work:
        answer = once(work, made)
    return answer, 201, {"Location": url_for("endpoints.one", endpoint_id=answer["id"])}


@blueprint.get("/endpoints/<uuid:endpoint_id>")
@Described.answers(200, EndpointOut)
@requires(Permission.ENDPOINT_KEEP)
def one(endpoint_id: UUID) -> ResponseReturnValue:
    """Read one endpoint."""
    found = queries.endpoint(db.session(), current_actor(), endpoint_id)
    dumped: dict[str, Any] = EndpointOut().dump(found)
    return dumped


@blueprint.put("/endpoints/<uuid:endpoint_id>")
@Described.takes(EndpointIn)
@Described.answers(204)
@requires(Permission.ENDPOINT_KEEP)
def change(endpoint_id: UUID) -> ResponseReturnValue:
    """Give an endpoint another address, or have it told of other kinds."""
    asked = EndpointIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        endpoints.change(work, endpoint_id=endpoint_id, private=_private(), **asked)
    return "", 204


@blueprint.delete("/endpoints/<uuid:endpoint_id>")
@Described.answers(204)
@requires(Permission.ENDPOINT_KEEP)
def close(endpoint_id: UUID) -> ResponseReturnValue:
    """Tell an endpoint nothing any more."""
    with unit_of_work(current_actor()) as work:
        endpoints.close(work, endpoint_id=endpoint_id)
    return "", 204


@blueprint.post("/endpoints/<uuid:endpoint_id>/pause")
@Described.answers(204)
@requires(Permission.ENDPOINT_KEEP)
def pause(endpoint_id: UUID) -> ResponseReturnValue:
    """Tell an endpoint nothing for now; what happens meanwhile waits for it."""
    with unit_of_work(current_actor()) as work:
        endpoints.pause(work, endpoint_id=endpoint_id)
    return "", 204


@blueprint.post("/endpoints/<uuid:endpoint_id>/resume")
@Described.answers(204)
@requires(Permission.ENDPOINT_KEEP)
def resume(endpoint_id: UUID) -> ResponseReturnValue:
    """Tell an endpoint again, from where it was."""
    with unit_of_work(current_actor()) as work:
        endpoints.resume(work, endpoint_id=endpoint_id)
    return "", 204


@blueprint.post("/endpoints/<uuid:endpoint_id>/secret")
@Described.answers(200, EndpointMade, says="For a day the secret before it signs too.")
@requires(Permission.ENDPOINT_KEEP)
def rotate_secret(endpoint_id: UUID) -> ResponseReturnValue:
    """Give an endpoint a new secret, shown this once."""

    def made() -> dict[str, Any]:
        secret = endpoints.rotate_secret(work, endpoint_id=endpoint_id)
        return {"id": str(endpoint_id), "secret": secret}

    with unit_of_work(current_actor()) as work:
        return once(work, made)


@blueprint.get("/endpoints/<uuid:endpoint_id>/messages")
@Described.answers(200, MessagesOut)
@requires(Permission.ENDPOINT_KEEP)
def messages(endpoint_id: UUID) -> ResponseReturnValue:
    """List what an endpoint was told, or is still to be told."""
    limit, after = cursors.limit(), cursors.after(of=_MESSAGES, shape=(int,))
    session = db.session()
    found = queries.endpoint(session, current_actor(), endpoint_id)
    before = after[0] if after else None
    rows = queries.deliveries(session, found, limit=limit + 1, before_index=before)
    end = (rows[limit - 1].index,) if len(rows) > limit else None
    items = MessageOut(many=True).dump(rows[:limit])
    return {"items": items}, 200, cursors.links(next_after=end, of=_MESSAGES)


@blueprint.get("/endpoints/<uuid:endpoint_id>/messages/<uuid:entry_id>/attempts")
@Described.answers(200, AttemptsOut)
@requires(Permission.ENDPOINT_KEEP)
def attempts(endpoint_id: UUID, entry_id: UUID) -> ResponseReturnValue:
    """List every try to deliver a message."""
    session = db.session()
    found = queries.endpoint(session, current_actor(), endpoint_id)
    return {"items": AttemptOut(many=True).dump(queries.attempts(session, found, entry_id))}


@blueprint.post("/endpoints/<uuid:endpoint_id>/replay")
@Described.takes(ReplayIn)
@Described.answers(200, ReplayOut)
@requires(Permission.ENDPOINT_KEEP)
def replay(endpoint_id: UUID) -> ResponseReturnValue:
    """Send again one message, or all since a moment. Each keeps its id."""
    asked = ReplayIn().load(request.get_json())

    def again() -> dict[str, Any]:
        if asked["entry_id"] is not None:
            resending.one(work, endpoint_id=endpoint_id, entry_id=asked["entry_id"])
            return {"messages": 1}
        since = resending.since(work, endpoint_id=endpoint_id, moment=asked["since"])
        return {"messages": since}

    with unit_of_work(current_actor()) as work:
        return once(work, again)


@blueprint.put("/entries/<uuid:entry_id>/acknowledgement")
@Described.answers(201, AcknowledgementOut)
@requires(Permission.MESSAGE_ACKNOWLEDGE)
def acknowledge(entry_id: UUID) -> ResponseReturnValue:
    """Say that one's organisation has acted on an entry that it was told of."""
    with unit_of_work(current_actor()) as work:
        made = once(work, lambda: {"id": str(acknowledging.acknowledge(work, entry_id=entry_id))})
    return made, 201


def _private() -> bool:
    settings: Settings = current_app.extensions["settings"]
    return settings.webhooks_private
