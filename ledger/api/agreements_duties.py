"""Duties over HTTP: what is owed, what days come, and organisations' own keys and seals."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from ledger.agreements import queries, service
from ledger.api.agreements_duty_schemas import (
    CalendarOut,
    CertificateIn,
    KeyIn,
    KeysOut,
    ObligationsOut,
    SealIn,
)
from ledger.api.shell import Blueprint as Described
from ledger.core import clock
from ledger.core.db import db
from ledger.core.errors import Fault, Invalid
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, public, requires
from ledger.edge.once import once

blueprint = Blueprint("agreements_duties", __name__, url_prefix="/api/v1")

_DAYS_MAX = 3660


@blueprint.get("/agreement-obligations")
@Described.answers(200, ObligationsOut)
@requires(Permission.AGREEMENT_READ)
def obligations() -> ResponseReturnValue:
    """List what is to be destroyed or returned, soonest first; ``overdue=1`` for that alone."""
    found = queries.obligations(
        db.session(),
        current_actor(),
        today=clock.today(),
        overdue_only=request.args.get("overdue") == "1",
    )
    body: dict[str, Any] = ObligationsOut().dump({"items": found})
    return body


@blueprint.post("/agreements/<uuid:agreement_id>/certificates")
@Described.takes(CertificateIn)
@requires(Permission.AGREEMENT_CERTIFY)
def certify(agreement_id: UUID) -> ResponseReturnValue:
    """Certify that one's organisation destroyed or returned what it received."""
    asked = CertificateIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        body = once(
            work,
            lambda: {"certificate_sha256": service.certify(work, agreement_id, **asked)},
        )
    return body, 201


@blueprint.get("/agreement-calendar")
@Described.answers(200, CalendarOut)
@requires(Permission.AGREEMENT_READ)
def calendar() -> ResponseReturnValue:
    """List the ends and reviews of the next ``days`` (default 365) of what one may read."""
    text = request.args.get("days", "365")
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:9]) <= _DAYS_MAX):
        fault = Fault("days", f"give a whole number from 1 to {_DAYS_MAX}")
        raise Invalid("the days cannot be used", [fault])
    today = clock.today()
    found = queries.calendar(
        db.session(), current_actor(), first=today, last=today + timedelta(days=int(text))
    )
    body: dict[str, Any] = CalendarOut().dump({"items": found})
    return body


@blueprint.get("/organisations/<uuid:organisation_id>/sealing-keys")
@Described.answers(200, KeysOut)
@public("a seal is worth something because anybody can check it")
def sealing_keys(organisation_id: UUID) -> ResponseReturnValue:
    """List the public keys by which an organisation's seals are checked, past ones too."""
    found = queries.sealing_keys(db.session(), organisation_id)
    body: dict[str, Any] = KeysOut().dump({"items": found})
    return body


@blueprint.post("/sealing-keys")
@Described.takes(KeyIn)
@requires(Permission.SIGNATORY_APPOINT)
def add_key() -> ResponseReturnValue:
    """Register a public key of one's organisation, by which it seals what is signed for it."""
    asked = KeyIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        body = once(work, lambda: {"id": str(service.add_key(work, **asked))})
    return body, 201


@blueprint.delete("/sealing-keys/<uuid:key_id>")
@Described.answers(204)
@requires(Permission.SIGNATORY_APPOINT)
def end_key(key_id: UUID) -> ResponseReturnValue:
    """Let a key seal nothing more, from today on."""
    with unit_of_work(current_actor()) as work:
        service.end_key(work, key_id)
    return "", 204


@blueprint.put("/agreements/<uuid:agreement_id>/versions/<int:number>/seal")
@Described.takes(SealIn)
@Described.answers(204)
@requires(Permission.AGREEMENT_SIGN)
def seal(agreement_id: UUID, number: int) -> ResponseReturnValue:
    """Seal one's organisation's signature afterwards, by its own key."""
    asked = SealIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        service.seal(work, agreement_id, number=number, **asked)
    return "", 204
