"""What patients ask, or complain of, about one look: over HTTP."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from ledger.access import service as looking
from ledger.access.matters import queries, service
from ledger.access.matters.queries import MatterView
from ledger.access.matters.rules import WORDS_MAX, Outcome, Sort
from ledger.api.looks import OverrideOut
from ledger.api.shell import Blueprint as Described
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once

blueprint = Blueprint("matters", __name__, url_prefix="/api/v1")
_WORDS = ma.validate.Length(1, WORDS_MAX)


class MatterIn(ma.Schema):
    """A question or complaint about one decision."""

    look_id = ma.fields.UUID(required=True)
    sort = ma.fields.Enum(Sort, by_value=True, required=True)
    words = ma.fields.String(required=True, validate=_WORDS)


class AnswerIn(ma.Schema):
    """What was found, and the answer that the patient reads."""

    outcome = ma.fields.Enum(Outcome, by_value=True, required=True)
    words = ma.fields.String(required=True, validate=_WORDS)


class AgainIn(ma.Schema):
    """What is not settled."""

    words = ma.fields.String(required=True, validate=_WORDS)


class StepOut(ma.Schema):
    """Something that happened; no words: none were said, or they are erased."""

    kind = ma.fields.String()
    at = ma.fields.AwareDateTime(format="iso")
    words = ma.fields.String(allow_none=True)
    entry_id = ma.fields.UUID()


class MatterLineOut(ma.Schema):
    """A question or complaint, as a list has it."""

    id = ma.fields.UUID()
    patient_id = ma.fields.UUID()
    look_id = ma.fields.UUID()
    asking_id = ma.fields.UUID()
    owner_id = ma.fields.UUID()
    escalated_to = ma.fields.UUID(allow_none=True)
    sort = ma.fields.String()
    raised_at = ma.fields.AwareDateTime(format="iso")
    acknowledge_by = ma.fields.Date()
    answer_by = ma.fields.Date()
    acknowledged_at = ma.fields.AwareDateTime(format="iso", allow_none=True)
    answered_at = ma.fields.AwareDateTime(format="iso", allow_none=True)
    outcome = ma.fields.String(allow_none=True)


class MatterOut(MatterLineOut):
    """A question or complaint, with all that was said."""

    steps = ma.fields.List(ma.fields.Nested(StepOut))


class MattersOut(ma.Schema):
    """Questions and complaints."""

    items = ma.fields.List(ma.fields.Nested(MatterLineOut))


@blueprint.post("/patients/<uuid:patient_id>/matters")
@Described.takes(MatterIn)
@Described.answers(201, MatterOut)
@requires(Permission.MATTER_RAISE)
def ask(patient_id: UUID) -> ResponseReturnValue:
    """Ask why somebody looked, or complain of it."""
    asked = MatterIn().load(request.get_json())
    actor = current_actor()
    with unit_of_work(actor) as work:

        def carry_out() -> dict[str, Any]:
            matter_id = service.raise_matter(work, patient_id=patient_id, **asked)
            return _dump(queries.matter(work.session, actor, matter_id))

        body = once(work, carry_out)
    where = url_for("matters.read_own", patient_id=body["patient_id"], matter_id=body["id"])
    return body, 201, {"Location": where}


@blueprint.get("/patients/<uuid:patient_id>/matters")
@Described.answers(200, MattersOut)
@requires(Permission.MATTER_RAISE)
def of_patient(patient_id: UUID) -> ResponseReturnValue:
    """List what was asked and complained of, the latest first."""
    found = queries.of_patient(db.session(), current_actor(), patient_id)
    body: dict[str, Any] = MattersOut().dump({"items": found})
    return body


@blueprint.get("/matters")
@Described.answers(200, MattersOut)
@requires(Permission.MATTER_ANSWER)
def waiting() -> ResponseReturnValue:
    """List what waits for an answer at the organisation one acts for, what is due first on top."""
    found = queries.waiting(db.session(), current_actor())
    body: dict[str, Any] = MattersOut().dump({"items": found})
    return body


@blueprint.get("/matters/<uuid:matter_id>")
@Described.answers(200, MatterOut)
@requires(Permission.MATTER_ANSWER)
def read(matter_id: UUID) -> ResponseReturnValue:
    """Read one that one's organisation answers, with all that was said."""
    return _dump(queries.matter(db.session(), current_actor(), matter_id))


@blueprint.get("/patients/<uuid:patient_id>/matters/<uuid:matter_id>")
@Described.answers(200, MatterOut)
@requires(Permission.MATTER_RAISE)
def read_own(patient_id: UUID, matter_id: UUID) -> ResponseReturnValue:
    """Read one that was raised for a patient, with all that was said."""
    found = queries.matter(db.session(), current_actor(), matter_id)
    if found.patient_id != patient_id:
        raise NotFound("no such question or complaint")
    return _dump(found)


@blueprint.post("/matters/<uuid:matter_id>/acknowledgement")
@Described.answers(204)
@requires(Permission.MATTER_ANSWER)
def acknowledge(matter_id: UUID) -> ResponseReturnValue:
    """Say that it was read and will be answered."""
    with unit_of_work(current_actor()) as work:
        service.acknowledge(work, matter_id)
    return "", 204


@blueprint.post("/matters/<uuid:matter_id>/answer")
@Described.takes(AnswerIn)
@Described.answers(204)
@requires(Permission.MATTER_ANSWER)
def answer(matter_id: UUID) -> ResponseReturnValue:
    """Answer it. What was improper is put right: see the reference page on consent."""
    asked = AnswerIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        service.answer(work, matter_id, **asked)
    return "", 204


@blueprint.post("/matters/<uuid:matter_id>/reopening")
@Described.takes(AgainIn)
@Described.answers(204)
@requires(Permission.MATTER_RAISE)
def again(matter_id: UUID) -> ResponseReturnValue:
    """Raise it again: the answer did not settle it."""
    asked = AgainIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        service.reopen(work, matter_id, **asked)
    return "", 204


@blueprint.post("/overrides/<uuid:override_id>/end")
@Described.answers(200, OverrideOut)
@requires(Permission.ACCESS_OVERRIDE)
def end(override_id: UUID) -> ResponseReturnValue:
    """End one's own broken glass before its minutes are over."""
    with unit_of_work(current_actor()) as work:
        ended = looking.end_override(work, override_id)
        body: dict[str, Any] = OverrideOut().dump(ended)
    return body


def _dump(view: MatterView) -> dict[str, Any]:
    body: dict[str, Any] = MatterOut().dump(view)
    return body
