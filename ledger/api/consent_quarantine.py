"""Consents from elsewhere that wait for a person: listing, reading, settling."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate

from ledger.api.consent_schemas import DoubtOut, RecordedOut
from ledger.api.shell import Blueprint as Described
from ledger.consent import queries, service
from ledger.consent.queries import QuarantineView
from ledger.consent.rules.choices import WORDS_MAX, Source
from ledger.consent.rules.fhir import Doubtful
from ledger.consent.rules.fhir.proposing import Proposal, words_of
from ledger.consent.rules.spelling import terms_to_json
from ledger.consent.service.importing import media_type
from ledger.core import clock
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge import cursors
from ledger.edge.guard import current_actor, requires

blueprint = Blueprint("quarantine", __name__, url_prefix="/api/v1/quarantine")


class ClosureIn(ma.Schema):
    """What was recorded in its place, if anything, and why."""

    consent_id = fields.UUID(load_default=None, allow_none=True)
    words = fields.String(required=True, validate=validate.Length(1, WORDS_MAX))


class QuarantinedOut(ma.Schema):
    """Something that waits."""

    id = fields.UUID()
    patient_id = fields.UUID()
    doubts = fields.List(fields.Nested(DoubtOut))
    received_at = fields.AwareDateTime(format="iso")
    asked_at = fields.AwareDateTime(format="iso", allow_none=True)
    age_days = fields.Integer(metadata={"description": "Whole days since it came."})
    entry_id = fields.UUID()


class ProposalOut(ma.Schema):
    """A reading that a person may confirm: as a yes or a no, with the resource that says so."""

    base = fields.String()
    corrected = fields.Raw()
    terms = fields.Raw(allow_none=True)
    doubts = fields.List(fields.Nested(DoubtOut))


class CaseOut(QuarantinedOut):
    """All that somebody needs who settles one: what came, what is in doubt, what it may mean."""

    release = fields.String()
    original = fields.Raw()
    proposals = fields.List(fields.Nested(ProposalOut))


class AcceptanceIn(ma.Schema):
    """The consent as somebody confirms it: who, when and how in words, and the resource."""

    corrected = fields.Dict(required=True)
    source = fields.Enum(Source, by_value=True, required=True)
    words = fields.String(required=True, validate=validate.Length(1, WORDS_MAX))


class QuestionIn(ma.Schema):
    """What the sender was asked."""

    words = fields.String(required=True, validate=validate.Length(1, WORDS_MAX))


class QuarantineOut(ma.Schema):
    """A page of what waits, oldest first."""

    items = fields.List(fields.Nested(QuarantinedOut))


@blueprint.get("")
@Described.answers(200, QuarantineOut)
@requires(Permission.CONSENT_IMPORT)
def waiting() -> ResponseReturnValue:
    """List what waits for a person of the caller's organisation."""
    limit, after = cursors.limit(), cursors.after(of="quarantine", shape=(str,))
    last = UUID(after[0]) if after else None
    found = queries.quarantined(db.session(), current_actor(), after=last, limit=limit + 1)
    more = (str(found[limit - 1].id),) if len(found) > limit else None
    items = [_item(one, clock.now()) for one in found[:limit]]
    return {"items": items}, 200, cursors.links(next_after=more, of="quarantine")


@blueprint.get("/<uuid:quarantine_id>/evidence")
@requires(Permission.CONSENT_IMPORT)
def evidence(quarantine_id: UUID) -> ResponseReturnValue:
    """Read the very bytes that came."""
    found = queries.quarantine_case(db.session(), current_actor(), quarantine_id)
    headers = {"Content-Disposition": "attachment; filename=consent.json"}
    kind = media_type(found.release)
    return Response(found.original, 200, headers, content_type=kind)


@blueprint.post("/<uuid:quarantine_id>/closure")
@Described.takes(ClosureIn)
@Described.answers(204)
@requires(Permission.CONSENT_IMPORT)
def close(quarantine_id: UUID) -> ResponseReturnValue:
    """Settle it: say what was recorded in its place, and why."""
    asked = ClosureIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        service.close_quarantine(work, quarantine_id, **asked)
    return "", 204


@blueprint.get("/<uuid:quarantine_id>")
@Described.answers(200, CaseOut)
@requires(Permission.CONSENT_IMPORT)
def case(quarantine_id: UUID) -> ResponseReturnValue:
    """Read all that is needed to settle one: the original, the doubts, and what it may mean."""
    now = clock.now()
    found = queries.quarantine_case(db.session(), current_actor(), quarantine_id)
    return {
        **_item(found.view, now),
        "release": found.release.value,
        "original": json.loads(found.original),
        "proposals": [_proposal(one) for one in found.proposals],
    }


@blueprint.post("/<uuid:quarantine_id>/acceptance")
@Described.takes(AcceptanceIn)
@Described.answers(201, RecordedOut)
@requires(Permission.CONSENT_IMPORT)
def accept(quarantine_id: UUID) -> ResponseReturnValue:
    """Enforce it as the patient or their clinician confirms it, from now on."""
    asked = AcceptanceIn().load(request.get_json())
    actor = current_actor()
    release = queries.quarantine_case(db.session(), actor, quarantine_id).release
    with unit_of_work(actor) as work:
        done = service.accept_quarantined(
            work,
            quarantine_id,
            corrected=json.dumps(asked["corrected"]).encode(),
            release=release,
            source=asked["source"],
            words=asked["words"],
        )
    where = url_for("consents.read", consent_id=done.consent_id)
    return RecordedOut().dump(done), 201, {"Location": where}


@blueprint.post("/<uuid:quarantine_id>/question")
@Described.takes(QuestionIn)
@Described.answers(204)
@requires(Permission.CONSENT_IMPORT)
def ask(quarantine_id: UUID) -> ResponseReturnValue:
    """Note that its sender was asked what was meant. It still waits."""
    asked = QuestionIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        service.ask_sender(work, quarantine_id, **asked)
    return "", 204


def _item(view: QuarantineView, now: datetime) -> dict[str, Any]:
    body: dict[str, Any] = QuarantinedOut(exclude=("doubts", "age_days")).dump(view)
    age = (now - view.received_at).days
    return {**body, "age_days": age, "doubts": [_doubt(*one) for one in view.doubts]}


def _doubt(reason: str, element: str) -> dict[str, str]:
    return {"reason": reason, "element": element, "words": words_of(Doubtful(reason))}


def _proposal(one: Proposal) -> dict[str, Any]:
    return {
        "base": one.base.value,
        "corrected": json.loads(one.corrected),
        "terms": None if one.terms is None else terms_to_json(one.terms),
        "doubts": [_doubt(doubt.reason.value, doubt.element) for doubt in one.doubts],
    }
