"""Consents from elsewhere that wait for a person: listing, reading, settling."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate

from ledger.api.shell import Blueprint as Described
from ledger.consent import queries, service
from ledger.consent.queries import QuarantineView
from ledger.consent.rules.choices import WORDS_MAX
from ledger.consent.service.importing import MEDIA_TYPE
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


class DoubtOut(ma.Schema):
    """Why it is not enforced, and the element that this is about."""

    reason = fields.String()
    element = fields.String()


class QuarantinedOut(ma.Schema):
    """Something that waits."""

    id = fields.UUID()
    patient_id = fields.UUID()
    doubts = fields.List(fields.Nested(DoubtOut))
    received_at = fields.AwareDateTime(format="iso")
    entry_id = fields.UUID()


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
    items = [_item(one) for one in found[:limit]]
    return {"items": items}, 200, cursors.links(next_after=more, of="quarantine")


@blueprint.get("/<uuid:quarantine_id>/evidence")
@requires(Permission.CONSENT_IMPORT)
def evidence(quarantine_id: UUID) -> ResponseReturnValue:
    """Read the very bytes that came."""
    kept = queries.quarantined_bytes(db.session(), current_actor(), quarantine_id)
    headers = {"Content-Disposition": "attachment; filename=consent.json"}
    return Response(kept, 200, headers, content_type=MEDIA_TYPE)


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


def _item(view: QuarantineView) -> dict[str, Any]:
    doubts = [{"reason": reason, "element": element} for reason, element in view.doubts]
    body: dict[str, Any] = QuarantinedOut(exclude=("doubts",)).dump(view)
    return {**body, "doubts": doubts}
