"""The grounds of payments over HTTP: kept, read back, and paid by."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from ledger.api import funding_schemas as wire
from ledger.api.funding_model_schemas import DIGEST, Exact, OutcomesOut
from ledger.api.funding_posting import dumped
from ledger.api.shell import Blueprint as Described
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.rehearsing import rehearse
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once
from ledger.edge.pools import pool_in_sight
from ledger.funding.evidence import queries
from ledger.funding.evidence import service as evidence
from ledger.funding.queries.restated import restated
from ledger.funding.rules.rosters import Purpose
from ledger.funding.service import adjustments, rosters
from ledger.funding.service.posting import Outcome

blueprint = Blueprint("funding_evidence", __name__, url_prefix="/api/v1/pools/<uuid:pool_id>")


class EvidenceIn(Schema):
    """What evidence is, beside its bytes: given in the address."""

    purpose = fields.Enum(Purpose, by_value=True, required=True)
    reference = wire.words()


class ByRosterIn(wire.EventIn):
    """Paying by a roster that is kept."""

    scheme_id = fields.UUID(required=True)
    roster_digest = fields.String(required=True, validate=DIGEST)
    rate_minor = Exact(
        load_default=None,
        allow_none=True,
        metadata={"description": "For one person a month, where the roster gives no rate."},
    )
    withhold_rate = Exact(load_default=lambda: Fraction(0), metadata={"default": "0"})
    preview = fields.Boolean(
        load_default=False, metadata={"description": "Compute everything, record nothing."}
    )


class RosterRunIn(ByRosterIn):
    """A month to pay for by head."""

    month = fields.Date(required=True, metadata={"description": "Any day of the month."})


class RosterMendIn(ByRosterIn):
    """Months that another roster puts right."""

    months = fields.List(fields.Date(), required=True, validate=validate.Length(min=1, max=60))


class ByNeedIn(wire.EventIn):
    """An amount to divide between the places of a service."""

    title = wire.words()
    total_minor = wire.amount(required=True)
    populations_digest = fields.String(required=True, validate=DIGEST)
    preview = fields.Boolean(load_default=False)


class ReversingAccrualIn(wire.AccrualIn):
    """An accrual of a period's end, undone on the first day of the next."""


@blueprint.post("/evidence")
@requires(Permission.POOL_SPEND)
def keep(pool_id: UUID) -> ResponseReturnValue:
    """Keep the bytes that are sent as grounds of payments; a roster is read row by row first."""
    said = EvidenceIn().load(request.args.to_dict())
    content = request.get_data()
    with unit_of_work(current_actor()) as work:

        def done() -> dict[str, Any]:
            kept = evidence.keep(
                work, pool_id, content=content, media_type=request.mimetype, **said
            )
            return {"digest": kept.digest, "again": kept.again}

        body = once(work, done)
    return body, 201


@blueprint.get("/evidence")
@Described.answers(200, wire.ItemsOut)
@requires(Permission.POOL_READ)
def list_kept(pool_id: UUID) -> ResponseReturnValue:
    """List what is kept as grounds of payments, newest first."""
    found = queries.evidence(db.session(), pool_in_sight(pool_id))
    return {
        "items": [
            {
                "digest": one.digest,
                "purpose": one.purpose,
                "media_type": one.media_type,
                "size": one.size,
                "reference": one.reference,
                "kept_at": one.kept_at.isoformat(),
                "entry_id": str(one.entry_id),
            }
            for one in found
        ]
    }


@blueprint.get("/evidence/<digest>")
@requires(Permission.POOL_READ)
def show(pool_id: UUID, digest: str) -> Response:
    """Download what is kept under a digest: a roster, an outcome, a settlement's inputs."""
    view, content = queries.content(db.session(), pool_in_sight(pool_id), digest)
    return Response(
        content,
        content_type=view.media_type if view else "application/json",
        headers={"Content-Disposition": f'attachment; filename="evidence-{digest[:12]}"'},
    )


@blueprint.get("/settlements")
@Described.answers(200, wire.ItemsOut)
@requires(Permission.POOL_READ)
def list_settlements(pool_id: UUID) -> ResponseReturnValue:
    """List how far each sharing of a gain or loss has got, and what stands posted."""
    found = queries.settlements(db.session(), pool_in_sight(pool_id))
    return {
        "items": [
            {
                "settlement_id": str(one.id),
                "scheme_id": str(one.scheme_id),
                "run": one.run,
                "inputs_digest": one.inputs_digest,
                "posted": [
                    {"organisation_id": str(party), "amount_minor": part}
                    for party, part in one.posted_minor.items()
                ],
            }
            for one in found
        ]
    }


