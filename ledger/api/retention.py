"""Keeping and forgetting, over HTTP: holds, requests to be erased, disposal by two people."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from ledger.api.shell import Blueprint as Described
from ledger.core import clock
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.directory import service
from ledger.directory.retention import disposals, holds, queries, requests
from ledger.directory.retention.queries import DueView
from ledger.directory.retention.rules import WORDS_MAX, Ground, HoldReason
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once, once_done

blueprint = Blueprint("retention_api", __name__, url_prefix="/api/v1")

_WORDS = ma.validate.Length(1, WORDS_MAX)


class HoldIn(ma.Schema):
    """What to hold, as ``patient:<id>``, ``person:``, ``agreement:`` or ``pool:``, and why."""

    subject = ma.fields.String(required=True, validate=ma.validate.Length(1, 64))
    reason = ma.fields.Enum(HoldReason, by_value=True, required=True)
    why = ma.fields.String(required=True, validate=_WORDS)
    review_on = ma.fields.Date(load_default=None)


class WhyIn(ma.Schema):
    """Why, in one's own words."""

    why = ma.fields.String(required=True, validate=_WORDS)


class AskIn(ma.Schema):
    """What a patient adds to their request, if anything."""

    why = ma.fields.String(load_default="", validate=ma.validate.Length(0, WORDS_MAX))


class DeclineIn(WhyIn):
    """The ground in law on which a request is declined, and why."""

    ground = ma.fields.Enum(Ground, by_value=True, required=True)


class ClassIn(ma.Schema):
    """The class of which to dispose of what is due."""

    retention_class = ma.fields.String(required=True, validate=ma.validate.Length(1, 40))


class MadeOut(ma.Schema):
    """What was made."""

    id = ma.fields.UUID()


class HoldOut(ma.Schema):
    """A hold; its words are null where they are gone."""

    id = ma.fields.UUID()
    subject = ma.fields.String()
    reason = ma.fields.String()
    words = ma.fields.String(allow_none=True)
    review_on = ma.fields.Date(allow_none=True)
    placed_at = ma.fields.AwareDateTime(format="iso")
    placed_by = ma.fields.String()
    lifted_at = ma.fields.AwareDateTime(format="iso", allow_none=True)


class RequestOut(ma.Schema):
    """A request to be erased."""

    id = ma.fields.UUID()
    patient_id = ma.fields.UUID()
    asked_at = ma.fields.AwareDateTime(format="iso")
    words = ma.fields.String(allow_none=True)
    answered_at = ma.fields.AwareDateTime(format="iso", allow_none=True)
    outcome = ma.fields.String(allow_none=True)
    answer = ma.fields.String(allow_none=True)
    held = ma.fields.Boolean()


class DisposalOut(ma.Schema):
    """A disposal that was proposed."""

    id = ma.fields.UUID()
    retention_class = ma.fields.String()
    parts = ma.fields.Integer()
    due_by = ma.fields.Date()
    proposer = ma.fields.String()
    proposed_at = ma.fields.AwareDateTime(format="iso")
    decided_at = ma.fields.AwareDateTime(format="iso", allow_none=True)
    decider = ma.fields.String(allow_none=True)
    approved = ma.fields.Boolean(allow_none=True)


class DueOut(ma.Schema):
    """What is due of a class."""

    retention_class = ma.fields.String()
    period = ma.fields.String()
    runs_from = ma.fields.String()
    basis = ma.fields.String()
    source = ma.fields.String()
    parts = ma.fields.Integer()
    subjects = ma.fields.Integer()


class RetentionOut(ma.Schema):
    """All that stands and waits."""

    holds = ma.fields.List(ma.fields.Nested(HoldOut))
    requests = ma.fields.List(ma.fields.Nested(RequestOut))
    disposals = ma.fields.List(ma.fields.Nested(DisposalOut))
    due = ma.fields.List(ma.fields.Nested(DueOut))


@blueprint.get("/retention")
@Described.answers(200, RetentionOut)
@requires(Permission.RETENTION_READ)
def show() -> ResponseReturnValue:
    """List the holds that stand, the requests and disposals that wait, and what is due."""
    session, actor = db.session(), current_actor()
    body: dict[str, Any] = RetentionOut().dump(
        {
            "holds": queries.holds(session, actor),
            "requests": queries.requests(session, actor),
            "disposals": queries.disposals(session, actor),
            "due": [_due(each) for each in queries.due(session, actor, today=clock.today())],
        }
    )
    return body, 200, {"Cache-Control": "no-store"}


