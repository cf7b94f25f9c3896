"""What happens to consents over HTTP: on hold, confirmed, replaced, never valid, all stopped."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate

from ledger.api.consent_schemas import RecordedOut, SaidIn, said_in
from ledger.api.shell import Blueprint as Described
from ledger.consent import service
from ledger.consent.queries.stopping import what_stops
from ledger.consent.rules.lifecycle import Event, Reason
from ledger.consent.rules.model import Kind
from ledger.consent.service import Recorded, evidence
from ledger.consent.service.stopping import stop_everything
from ledger.core import clock
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.edge import etags
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once
from ledger.messages.taken_back import parties_told

blueprint = Blueprint("consent_life", __name__, url_prefix="/api/v1")


class HappenedIn(SaidIn):
    """Why, and how we know."""

    reason = fields.Enum(Reason, by_value=True, load_default=Reason.NOT_SAID)


class SupersessionIn(HappenedIn):
    """The newer consent on the same matter."""

    by_consent_id = fields.UUID(required=True)


class StopIn(SaidIn):
    """Which of the five are stopped; all, if none is named."""

    kinds = fields.List(
        fields.Enum(Kind, by_value=True),
        load_default=lambda: list(Kind),
        validate=validate.Length(1, 5),
    )
    keep_emergency = fields.Boolean(
        load_default=True,
        metadata={"description": "Medicines and allergies stay to be seen in an emergency."},
    )


class StopOut(ma.Schema):
    """One of the five, and what stopping it would change."""

    kind = fields.Enum(Kind, by_value=True)
    withdraws = fields.Integer()
    says_no_to = fields.List(fields.String())
    may_keep_emergency = fields.Boolean()


class StopsOut(ma.Schema):
    """All five."""

    items = fields.List(fields.Nested(StopOut))


class StoppedOut(ma.Schema):
    """The entries that were recorded, by kind."""

    entry_ids = fields.Dict(keys=fields.String(), values=fields.List(fields.UUID()))


class PartyToldOut(ma.Schema):
    """One party; null: not acknowledged yet."""

    entry_id = fields.UUID()
    event = fields.Enum(Event, by_value=True)
    at = fields.AwareDateTime(format="iso")
    organisation_id = fields.UUID()
    acknowledged_at = fields.AwareDateTime(format="iso", allow_none=True)
    overdue = fields.Boolean()


class PartiesToldOut(ma.Schema):
    """Every party, for everything by which the consent shares less."""

    items = fields.List(fields.Nested(PartyToldOut))


@blueprint.post("/consents/<uuid:consent_id>/suspension")
@Described.takes(HappenedIn)
@Described.answers(201, RecordedOut)
@requires(Permission.CONSENT_WITHDRAW)
def suspend(consent_id: UUID) -> ResponseReturnValue:
    """Put what was said on hold, until it is re-validated."""
    return _happens(consent_id, service.suspend)


@blueprint.post("/consents/<uuid:consent_id>/re-validation")
@Described.takes(HappenedIn)
@Described.answers(201, RecordedOut)
@requires(Permission.CONSENT_WITHDRAW)
def re_validate(consent_id: UUID) -> ResponseReturnValue:
    """Have what was suspended or frozen count again."""
    return _happens(consent_id, service.re_validate)


@blueprint.post("/consents/<uuid:consent_id>/invalidation")
@Described.takes(HappenedIn)
@Described.answers(201, RecordedOut)
@requires(Permission.CONSENT_GRANT)
def invalidate(consent_id: UUID) -> ResponseReturnValue:
    """Record that it never was valid."""
    return _happens(consent_id, service.invalidate)


@blueprint.post("/consents/<uuid:consent_id>/error")
@Described.takes(HappenedIn)
@Described.answers(201, RecordedOut)
@requires(Permission.CONSENT_GRANT)
def enter_in_error(consent_id: UUID) -> ResponseReturnValue:
    """Record that it was never said."""
    return _happens(consent_id, service.enter_in_error)


@blueprint.post("/consents/<uuid:consent_id>/supersession")
@Described.takes(SupersessionIn)
@Described.answers(201, RecordedOut)
@requires(Permission.CONSENT_WITHDRAW)
def supersede(consent_id: UUID) -> ResponseReturnValue:
    """Record that a newer consent stands in its place, for good."""
    asked = SupersessionIn().load(request.get_json())

    def command(work: UnitOfWork) -> Recorded:
        etags.require_match(service.version(work, consent_id))
        return service.supersede(
            work,
            consent_id,
            by=asked["by_consent_id"],
            reason=asked["reason"],
            said=said_in(asked),
        )

    return _recorded(command)


@blueprint.get("/consents/<uuid:consent_id>/acknowledgements")
@Described.answers(200, PartiesToldOut)
@requires(Permission.CONSENT_READ)
def acknowledgements(consent_id: UUID) -> ResponseReturnValue:
    """List which parties know that it shares less, and which have not said so yet."""
    found = parties_told(db.session(), current_actor(), consent_id, now=clock.now())
    return {"items": PartyToldOut(many=True).dump(found)}, 200


@blueprint.get("/consents/<uuid:consent_id>/evidence/<uuid:entry_id>")
@requires(Permission.CONSENT_EVIDENCE)
def read_evidence(consent_id: UUID, entry_id: UUID) -> ResponseReturnValue:
    """Read what shows that something was said, to the byte. That it was read is recorded."""
    with unit_of_work(current_actor()) as work:
        found = evidence.read(work, consent_id, entry_id)
    headers = {"Content-Disposition": "attachment; filename=evidence", "Cache-Control": "no-store"}
    return Response(found.content, 200, headers, content_type=found.media_type)


@blueprint.get("/patients/<uuid:patient_id>/stop")
@Described.answers(200, StopsOut)
@requires(Permission.CONSENT_READ)
def stops(patient_id: UUID) -> ResponseReturnValue:
    """Show the five things that can be stopped, and what each would change."""
    found = what_stops(db.session(), current_actor(), patient_id, now=clock.now())
    return {"items": StopOut(many=True).dump(found)}, 200


@blueprint.post("/patients/<uuid:patient_id>/stop")
@Described.takes(StopIn)
@Described.answers(201, StoppedOut)
@requires(Permission.CONSENT_WITHDRAW)
def stop(patient_id: UUID) -> ResponseReturnValue:
    """Stop everything, or those of the five that are named: all of it, or nothing."""
    asked = StopIn().load(request.get_json() if request.get_data() else {})
    with unit_of_work(current_actor()) as work:

        def carry_out() -> dict[str, Any]:
            done = stop_everything(
                work,
                patient_id=patient_id,
                kinds=asked["kinds"],
                keep_emergency=asked["keep_emergency"],
                said=said_in(asked),
            )
            body: dict[str, Any] = StoppedOut().dump(done)
            return body

        body = once(work, carry_out)
    return body, 201


def _happens(consent_id: UUID, happen: Callable[..., Recorded]) -> ResponseReturnValue:
    asked = HappenedIn().load(request.get_json() if request.get_data() else {})

    def command(work: UnitOfWork) -> Recorded:
        etags.require_match(service.version(work, consent_id))
        return happen(work, consent_id, reason=asked["reason"], said=said_in(asked))

    return _recorded(command)


def _recorded(command: Callable[[UnitOfWork], Recorded]) -> ResponseReturnValue:
    with unit_of_work(current_actor()) as work:

        def carry_out() -> dict[str, Any]:
            body: dict[str, Any] = RecordedOut().dump(command(work))
            return body

        body = once(work, carry_out)
    return body, 201, {"Location": url_for("consents.read", consent_id=body["consent_id"])}
