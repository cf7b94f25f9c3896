"""Reads that source systems report: taking them in as FHIR, showing them, settling them."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import marshmallow as ma
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from ledger.access.reported import queries, service
from ledger.access.reported.rules.event import NotAnAuditEvent
from ledger.access.reported.rules.reconciling import FLAGGED
from ledger.access.reported.service import Reported
from ledger.access.rules.overrides import WORDS_MAX
from ledger.api import consent_fhir_wire as wire
from ledger.api.consent_fhir_wire import answer, issue, outcome
from ledger.api.shell import Blueprint as Described
from ledger.consent.rules.fhir import Release
from ledger.core.db import db
from ledger.core.errors import Fault
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge import cursors
from ledger.edge.bodies import loads
from ledger.edge.guard import current_actor, requires

blueprint = Blueprint("reported_reads", __name__)

_BUNDLE: Final = "transaction-response"


class ReadOut(ma.Schema):
    """A read that a source system reported, and what it came to."""

    id = ma.fields.UUID()
    patient_id = ma.fields.UUID()
    organisation_id = ma.fields.UUID()
    person_id = ma.fields.UUID(allow_none=True)
    read_at = ma.fields.AwareDateTime(format="iso")
    received_at = ma.fields.AwareDateTime(format="iso")
    action = ma.fields.String()
    purpose = ma.fields.String(allow_none=True)
    decision_id = ma.fields.UUID(allow_none=True)
    finding = ma.fields.String()
    words = ma.fields.String()
    settled_at = ma.fields.AwareDateTime(format="iso", allow_none=True)
    justified = ma.fields.Boolean(allow_none=True)
    entry_id = ma.fields.UUID()


class ReadsOut(ma.Schema):
    """Reported reads."""

    items = ma.fields.List(ma.fields.Nested(ReadOut))


class SettlementIn(ma.Schema):
    """What was found about a read that was flagged."""

    justified = ma.fields.Boolean(required=True)
    finding = ma.fields.String(required=True, validate=ma.validate.Length(1, WORDS_MAX))


@blueprint.post("/fhir/R4/AuditEvent")
@requires(Permission.READ_REPORT)
def create() -> ResponseReturnValue:
    """Take in one AuditEvent of a source system: 201, or 200 if it came before."""
    [done] = _report("AuditEvent")
    said = [issue("warning" if done.finding in FLAGGED else "information", "informational",
                  done.finding.value)]  # fmt: skip
    return answer(outcome(said), 201 if done.new else 200)


@blueprint.post("/fhir/R4")
@requires(Permission.READ_REPORT)
def transaction() -> ResponseReturnValue:
    """Take in a transaction Bundle of AuditEvents: each of them, or none."""
    entries = [
        {
            "response": {
                "status": "201" if one.new else "200",
                "outcome": outcome([issue("information", "informational", one.finding.value)]),
            }
        }
        for one in _report("Bundle")
    ]
    return answer({"resourceType": "Bundle", "type": _BUNDLE, "entry": entries}, 200)


def _report(kind: str) -> tuple[Reported, ...]:
    wire.negotiate(Release.R4)
    try:
        resource = loads(wire.body(Release.R4))
    except ValueError as error:
        raise NotAnAuditEvent(f"it is not JSON: {error}", [Fault(kind, str(error))]) from None
    if not isinstance(resource, dict) or resource.get("resourceType") != kind:
        raise NotAnAuditEvent("another resource", [Fault(f"{kind}.resourceType", f"give {kind}")])
    with unit_of_work(current_actor()) as work:
        return service.report(work, resource)


@blueprint.get("/api/v1/patients/<uuid:patient_id>/reads")
@Described.answers(200, ReadsOut)
@requires(Permission.ACCESS_HISTORY)
def reads(patient_id: UUID) -> ResponseReturnValue:
    """List who actually read about a patient, as source systems report it, newest first."""
    limit, after = cursors.limit(), cursors.after(of="reads", shape=(str, str))
    before = None if after is None else (datetime.fromisoformat(after[0]), UUID(after[1]))
    found = queries.reads(db.session(), current_actor(), patient_id, before=before, limit=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    more = None if last is None else (last.read_at.isoformat(), str(last.id))
    items = [_read(one) for one in found[:limit]]
    return {"items": items}, 200, cursors.links(next_after=more, of="reads")


@blueprint.get("/api/v1/flagged-reads")
@Described.answers(200, ReadsOut)
@requires(Permission.ACCESS_REVIEW)
def flagged() -> ResponseReturnValue:
    """List the reads that the caller's organisation has to look at, in the order they came."""
    limit, after = cursors.limit(), cursors.after(of="flagged-reads", shape=(str,))
    last = UUID(after[0]) if after else None
    found = queries.flagged(db.session(), current_actor(), after=last, limit=limit + 1)
    more = (str(found[limit - 1].id),) if len(found) > limit else None
    items = [_read(one) for one in found[:limit]]
    return {"items": items}, 200, cursors.links(next_after=more, of="flagged-reads")


@blueprint.post("/api/v1/flagged-reads/<uuid:read_id>/settlement")
@Described.takes(SettlementIn)
@Described.answers(204)
@requires(Permission.ACCESS_REVIEW)
def settle(read_id: UUID) -> ResponseReturnValue:
    """Settle a read that was flagged: say whether it was right, and what was found."""
    asked = SettlementIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        service.settle(work, read_id, **asked)
    return "", 204


def _read(view: object) -> dict[str, Any]:
    body: dict[str, Any] = ReadOut().dump(view)
    return body
