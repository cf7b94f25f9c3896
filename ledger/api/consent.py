"""Consents over HTTP: saying yes and no, sharing less, taking back, and looking."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from ledger.api.consent_schemas import (
    ConsentOut,
    ConsentsOut,
    DissentIn,
    GrantIn,
    NarrowingIn,
    RecordedOut,
    RefusalIn,
    WaitingOut,
    WithdrawalIn,
    choice_of,
    said_in,
    waiting_out,
)
from ledger.api.shell import Blueprint as Described
from ledger.consent import queries, service
from ledger.consent.service import Recorded, Waiting
from ledger.core import clock
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.edge import cursors, etags
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once

blueprint = Blueprint("consents", __name__, url_prefix="/api/v1")


@blueprint.get("/patients/<uuid:patient_id>/consents")
@Described.answers(200, ConsentsOut)
@requires(Permission.CONSENT_READ)
def of_patient(patient_id: UUID) -> ResponseReturnValue:
    """List what a patient has said, the latest first."""
    limit, after = cursors.limit(), cursors.after(of="consents", shape=(int, str))
    found = queries.of_patient(
        db.session(),
        current_actor(),
        patient_id,
        now=clock.now(),
        before=(after[0], UUID(after[1])) if after else None,
        limit=limit + 1,
    )
    last = found[limit - 1] if len(found) > limit else None
    more = (last.order, str(last.id)) if last else None
    items = ConsentOut(many=True).dump(found[:limit])
    return {"items": items}, 200, cursors.links(next_after=more, of="consents")


@blueprint.post("/patients/<uuid:patient_id>/consents")
@Described.takes(GrantIn)
@Described.answers(201, RecordedOut)
@Described.answers(202, WaitingOut, says="Recorded; it waits for a person, and shares nothing.")
@requires(Permission.CONSENT_GRANT)
def grant(patient_id: UUID) -> ResponseReturnValue:
    """Record that a patient agrees to share, under an agreement that is in force.

    A form that was signed before the patient said no to something is answered 202: it is kept,
    a privacy officer settles it, and until then nothing changes.
    """
    asked = GrantIn().load(request.get_json())

    def command(work: UnitOfWork) -> Recorded | Waiting:
        return service.grant_or_wait(
            work,
            patient_id=patient_id,
            agreement_id=asked["agreement_id"],
            choice=choice_of(asked),
            said=said_in(asked),
            answers=asked["answers"],
        )

    return _recorded(command)


@blueprint.post("/patients/<uuid:patient_id>/dissents")
@Described.takes(DissentIn)
@Described.answers(201, RecordedOut)
@requires(Permission.CONSENT_WITHDRAW)
def dissent(patient_id: UUID) -> ResponseReturnValue:
    """Record a no that stands until it is taken back."""
    asked = DissentIn().load(request.get_json())

    def command(work: UnitOfWork) -> Recorded:
        return service.dissent(
            work,
            patient_id=patient_id,
            agreement_id=asked["agreement_id"],
            choice=choice_of(asked),
            said=said_in(asked),
            answers=asked["answers"],
        )

    return _recorded(command)


@blueprint.post("/patients/<uuid:patient_id>/refusals")
@Described.takes(RefusalIn)
@Described.answers(201, RecordedOut)
@requires(Permission.CONSENT_WITHDRAW)
def refuse(patient_id: UUID) -> ResponseReturnValue:
    """Record that a patient answers no to a question, and nothing else changes."""
    asked = RefusalIn().load(request.get_json())

    def command(work: UnitOfWork) -> Recorded:
        return service.refuse(
            work,
            patient_id=patient_id,
            agreement_id=asked["agreement_id"],
            choice=choice_of(asked),
            reason=asked["reason"],
            said=said_in(asked),
            answers=asked["answers"],
        )

    return _recorded(command)


@blueprint.get("/consents/<uuid:consent_id>")
@Described.answers(200, ConsentOut)
@requires(Permission.CONSENT_READ)
def read(consent_id: UUID) -> ResponseReturnValue:
    """Read a consent and everything that happened to it."""
    found = queries.consent(db.session(), current_actor(), consent_id, now=clock.now())
    return ConsentOut().dump(found), 200, etags.header(found.version)


@blueprint.post("/consents/<uuid:consent_id>/withdrawal")
@Described.takes(WithdrawalIn)
@Described.answers(201, RecordedOut)
@requires(Permission.CONSENT_WITHDRAW)
def withdraw(consent_id: UUID) -> ResponseReturnValue:
    """Take back what was said, from now on."""
    asked = WithdrawalIn().load(request.get_json() if request.get_data() else {})

    def command(work: UnitOfWork) -> Recorded:
        etags.require_match(service.version(work, consent_id))
        return service.withdraw(work, consent_id, reason=asked["reason"], said=said_in(asked))

    return _recorded(command)


@blueprint.post("/consents/<uuid:consent_id>/versions")
@Described.takes(NarrowingIn)
@Described.answers(201, RecordedOut)
@requires(Permission.CONSENT_WITHDRAW)
def narrow(consent_id: UUID) -> ResponseReturnValue:
    """Share less under the same consent, from now on."""
    asked = NarrowingIn().load(request.get_json())

    def command(work: UnitOfWork) -> Recorded:
        etags.require_match(service.version(work, consent_id))
        return service.narrow(
            work,
            consent_id,
            choice=choice_of(asked),
            reason=asked["reason"],
            said=said_in(asked),
        )

    return _recorded(command)


def _recorded(command: Callable[[UnitOfWork], Recorded | Waiting]) -> ResponseReturnValue:
    """Carry a command out, once for each Idempotency-Key, and answer with what it recorded."""
    with unit_of_work(current_actor()) as work:

        def carry_out() -> dict[str, Any]:
            done = command(work)
            if isinstance(done, Waiting):
                return waiting_out(done)
            body: dict[str, Any] = RecordedOut().dump(done)
            return body

        body = once(work, carry_out)
    if "quarantine_id" in body:
        return body, 202
    return body, 201, {"Location": url_for("consents.read", consent_id=body["consent_id"])}
