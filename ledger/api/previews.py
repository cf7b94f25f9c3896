"""What a choice would change, before it is made: over HTTP. Nothing of it is kept."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from ledger.access import gains
from ledger.api.consent_schemas import DissentIn, GrantIn, choice_of, said_in
from ledger.api.shell import Blueprint as Described
from ledger.consent import queries, service
from ledger.core import clock
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.edge.guard import current_actor, requires

blueprint = Blueprint("previews", __name__, url_prefix="/api/v1")


class ChangeOut(ma.Schema):
    """What changes for people in one role, for one purpose and one holder's data."""

    organisation_id = ma.fields.UUID()
    holder_id = ma.fields.UUID()
    role = ma.fields.String()
    purpose = ma.fields.String()
    caring = ma.fields.Boolean()
    gained = ma.fields.List(ma.fields.String())
    lost = ma.fields.List(ma.fields.String())
    partly = ma.fields.List(ma.fields.String())


class PreviewOut(ma.Schema):
    """Who would gain and who would lose; an empty list is: nobody."""

    changes = ma.fields.List(ma.fields.Nested(ChangeOut))


@blueprint.post("/patients/<uuid:patient_id>/consents/preview")
@Described.takes(GrantIn)
@Described.answers(200, PreviewOut)
@requires(Permission.CONSENT_GRANT)
def granting(patient_id: UUID) -> ResponseReturnValue:
    """Say who would gain and who would lose by a yes; it refuses what the yes would refuse."""
    asked = GrantIn().load(request.get_json())

    def command(work: UnitOfWork) -> object:
        return service.grant(
            work,
            patient_id=patient_id,
            agreement_id=asked["agreement_id"],
            choice=choice_of(asked),
            said=said_in(asked),
            answers=asked["answers"],
        )

    return _previewed(patient_id, command)


@blueprint.post("/patients/<uuid:patient_id>/dissents/preview")
@Described.takes(DissentIn)
@Described.answers(200, PreviewOut)
@requires(Permission.CONSENT_WITHDRAW)
def dissenting(patient_id: UUID) -> ResponseReturnValue:
    """Say who would lose by a no."""
    asked = DissentIn().load(request.get_json())

    def command(work: UnitOfWork) -> object:
        return service.dissent(
            work,
            patient_id=patient_id,
            agreement_id=asked["agreement_id"],
            choice=choice_of(asked),
            said=said_in(asked),
            answers=asked["answers"],
        )

    return _previewed(patient_id, command)


@blueprint.post("/consents/<uuid:consent_id>/withdrawal/preview")
@Described.answers(200, PreviewOut)
@requires(Permission.CONSENT_WITHDRAW)
def withdrawing(consent_id: UUID) -> ResponseReturnValue:
    """Say who would gain and who would lose if it were taken back."""
    found = queries.consent(db.session(), current_actor(), consent_id, now=clock.now())
    db.session.rollback()
    return _previewed(found.patient_id, lambda work: service.withdraw(work, consent_id))


def _previewed(patient_id: UUID, command: Callable[[UnitOfWork], object]) -> ResponseReturnValue:
    found = gains.preview(current_actor(), patient_id, command)
    changes = [one for each in found.values() for one in each]
    body: dict[str, Any] = PreviewOut().dump({"changes": changes})
    return body
