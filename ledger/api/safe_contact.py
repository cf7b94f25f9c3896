"""Where a patient is told what is about them, over HTTP: theirs to read and to choose."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from ledger.api.shell import Blueprint as Described
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.messages.contact import queries, service
from ledger.messages.contact.entries import Where

blueprint = Blueprint("safe_contact", __name__, url_prefix="/api/v1")


class SafeContactIn(ma.Schema):
    """Where, and the address if it is one of their own."""

    where = ma.fields.Enum(Where, by_value=True, required=True)
    address = ma.fields.String(load_default=None, allow_none=True)


class SafeContactOut(ma.Schema):
    """What they chose; by e-mail to where they sign in, if nothing."""

    where = ma.fields.Enum(Where, by_value=True)
    address = ma.fields.String(allow_none=True)


@blueprint.get("/patients/<uuid:patient_id>/safe-contact")
@Described.answers(200, SafeContactOut)
@requires(Permission.PROFILE_READ)
def show(patient_id: UUID) -> ResponseReturnValue:
    """Read where you are told what is about you. Nobody else can."""
    found = queries.own_contact(db.session(), current_actor(), patient_id)
    body: dict[str, Any] = SafeContactOut().dump(found)
    return body, 200, {"Cache-Control": "no-store"}


@blueprint.put("/patients/<uuid:patient_id>/safe-contact")
@Described.takes(SafeContactIn)
@Described.answers(204)
@requires(Permission.PROFILE_READ)
def choose(patient_id: UUID) -> ResponseReturnValue:
    """Choose where you are told what is about you from now on. Nobody who acts for you can."""
    asked = SafeContactIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        service.choose_contact(work, patient_id, **asked)
    return "", 204
