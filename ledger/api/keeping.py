"""The opt-out register, who stands aside, and what privacy officers settle: over HTTP."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from ledger.access import queries, service
from ledger.access.keeping import queries as keeping
from ledger.access.keeping import registers, settling, standing
from ledger.access.keeping.rules import WORDS_MAX, Ground, Lists, RecusalReason
from ledger.api.shell import Blueprint as Described
from ledger.consent.marks import service as marks
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge import cursors
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once

blueprint = Blueprint("keeping", __name__, url_prefix="/api/v1")
_WORDS = ma.validate.Length(1, WORDS_MAX)


class RegisterQuery(ma.Schema):
    """What the file is: whom it names, and when the register was asked."""

    lists = ma.fields.Enum(Lists, by_value=True, required=True)
    checked_at = ma.fields.AwareDateTime(format="iso", required=True)


class RegisterOut(ma.Schema):
    """What an import did."""

    n = ma.fields.Integer()
    listed = ma.fields.Integer()
    not_here = ma.fields.Integer(attribute="unknown")
    opted_out = ma.fields.Integer()
    changed = ma.fields.Integer()


class HidingIn(ma.Schema):
    """Whether those who care for a patient are not even told that something is withheld."""

    hidden = ma.fields.Boolean(required=True)


class RecusalIn(ma.Schema):
    """Who steps aside, for whom, and why."""

    person_id = ma.fields.UUID(required=True)
    patient_id = ma.fields.UUID(required=True)
    organisation_id = ma.fields.UUID(required=True)
    reason = ma.fields.Enum(RecusalReason, by_value=True, required=True)
    words = ma.fields.String(required=True, validate=_WORDS)


class RecusalEndIn(ma.Schema):
    """Who may look again, at whose record."""

    person_id = ma.fields.UUID(required=True)
    patient_id = ma.fields.UUID(required=True)


class SuspensionIn(ma.Schema):
    """Who is suspended: one person acting for an organisation, or all of it."""

    organisation_id = ma.fields.UUID(required=True)
    person_id = ma.fields.UUID(load_default=None, allow_none=True)
    reason = ma.fields.String(required=True, validate=_WORDS)


class SuspensionOut(ma.Schema):
    """A suspension."""

    id = ma.fields.UUID()


class FindingIn(ma.Schema):
    """What somebody found, or why, in words."""

    finding = ma.fields.String(required=True, validate=_WORDS)


class ReasonIn(ma.Schema):
    """Why, in words."""

    reason = ma.fields.String(required=True, validate=_WORDS)


class WithholdingIn(ma.Schema):
    """Until when a patient is not told of a broken glass, and on what ground."""

    ground = ma.fields.Enum(Ground, by_value=True, required=True)
    ends_at = ma.fields.AwareDateTime(format="iso", required=True)
    words = ma.fields.String(required=True, validate=_WORDS)


class ConflictOut(ma.Schema):
    """Something that decisions met."""

    id = ma.fields.UUID()
    patient_id = ma.fields.UUID()
    organisation_id = ma.fields.UUID()
    met = ma.fields.String()
    purpose = ma.fields.String()
    raised_at = ma.fields.AwareDateTime(format="iso")


class ConflictsOut(ma.Schema):
    """What waits at one organisation, the oldest first."""

    items = ma.fields.List(ma.fields.Nested(ConflictOut))


class CopyOut(ma.Schema):
    """The copy of the opt-out register that counts; nulls if there is none."""

    n = ma.fields.Integer(allow_none=True)
    checked_at = ma.fields.AwareDateTime(format="iso", allow_none=True)
    imported_at = ma.fields.AwareDateTime(format="iso", allow_none=True)


@blueprint.post("/opt-out-register/imports")
@Described.answers(201, RegisterOut)
@requires(Permission.OPT_OUT_IMPORT)
def import_register() -> ResponseReturnValue:
    """Bring in a copy of the opt-out register: a file of NHS numbers, one a line; all or nothing.

    In the address: ``lists`` (``opted-out`` or ``upheld``) and ``checked_at``.
    """
    asked = RegisterQuery().load(request.args.to_dict())
    content = request.get_data(cache=False)
    with unit_of_work(current_actor()) as work:

        def carry_out() -> dict[str, Any]:
            done = registers.import_register(work, content=content, **asked)
            body: dict[str, Any] = RegisterOut().dump(done)
            return body

        return once(work, carry_out), 201


@blueprint.get("/opt-out-register")
@Described.answers(200, CopyOut)
@requires(Permission.OPT_OUT_IMPORT)
def register() -> ResponseReturnValue:
    """Say which copy of the opt-out register counts, and when it was checked."""
    found = keeping.register(db.session())
    body: dict[str, Any] = CopyOut().dump(found or {"n": None})
    return body


@blueprint.put("/patients/<uuid:patient_id>/hiding")
@Described.takes(HidingIn)
@Described.answers(204)
@requires(Permission.CONSENT_GRANT)
def hiding(patient_id: UUID) -> ResponseReturnValue:
    """Choose whether those who care for a patient are told that something is withheld."""
    asked = HidingIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        marks.choose_hiding(work, patient_id, **asked)
    return "", 204


@blueprint.post("/recusals")
@Described.takes(RecusalIn)
@Described.answers(204)
@requires(Permission.STANDING_RECORD)
def recuse() -> ResponseReturnValue:
    """Record that somebody steps aside for a patient: they see nothing of them as staff."""
    asked = RecusalIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        standing.recuse(work, **asked)
    return "", 204


@blueprint.post("/recusals/end")
@Described.takes(RecusalEndIn)
@Described.answers(204)
@requires(Permission.STANDING_RECORD)
def end_recusal() -> ResponseReturnValue:
    """Record that somebody may look at a patient again. They cannot say so themselves."""
    asked = RecusalEndIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        standing.end_recusal(work, **asked)
    return "", 204


@blueprint.post("/suspensions")
@Described.takes(SuspensionIn)
@Described.answers(201, SuspensionOut)
@requires(Permission.STANDING_RECORD)
def suspend() -> ResponseReturnValue:
    """Suspend a person acting for an organisation; or all of it, which only the host does."""
    asked = SuspensionIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        body = once(work, lambda: {"id": str(standing.suspend(work, **asked))})
    return body, 201


@blueprint.delete("/suspensions/<uuid:suspension_id>")
@Described.answers(204)
@requires(Permission.STANDING_RECORD)
def lift(suspension_id: UUID) -> ResponseReturnValue:
    """End a suspension. Nobody ends their own."""
    with unit_of_work(current_actor()) as work:
        standing.lift(work, suspension_id)
    return "", 204


@blueprint.post("/overrides/<uuid:override_id>/second")
@Described.takes(ReasonIn)
@Described.answers(204)
@requires(Permission.ACCESS_OVERRIDE)
def second(override_id: UUID) -> ResponseReturnValue:
    """Stand by a colleague's broken glass because others are at risk."""
    asked = ReasonIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        service.second_override(work, override_id, **asked)
    return "", 204