@blueprint.post("/retention/holds")
@Described.takes(HoldIn)
@Described.answers(201, MadeOut)
@requires(Permission.RETENTION_HOLD)
def place() -> ResponseReturnValue:
    """Place a hold: nothing of what it stands on is erased or disposed of until it is lifted."""
    asked = HoldIn().load(request.get_json())
    return _made(lambda work: holds.place_hold(work, **asked)), 201


@blueprint.post("/retention/holds/<uuid:hold_id>/lifting")
@Described.takes(WhyIn)
@Described.answers(204)
@requires(Permission.RETENTION_HOLD)
def lift(hold_id: UUID) -> ResponseReturnValue:
    """Lift a hold."""
    asked = WhyIn().load(request.get_json())
    return _done(lambda work: holds.lift_hold(work, hold_id=hold_id, **asked))


@blueprint.post("/patients/<uuid:patient_id>/erasure-requests")
@Described.takes(AskIn)
@Described.answers(201, MadeOut)
@requires(Permission.ERASURE_ASK)
def ask(patient_id: UUID) -> ResponseReturnValue:
    """Ask that what is kept about a patient is erased."""
    asked = AskIn().load(request.get_json())
    return _made(lambda work: requests.ask_erasure(work, patient_id=patient_id, **asked)), 201


@blueprint.post("/erasure-requests/<uuid:request_id>/refusal")
@Described.takes(DeclineIn)
@Described.answers(204)
@requires(Permission.PATIENT_ERASE)
def decline(request_id: UUID) -> ResponseReturnValue:
    """Decline a request to be erased, on a ground in law."""
    asked = DeclineIn().load(request.get_json())
    return _done(lambda work: requests.decline_erasure(work, request_id=request_id, **asked))


@blueprint.post("/people/<uuid:person_id>/erasure")
@Described.answers(204)
@requires(Permission.PATIENT_ERASE)
def erase_person(person_id: UUID) -> ResponseReturnValue:
    """Make who a member of staff was unreadable, and end their way in; evidence is kept."""
    return _done(lambda work: service.erase_person(work, person_id=person_id))


@blueprint.post("/retention/disposals")
@Described.takes(ClassIn)
@Described.answers(201, MadeOut)
@requires(Permission.RETENTION_PROPOSE)
def propose() -> ResponseReturnValue:
    """Propose to destroy what is due of a class. Somebody else decides."""
    asked = ClassIn().load(request.get_json())
    return _made(lambda work: disposals.propose_disposal(work, **asked)), 201


@blueprint.post("/retention/disposals/<uuid:disposal_id>/approval")
@Described.answers(204)
@requires(Permission.RETENTION_APPROVE)
def approve(disposal_id: UUID) -> ResponseReturnValue:
    """Approve a disposal that somebody else proposed: the values are gone for ever."""
    return _done(lambda work: disposals.approve_disposal(work, disposal_id=disposal_id))


@blueprint.post("/retention/disposals/<uuid:disposal_id>/refusal")
@Described.answers(204)
@requires(Permission.RETENTION_APPROVE)
def refuse(disposal_id: UUID) -> ResponseReturnValue:
    """Leave what somebody else proposed as it is."""
    return _done(lambda work: disposals.decline_disposal(work, disposal_id=disposal_id))


def _made(carry_out: Callable[[UnitOfWork], UUID]) -> dict[str, Any]:
    with unit_of_work(current_actor()) as work:
        return once(work, lambda: {"id": str(carry_out(work))})


def _done(carry_out: Callable[[UnitOfWork], object]) -> ResponseReturnValue:
    with unit_of_work(current_actor()) as work:
        once_done(work, carry_out)
    return "", 204


def _due(view: DueView) -> dict[str, Any]:
    its = view.retention_class
    return {
        "retention_class": its.name,
        "period": its.period,
        "runs_from": its.runs,
        "basis": its.basis,
        "source": its.source,
        "parts": view.parts,
        "subjects": view.subjects,
    }
