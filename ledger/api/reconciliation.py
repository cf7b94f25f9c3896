"""Reconciliations over HTTP: send a statement, read the result, say what matches, sign."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from ledger.api import reconciliation_schemas as wire
from ledger.api.funding_schemas import ItemsOut
from ledger.api.shell import Blueprint as Described
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once, once_done
from ledger.edge.pools import pool_in_sight
from ledger.funding.reconciliation import queries
from ledger.funding.reconciliation import saying as reconciling_said
from ledger.funding.reconciliation import service as reconciling
from ledger.funding.reconciliation.queries import ReconciliationView, Result
from ledger.funding.reconciliation.rules.findings import Finding, Line

blueprint = Blueprint("reconciliation", __name__, url_prefix="/api/v1/pools/<uuid:pool_id>")


@blueprint.post("/codes")
@Described.takes(wire.CodesIn)
@requires(Permission.POOL_RECONCILE)
def map_codes(pool_id: UUID) -> ResponseReturnValue:
    """Keep how an organisation's general ledger codes the pool's accounts, as a new version."""
    said = wire.CodesIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        body = once(work, lambda: {"version": reconciling.map_codes(work, pool_id, **said)})
    return body, 201


@blueprint.get("/reconciliations")
@Described.answers(200, ItemsOut)
@requires(Permission.POOL_READ)
def list_all(pool_id: UUID) -> ResponseReturnValue:
    """List the reconciliations of a pool, the latest days first."""
    found = queries.reconciliations(db.session(), pool_in_sight(pool_id))
    return {"items": [head_out(one) for one in found]}


@blueprint.post("/reconciliations")
@Described.takes(wire.StatementIn)
@requires(Permission.POOL_RECONCILE)
def receive(pool_id: UUID) -> ResponseReturnValue:
    """Send a bank statement, or lines of a general ledger, as the text of a CSV file."""
    said = wire.StatementIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        body = once(work, lambda: {"id": str(reconciling.receive(work, pool_id, **said))})
    where = url_for("reconciliation.show", pool_id=pool_id, reconciliation_id=body["id"])
    return body, 201, {"Location": where}


@blueprint.get("/reconciliations/<uuid:reconciliation_id>")
@requires(Permission.POOL_READ)
def show(pool_id: UUID, reconciliation_id: UUID) -> ResponseReturnValue:
    """Show what matches, what does not and why, and the proof that it adds up."""
    pool_in_sight(pool_id)
    one = queries.reconciliation(db.session(), pool_id, reconciliation_id)
    if one.log_size is None:
        return head_out(one)
    return {**head_out(one), **result_out(queries.result(db.session(), one))}


@blueprint.post("/reconciliations/<uuid:reconciliation_id>/run")
@requires(Permission.POOL_RECONCILE)
def run(pool_id: UUID, reconciliation_id: UUID) -> ResponseReturnValue:
    """Compare the two sides, as of the log now."""
    return _done(reconciling.run, pool_id, reconciliation_id)


@blueprint.post("/reconciliations/<uuid:reconciliation_id>/matches")
@Described.takes(wire.FindingsIn)
@requires(Permission.POOL_RECONCILE)
def accept(pool_id: UUID, reconciliation_id: UUID) -> ResponseReturnValue:
    """Say that what is suggested is a match."""
    said = wire.FindingsIn().load(request.get_json())
    return _done(reconciling_said.accept, pool_id, reconciliation_id, said["findings"])


@blueprint.post("/reconciliations/<uuid:reconciliation_id>/matches/<finding>/rejection")
@requires(Permission.POOL_RECONCILE)
def reject(pool_id: UUID, reconciliation_id: UUID, finding: str) -> ResponseReturnValue:
    """Say that what is suggested is no match."""
    return _done(reconciling_said.reject, pool_id, reconciliation_id, finding)


@blueprint.delete("/reconciliations/<uuid:reconciliation_id>/matches/<finding>")
@requires(Permission.POOL_RECONCILE)
def undo(pool_id: UUID, reconciliation_id: UUID, finding: str) -> ResponseReturnValue:
    """Take back what was said of a match."""
    return _done(reconciling_said.undo, pool_id, reconciliation_id, finding)


@blueprint.put("/reconciliations/<uuid:reconciliation_id>/differences/<finding>")
@Described.takes(wire.ExplanationIn)
@requires(Permission.POOL_RECONCILE)
def explain(pool_id: UUID, reconciliation_id: UUID, finding: str) -> ResponseReturnValue:
    """Say why something does not match, which organisation sees to it, and by when."""
    said = wire.ExplanationIn().load(request.get_json())
    return _done(reconciling_said.explain, pool_id, reconciliation_id, finding, **said)


@blueprint.post("/reconciliations/<uuid:reconciliation_id>/preparation")
@requires(Permission.POOL_RECONCILE)
def prepare(pool_id: UUID, reconciliation_id: UUID) -> ResponseReturnValue:
    """Have done with it, so that somebody else looks at it."""
    return _done(reconciling_said.prepare, pool_id, reconciliation_id)


@blueprint.post("/reconciliations/<uuid:reconciliation_id>/return")
@requires(Permission.POOL_RECONCILE)
def give_back(pool_id: UUID, reconciliation_id: UUID) -> ResponseReturnValue:
    """Have it worked on again, instead of signing it."""
    return _done(reconciling_said.give_back, pool_id, reconciliation_id)


@blueprint.post("/reconciliations/<uuid:reconciliation_id>/signature")
@requires(Permission.POOL_RECONCILE)
def sign(pool_id: UUID, reconciliation_id: UUID) -> ResponseReturnValue:
    """Sign what somebody else prepared."""
    return _done(reconciling_said.sign, pool_id, reconciliation_id)


def _done(command: Callable[..., object], *given: object, **named: object) -> ResponseReturnValue:
    with unit_of_work(current_actor()) as work:
        once_done(work, command, *given, **named)
    return "", 204


def head_out(one: ReconciliationView) -> dict[str, Any]:
    """Return what a reconciliation is, as a client sees it."""
    return {
        "id": str(one.id),
        "organisation_id": str(one.organisation_id),
        "source": one.source,
        "first_day": one.first_day.isoformat(),
        "last_day": one.last_day.isoformat(),
        "opening_minor": one.opening_minor,
        "closing_minor": one.closing_minor,
        "file_sha256": one.file_digest,
        "lines_count": one.lines_count,
        "log_size": one.log_size,
        "rules_version": one.rules_version,
        "codes_version": one.codes_version,
        "prepared_by": one.prepared_by and str(one.prepared_by),
        "signed_by": one.signed_by and str(one.signed_by),
        "signed_at": one.signed_at and one.signed_at.isoformat(),
        "result_sha256": one.result_digest,
    }


def result_out(found: Result) -> dict[str, Any]:
    """Return what came of a comparison."""
    proof = found.proof
    return {
        "computed_sha256": found.digest,
        "findings": [_finding(one, found) for one in found.findings],
        "rejected": list(found.rejected),
        "proof": {
            "holds": proof.holds,
            "theirs_minor": proof.closing[0],
            "ours_minor": proof.closing[1],
            "difference_minor": proof.difference_minor,
            "listed_minor": proof.listed_minor,
            "before_minor": proof.opening_unexplained_minor,
            "not_mapped_minor": proof.not_mapped_minor,
            "codes": [
                {
                    "nominal": step.nominal,
                    "cost_centre": step.cost_centre,
                    "theirs_minor": step.theirs_minor,
                    "ours_minor": step.ours_minor,
                    "listed_minor": step.listed_minor,
                }
                for step in proof.steps
            ],
        },
    }


def _finding(one: Finding, found: Result) -> dict[str, Any]:
    said = found.explained.get(one.key)
    return {
        "key": one.key,
        "reason": one.reason,
        "matched": one.matched,
        "suggested": one.suggested,
        "accepted": one.accepted,
        "by_minor": one.by_minor,
        "theirs": [_line(line) for line in one.theirs],
        "ours": [_line(line) for line in one.ours],
        "explanation": said
        and {
            "words": said.words,
            "owner_id": str(said.owner_id),
            "due_on": said.due_on.isoformat(),
            "person_id": str(said.person_id),
        },
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "day": line.day.isoformat(),
        "amount_minor": line.amount_minor,
        "reference": line.reference,
        "nominal": line.nominal,
        "cost_centre": line.cost_centre,
        "row": line.row or None,
        "transaction_id": line.transaction_id and str(line.transaction_id),
        "capital": line.capital,
        "beyond_budget": line.flagged,
    }
