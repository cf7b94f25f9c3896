"""Acting for somebody else, over HTTP: powers, capacity, and what proxies disagree about."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue

from ledger.api.acting_schemas import (
    CapacityIn,
    DeathIn,
    DisagreementsOut,
    PowerCreatedOut,
    PowerEndIn,
    PowerIn,
    PowersOut,
    SettlementIn,
    SuspensionIn,
    WhomOut,
    WordsIn,
)
from ledger.api.shell import Blueprint as Described
from ledger.consent.proxies import service as proxies
from ledger.core import clock
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.permissions import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.directory.acting import findings, queries, service, views
from ledger.directory.acting.basis import CODES, SYSTEM
from ledger.directory.acting.views import PowerView
from ledger.edge import accounts
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once, once_done

blueprint = Blueprint("acting_api", __name__, url_prefix="/api/v1")


@blueprint.get("/acting-for")
@Described.answers(200, WhomOut)
@requires(Permission.PROFILE_READ)
def whom() -> ResponseReturnValue:
    """Say for whom the caller may act now. Name one in the header On-Behalf-Of to do it."""
    person_id = current_actor().person_id
    found = queries.whom(db.session(), person_id, clock.now()) if person_id else ()
    items = [
        {
            "patient_id": one.patient_id,
            "name": one.name,
            "kind": one.kind,
            "scope": sorted(one.scope),
        }
        for one in found
    ]
    answer: dict[str, Any] = WhomOut().dump({"items": items})
    return answer


@blueprint.get("/patients/<uuid:patient_id>/powers")
@Described.answers(200, PowersOut)
@requires(Permission.POWER_READ)
def powers(patient_id: UUID) -> ResponseReturnValue:
    """List who may act for a patient, by what right, and whether it holds now."""
    with unit_of_work(current_actor()) as work:
        on = service.resource(work, patient_id)
        if not work.may(Permission.POWER_READ, on=on):
            raise NotFound("no such patient")
    found = views.powers_over(db.session(), patient_id, clock.now())
    answer: dict[str, Any] = PowersOut().dump({"items": [_out(one) for one in found]})
    return answer


@blueprint.post("/patients/<uuid:patient_id>/powers")
@Described.takes(PowerIn)
@Described.answers(201, PowerCreatedOut)
@requires(Permission.POWER_RECORD)
def record(patient_id: UUID) -> ResponseReturnValue:
    """Record that somebody may act for a patient; an attorney or deputy waits to be verified."""
    asked = PowerIn().load(request.get_json())
    made: dict[str, Any] = {}
    with unit_of_work(current_actor()) as work:

        def carry_out() -> dict[str, Any]:
            power_id, invited = service.record_power(work, patient_id=patient_id, **asked)
            made["invited"] = invited
            return {"id": str(power_id), "person_id": str(invited.person_id)}

        answer = once(work, carry_out)
    invited, link = made.get("invited"), None
    if invited is not None and invited.needs_invitation:
        token = accounts.invite(invited.person_id, asked["email"])
        link = f"{current_app.extensions['settings'].public_url}/invitation/{token}"
    return {**answer, "invitation": link}, 201, {"Cache-Control": "no-store"}


@blueprint.post("/powers/<uuid:power_id>/verification")
@Described.answers(204)
@requires(Permission.POWER_VERIFY)
def verify(power_id: UUID) -> ResponseReturnValue:
    """Record that a second person has looked at the evidence of a power."""
    return _do(lambda work: service.verify(work, power_id=power_id))


@blueprint.post("/powers/<uuid:power_id>/suspension")
@Described.takes(SuspensionIn)
@Described.answers(204)
@requires(Permission.POWER_SUSPEND)
def suspend(power_id: UUID) -> ResponseReturnValue:
    """Stop a power for the time being, at once."""
    asked = SuspensionIn().load(request.get_json())
    return _do(lambda work: service.suspend(work, power_id=power_id, **asked))


@blueprint.post("/powers/<uuid:power_id>/resumption")
@Described.takes(WordsIn)
@Described.answers(204)
@requires(Permission.POWER_SUSPEND)
def resume(power_id: UUID) -> ResponseReturnValue:
    """Let a suspended power hold again."""
    asked = WordsIn().load(request.get_json())
    return _do(lambda work: service.resume(work, power_id=power_id, **asked))


@blueprint.post("/powers/<uuid:power_id>/end")
@Described.takes(PowerEndIn)
@Described.answers(204)
@requires(Permission.POWER_END)
def end(power_id: UUID) -> ResponseReturnValue:
    """End a power, from now on."""
    asked = PowerEndIn().load(request.get_json())
    return _do(lambda work: service.end(work, power_id=power_id, **asked))


@blueprint.post("/patients/<uuid:patient_id>/capacity")
@Described.takes(CapacityIn)
@Described.answers(204)
@requires(Permission.CAPACITY_RECORD)
def capacity(patient_id: UUID) -> ResponseReturnValue:
    """Record whether a patient decides about sharing for themselves."""
    asked = CapacityIn().load(request.get_json())
    return _do(lambda work: findings.record_capacity(work, patient_id=patient_id, **asked))


@blueprint.post("/patients/<uuid:patient_id>/death")
@Described.takes(DeathIn)
@Described.answers(204)
@requires(Permission.DEATH_RECORD)
def death(patient_id: UUID) -> ResponseReturnValue:
    """Record that a patient has died: every power over them ends."""
    asked = DeathIn().load(request.get_json())
    return _do(lambda work: findings.record_death(work, patient_id=patient_id, **asked))


@blueprint.get("/disagreements")
@Described.answers(200, DisagreementsOut)
@requires(Permission.CONSENT_SETTLE)
def in_dispute() -> ResponseReturnValue:
    """List where those who speak for a patient disagree, among patients one may settle it for."""
    with unit_of_work(current_actor()) as work:
        found = proxies.in_dispute(work)
    items = [
        {"patient_id": one, "purposes": each.purposes, "yes": each.yes, "no": each.no}
        for one, each in found
    ]
    answer: dict[str, Any] = DisagreementsOut().dump({"items": items})
    return answer


@blueprint.post("/patients/<uuid:patient_id>/disagreements/settlement")
@Described.takes(SettlementIn)
@Described.answers(204)
@requires(Permission.CONSENT_SETTLE)
def settle(patient_id: UUID) -> ResponseReturnValue:
    """Settle a disagreement: one side counts no more until somebody says it anew."""
    asked = SettlementIn().load(request.get_json())
    asked["set_aside"] = frozenset(asked["set_aside"])
    return _do(lambda work: proxies.settle(work, patient_id=patient_id, **asked))


def _out(one: PowerView) -> dict[str, Any]:
    return {
        **{
            name: getattr(one, name) for name in ("id", "patient_id", "person_id", "person", "kind")
        },
        "basis": one.basis,
        "system": SYSTEM,
        "code": CODES[one.basis],
        "scope": sorted(one.scope),
        "from_on": one.from_on,
        "until_on": one.until_on,
        "verified": one.verified,
        "suspended": one.paused,
        "ended": one.ended,
        "holds": one.holds,
        "entry_id": one.entry_id,
    }


def _do(command: Callable[[UnitOfWork], None]) -> ResponseReturnValue:
    with unit_of_work(current_actor()) as work:
        once_done(work, command)
    return "", 204