@blueprint.post("/overrides/<uuid:override_id>/withholding")
@Described.takes(WithholdingIn)
@Described.answers(204)
@requires(Permission.ACCESS_REVIEW)
def withhold(override_id: UUID) -> ResponseReturnValue:
    """Decide that a patient is not told of a broken glass until a moment; it ends by itself."""
    asked = WithholdingIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        settling.withhold_telling(work, override_id, **asked)
    return "", 204


@blueprint.post("/overrides/<uuid:override_id>/withholding/confirmation")
@Described.takes(ReasonIn)
@Described.answers(204)
@requires(Permission.ACCESS_REVIEW)
def confirm_withholding(override_id: UUID) -> ResponseReturnValue:
    """Stand by a colleague's decision that a patient is not told, so that it counts to its day."""
    asked = ReasonIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        settling.confirm_withholding(work, override_id, words=asked["reason"])
    return "", 204


@blueprint.get("/conflicts")
@Described.answers(200, ConflictsOut)
@requires(Permission.ACCESS_REVIEW)
def conflicts() -> ResponseReturnValue:
    """List what decisions met and somebody has to settle, at the organisation one acts for."""
    found = queries.conflicts(db.session(), current_actor(), limit=cursors.limit())
    body: dict[str, Any] = ConflictsOut().dump({"items": found})
    return body


@blueprint.post("/conflicts/<uuid:conflict_id>/settlement")
@Described.takes(FindingIn)
@Described.answers(204)
@requires(Permission.ACCESS_REVIEW)
def settle(conflict_id: UUID) -> ResponseReturnValue:
    """Close what decisions met: somebody has looked, and says what was done."""
    asked = FindingIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        settling.settle(work, conflict_id, **asked)
    return "", 204
