"""Many statements of many patients in one request, for programs that bring in what was said."""

from typing import Any, Final

import marshmallow as ma
from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate

from ledger.api import problem
from ledger.api.consent_schemas import (
    DissentIn,
    DoubtOut,
    RecordedOut,
    choice_of,
    said_in,
    waiting_out,
)
from ledger.api.shell import Blueprint as Described
from ledger.consent import service
from ledger.consent.rules.model import Effect
from ledger.consent.service import Recorded, Result, Statement, Waiting
from ledger.core.errors import Fault, Invalid
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once

STATEMENTS_MAX: Final = 500
_ANSWERS: Final = {"yes": Effect.PERMIT, "no": Effect.DENY}

blueprint = Blueprint("consent_batch", __name__, url_prefix="/api/v1")


class StatementIn(DissentIn):
    """What one patient said. A yes needs an agreement; a no, with none, is to everybody's."""

    patient_id = fields.UUID(required=True)
    answer = fields.String(required=True, validate=validate.OneOf(tuple(_ANSWERS)))

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> Statement:
        """Return the value that the command takes."""
        return Statement(
            patient_id=data["patient_id"],
            effect=_ANSWERS[data["answer"]],
            agreement_id=data["agreement_id"],
            choice=choice_of(data),
            said=said_in(data),
            answers=data["answers"],
        )


class BatchIn(ma.Schema):
    """Statements, each of which is recorded or refused by itself."""

    statements = fields.List(
        fields.Nested(StatementIn), required=True, validate=validate.Length(1, STATEMENTS_MAX)
    )


class ItemProblemOut(ma.Schema):
    """Why nothing was recorded for a statement (RFC 9457)."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    errors = fields.List(fields.Dict(keys=fields.String(), values=fields.String()))


class ResultOut(ma.Schema):
    """What a statement would have been answered by itself: 201, 202, or a problem's status."""

    status = fields.Integer()
    consent_id = fields.UUID()
    quarantine_id = fields.UUID()
    entry_id = fields.UUID()
    doubts = fields.List(fields.Nested(DoubtOut))
    problem = fields.Nested(ItemProblemOut)


class BatchOut(ma.Schema):
    """What became of each statement, in the order of the request."""

    results = fields.List(fields.Nested(ResultOut))


@blueprint.post("/consents/batch")
@Described.takes(BatchIn)
@Described.answers(200, BatchOut)
@requires(Permission.CONSENT_WITHDRAW)
def record_many() -> ResponseReturnValue:
    """Record up to 500 statements, each as if it were sent by itself.

    One that is refused, or cannot be read, changes nothing and keeps no other back. All that are
    recorded are committed together. Send an `Idempotency-Key`, and the same request again is
    answered the same, and records nothing twice.
    """
    read = [_read(one) for one in _listed(request.get_json())]

    def carry_out(work: UnitOfWork) -> dict[str, Any]:
        good = [one for one in read if isinstance(one, Statement)]
        done = iter(service.say_many(work, good))
        return {"results": [_out(next(done) if isinstance(r, Statement) else r) for r in read]}

    with unit_of_work(current_actor()) as work:
        body = once(work, lambda: carry_out(work))
    return body, 200


def _listed(body: object) -> list[Any]:
    """Return the statements as they came. Raises `Invalid`: the list as a whole is not one."""
    found = body["statements"] if isinstance(body, dict) and set(body) == {"statements"} else None
    if not isinstance(found, list) or not 0 < len(found) <= STATEMENTS_MAX:
        fault = Fault("/statements", f"send a list of 1 to {STATEMENTS_MAX}, and nothing beside it")
        raise Invalid(fault.detail, [fault])
    return found


def _read(one: Any) -> Statement | ma.ValidationError:
    try:
        statement: Statement = StatementIn().load(one)
    except ma.ValidationError as error:
        return error
    return statement


def _out(result: Result | ma.ValidationError) -> dict[str, Any]:
    if isinstance(result, Recorded):
        recorded: dict[str, Any] = RecordedOut().dump(result)
        return {"status": 201, **recorded}
    if isinstance(result, Waiting):
        return {"status": 202, **waiting_out(result)}
    why = problem.member(result)
    return {"status": why["status"], "problem": why}
