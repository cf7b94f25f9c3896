"""Consents that are another patient's, and what was seen because of them, over HTTP."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from ledger.access.breaches import queries, service
from ledger.api.shell import Blueprint as Described
from ledger.consent.service import correcting
from ledger.consent.service.granting import Said
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once, once_done

blueprint = Blueprint("corrections", __name__, url_prefix="/api/v1")


class MisfiledIn(ma.Schema):
    """Whose a consent is; null if it is recorded for nobody else."""

    right_patient_id = ma.fields.UUID(required=True, allow_none=True)
    words = ma.fields.String(load_default=None, allow_none=True)


class CorrectedOut(ma.Schema):
    """What was recorded: that it was entered in error, and the consent of the right patient."""

    entry_id = ma.fields.UUID()
    consent_id = ma.fields.UUID(allow_none=True)


class StandByIn(ma.Schema):
    """What the patient adds, in their own words."""

    words = ma.fields.String(load_default=None, allow_none=True)


class StandByOut(ma.Schema):
    """Which entry says that the patient stands by it."""

    entry_id = ma.fields.UUID()


class BreachLineOut(ma.Schema):
    """A possible breach, as a list has it."""

    id = ma.fields.UUID()
    patient_id = ma.fields.UUID()
    consent_id = ma.fields.UUID()
    organisation_id = ma.fields.UUID()
    decisions = ma.fields.Integer()
    found_at = ma.fields.DateTime()
    due_at = ma.fields.DateTime()
    settled_at = ma.fields.DateTime(allow_none=True)
    notified = ma.fields.Boolean(allow_none=True)


class BreachOut(BreachLineOut):
    """A possible breach, with the decisions that it lists."""

    entry_ids = ma.fields.List(ma.fields.UUID())


class BreachesOut(ma.Schema):
    """What one's organisation has to find out, what is due first at the top."""

    items = ma.fields.List(ma.fields.Nested(BreachLineOut))


class FindingIn(ma.Schema):
    """What came of it, and whether the Information Commissioner was told."""

    notified = ma.fields.Boolean(required=True)
    finding = ma.fields.String(required=True)


@blueprint.post("/consents/<uuid:consent_id>/misfiled")
@Described.takes(MisfiledIn)
@Described.answers(201, CorrectedOut)
@requires(Permission.PATIENT_CORRECT)
def misfiled(consent_id: UUID) -> ResponseReturnValue:
    """Record that a consent was recorded for the wrong patient, and for the right one."""
    asked = MisfiledIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:

        def carry_out() -> dict[str, Any]:
            body: dict[str, Any] = CorrectedOut().dump(
                correcting.misfiled(work, consent_id, **asked)
            )
            return body

        body = once(work, carry_out)
    return body, 201


@blueprint.post("/consents/<uuid:consent_id>/stand-by")
@Described.takes(StandByIn)
@Described.answers(200, StandByOut)
@requires(Permission.CONSENT_GRANT)
def stand_by(consent_id: UUID) -> ResponseReturnValue:
    """Record that the patient stands by a yes that another of their records speaks against."""
    asked = StandByIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:

        def carry_out() -> dict[str, Any]:
            said = Said(words=asked["words"])
            entry_id = correcting.stand_by(work, consent_id, said=said)
            body: dict[str, Any] = StandByOut().dump({"entry_id": entry_id})
            return body

        return once(work, carry_out)


@blueprint.get("/breaches")
@Described.answers(200, BreachesOut)
@requires(Permission.PATIENT_CORRECT)
def breaches() -> ResponseReturnValue:
    """Show what one's organisation has to find out."""
    found = queries.waiting(db.session(), current_actor())
    body: dict[str, Any] = BreachesOut().dump({"items": found})
    return body


@blueprint.get("/breaches/<uuid:breach_id>")
@Described.answers(200, BreachOut)
@requires(Permission.PATIENT_CORRECT)
def breach(breach_id: UUID) -> ResponseReturnValue:
    """Show one possible breach, and the decisions that it lists."""
    found = queries.breach(db.session(), current_actor(), breach_id)
    body: dict[str, Any] = BreachOut().dump(found)
    return body


@blueprint.post("/breaches/<uuid:breach_id>/settle")
@Described.takes(FindingIn)
@Described.answers(204)
@requires(Permission.PATIENT_CORRECT)
def settle(breach_id: UUID) -> ResponseReturnValue:
    """Record what came of a possible breach."""
    asked = FindingIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        once_done(work, service.settle, breach_id, **asked)
    return "", 204
