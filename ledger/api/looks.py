"""Who looked, and the broken glass: over HTTP."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from ledger.access import queries, service
from ledger.access.queries import Looked, OverrideView
from ledger.access.rules.overrides import WORDS_MAX
from ledger.access.rules.words import OverrideReason
from ledger.api.shell import Blueprint as Described
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge import cursors
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once

blueprint = Blueprint("looks", __name__, url_prefix="/api/v1")


class OverrideIn(ma.Schema):
    """The glass to break: one patient, one reason."""

    patient_id = ma.fields.UUID(required=True)
    organisation_id = ma.fields.UUID(required=True)
    reason_code = ma.fields.Enum(OverrideReason, by_value=True, required=True)
    reason = ma.fields.String(required=True, validate=ma.validate.Length(1, WORDS_MAX))


class ReviewIn(ma.Schema):
    """What a reviewer found."""

    justified = ma.fields.Boolean(required=True)
    finding = ma.fields.String(required=True, validate=ma.validate.Length(1, WORDS_MAX))


class OverrideOut(ma.Schema):
    """A broken glass."""

    id = ma.fields.UUID()
    patient_id = ma.fields.UUID()
    person_id = ma.fields.UUID()
    organisation_id = ma.fields.UUID()
    reason_code = ma.fields.String()
    opened_at = ma.fields.AwareDateTime(format="iso")
    ends_at = ma.fields.AwareDateTime(format="iso")
    reviewed_at = ma.fields.AwareDateTime(format="iso", allow_none=True)
    justified = ma.fields.Boolean(allow_none=True)


class OverrideForReview(OverrideOut):
    """A broken glass, with what was said; null where that is erased."""

    reason = ma.fields.String(allow_none=True)


class OverridesOut(ma.Schema):
    """The broken glass of one organisation; what waits for a review comes first."""

    items = ma.fields.List(ma.fields.Nested(OverrideForReview))


class LookedOut(ma.Schema):
    """One decision about a patient."""

    entry_id = ma.fields.UUID()
    at = ma.fields.AwareDateTime(format="iso")
    person_id = ma.fields.UUID(allow_none=True)
    asked_by = ma.fields.String(allow_none=True)
    roles = ma.fields.List(ma.fields.String())
    organisation_id = ma.fields.UUID()
    holder_id = ma.fields.UUID()
    purpose = ma.fields.String()
    category = ma.fields.String()
    action = ma.fields.String()
    allowed = ma.fields.Boolean()
    outcome = ma.fields.String()
    reason = ma.fields.String()
    words = ma.fields.String()
    regime = ma.fields.String()
    lines = ma.fields.List(ma.fields.String())
    consent_ids = ma.fields.List(ma.fields.UUID())


class LooksOut(ma.Schema):
    """Decisions about a patient, newest first."""

    items = ma.fields.List(ma.fields.Nested(LookedOut))


@blueprint.get("/patients/<uuid:patient_id>/looks")
@Described.answers(200, LooksOut)
@requires(Permission.ACCESS_HISTORY)
def looks(patient_id: UUID) -> ResponseReturnValue:
    """List who asked about a patient, what for, and what they were told."""
    limit, after = cursors.limit(), cursors.after(of="looks", shape=(int,))
    found = queries.looked(
        db.session(),
        current_actor(),
        patient_id,
        before=after[0] if after else None,
        limit=limit + 1,
    )
    more = (found[limit - 1].position,) if len(found) > limit else None
    items = [_looked(each) for each in found[:limit]]
    return {"items": items}, 200, cursors.links(next_after=more, of="looks")


@blueprint.post("/overrides")
@Described.takes(OverrideIn)
@Described.answers(201, OverrideOut)
@requires(Permission.ACCESS_OVERRIDE)
def break_the_glass() -> ResponseReturnValue:
    """Break the glass for one patient. It is recorded, told to the patient, and reviewed."""
    asked = OverrideIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        body = once(work, lambda: _dump(service.open_override(work, **asked)))
    return body, 201, {"Location": url_for("looks.overrides", _anchor=str(body["id"]))}


@blueprint.get("/overrides")
@Described.answers(200, OverridesOut)
@requires(Permission.ACCESS_REVIEW)
def overrides() -> ResponseReturnValue:
    """List the broken glass of the organisation that one acts for."""
    found = queries.overrides(db.session(), current_actor(), limit=cursors.limit())
    return {"items": [_override(each) for each in found]}


@blueprint.post("/overrides/<uuid:override_id>/review")
@Described.takes(ReviewIn)
@Described.answers(200, OverrideOut)
@requires(Permission.ACCESS_REVIEW)
def review(override_id: UUID) -> ResponseReturnValue:
    """Close the review of a broken glass. Whoever broke it cannot."""
    found = ReviewIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        return once(work, lambda: _dump(service.review_override(work, override_id, **found)))


def _dump(override: object) -> dict[str, Any]:
    body: dict[str, Any] = OverrideOut().dump(override)
    return body


def _override(override: OverrideView) -> dict[str, Any]:
    body: dict[str, Any] = OverrideForReview().dump(override)
    return body


def _looked(each: Looked) -> dict[str, Any]:
    body: dict[str, Any] = LookedOut().dump(each)
    return body | {"roles": sorted(each.roles), "lines": list(each.lines)}