@blueprint.post("/capitation/by-roster")
@Described.takes(RosterRunIn)
@Described.answers(201, OutcomesOut)
@requires(Permission.POOL_SPEND)
def run(pool_id: UUID) -> ResponseReturnValue:
    """Pay providers by head for a month as a kept roster counts them, or preview that."""
    return _tried(RosterRunIn, rosters.run, pool_id)


@blueprint.post("/capitation/corrections/by-roster")
@Described.takes(RosterMendIn)
@Described.answers(201, OutcomesOut)
@requires(Permission.POOL_SPEND)
def correct(pool_id: UUID) -> ResponseReturnValue:
    """Post what another roster makes different in the months that are named, or preview that."""
    return _tried(RosterMendIn, rosters.correct, pool_id)


@blueprint.post("/divisions/by-need")
@Described.takes(ByNeedIn)
@Described.answers(201, OutcomesOut)
@requires(Permission.POOL_ALLOCATE)
def divide(pool_id: UUID) -> ResponseReturnValue:
    """Divide an amount between a service's places by kept need-weighted populations."""

    def command(work: UnitOfWork, pool_id: UUID, **asked: Any) -> Sequence[Outcome]:
        return [rosters.divide_by_need(work, pool_id, **asked)]

    return _tried(ByNeedIn, command, pool_id)


@blueprint.post("/accruals/reversing")
@Described.takes(ReversingAccrualIn)
@Described.answers(201, wire.OutcomeOut)
@requires(Permission.POOL_SPEND)
def accrue_reversing(pool_id: UUID) -> ResponseReturnValue:
    """Record an accrual that is undone by itself on the first day of the next period."""
    asked = ReversingAccrualIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:

        def done() -> dict[str, Any]:
            outcome, due_on = adjustments.accrue_reversing(work, pool_id, **asked)
            return {**dumped(outcome), "reversed_on": due_on.isoformat()}

        body = once(work, done)
    return body, 201


@blueprint.get("/periods/<uuid:period_id>/restated")
@requires(Permission.POOL_READ)
def show_restated(pool_id: UUID, period_id: UUID) -> ResponseReturnValue:
    """Show a period as it was posted, and with later corrections where they belong."""
    said = restated(db.session(), pool_in_sight(pool_id), period_id)
    return {
        "first_day": said.period.first_day.isoformat(),
        "last_day": said.period.last_day.isoformat(),
        "accounts": [
            {
                "account": account.code,
                "posted_minor": said.posted_minor.get(account, 0),
                "corrected_minor": said.corrected_minor.get(account, 0),
                "restated_minor": amount_minor,
            }
            for account, amount_minor in said.restated_minor.items()
        ],
        "corrections": [
            {
                "transaction_id": str(one.transaction_id),
                "effective_on": one.effective_on.isoformat(),
                "relates_to": one.relates_to.isoformat(),
            }
            for one in said.corrections
        ],
    }


def _tried(
    schema: type[Schema], command: Callable[..., Sequence[Outcome]], pool_id: UUID
) -> ResponseReturnValue:
    """Carry a command out once for each Idempotency-Key, or only say what would come of it."""
    asked = schema().load(request.get_json())
    if asked.pop("preview"):
        outcomes = rehearse(current_actor(), lambda work: command(work, pool_id, **asked))
        return {"preview": True, "items": [_foreseen(one) for one in outcomes]}, 200
    with unit_of_work(current_actor()) as work:
        body = once(
            work, lambda: {"items": [dumped(one) for one in command(work, pool_id, **asked)]}
        )
    return body, 201


def _foreseen(outcome: Outcome) -> dict[str, Any]:
    """Return what would come of an event: what each account would hold, and no id."""
    return {
        "event": outcome.event,
        "waiting": outcome.waiting,
        "overspent_minor": outcome.overspent_minor,
        "accounts": [
            {"account": account.code, "before_minor": before, "after_minor": after}
            for account, (before, after) in outcome.moved.items()
        ],
    }
