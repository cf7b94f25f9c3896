"""Payments from files over HTTP: uploaded, corrected, sent, approved, and how far each is."""

from typing import Any
from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields

from ledger.api.shell import Blueprint as Described
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.bodies import takes_up_to
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once, once_done
from ledger.funding.imports import queries
from ledger.funding.imports.queries import ImportView
from ledger.funding.imports.rules.files import CONTENT_MAX
from ledger.funding.imports.rules.mapping_json import to_json
from ledger.funding.imports.service import batches as import_batches
from ledger.funding.imports.service import files as imports
from ledger.funding.queries import pools
from ledger.funding.queries.pools import PoolView

blueprint = Blueprint(
    "funding_imports", __name__, url_prefix="/api/v1/pools/<uuid:pool_id>/payment-imports"
)


class MappingIn(Schema):
    """What to read otherwise than was guessed; see docs/reference/payment-import.md."""

    columns = fields.Dict(keys=fields.String(), values=fields.Integer(strict=True))
    order = fields.String()
    sign = fields.String()
    schemes = fields.Dict(keys=fields.String(), values=fields.String(allow_none=True))
    providers = fields.Dict(keys=fields.String(), values=fields.String())
    natures = fields.Dict(keys=fields.String(), values=fields.String(allow_none=True))
    provider_id = fields.String()
    paid_by_host = fields.Boolean()
    distinct = fields.List(fields.Integer(strict=True))


class ImportOut(Schema):
    """An import: where it is, how many rows are done, and what was found in the file."""

    id = fields.UUID()
    stage = fields.String()
    rows_done = fields.Integer()
    rows_all = fields.Integer()
    problem = fields.String(allow_none=True)
    mapping = fields.Dict()
    report = fields.Dict(allow_none=True)


class PaymentOut(Schema):
    """A row of a file, and the transaction whose postings *seq* and *seq* + 1 it became."""

    line = fields.Integer()
    paid_on = fields.Date()
    reference = fields.String()
    amount_minor = fields.Integer()
    transaction_id = fields.UUID()
    seq = fields.Integer()


class PaymentsOut(Schema):
    """Up to 1,000 payments of a file, in its order; ask on from *next_line*."""

    payments = fields.List(fields.Nested(PaymentOut))
    next_line = fields.Integer(allow_none=True)


@blueprint.post("")
@takes_up_to(CONTENT_MAX)
@Described.answers(202, ImportOut)
@requires(Permission.POOL_IMPORT)
def upload(pool_id: UUID) -> ResponseReturnValue:
    """Take in a file, which is the body, as text/csv. It is read in the background."""
    content = request.get_data(cache=False)

    def command() -> dict[str, Any]:
        return {"id": str(imports.upload(work, pool_id, content=content))}

    with unit_of_work(current_actor()) as work:
        said = once(work, command)
    return _dumped(_found(pool_id, UUID(said["id"]))[1]), 202


@blueprint.get("/<uuid:import_id>")
@Described.answers(200, ImportOut)
@requires(Permission.POOL_IMPORT)
def show(pool_id: UUID, import_id: UUID) -> ResponseReturnValue:
    """Show how far an import is, and what was found in its file."""
    session, actor = db.session(), current_actor()
    pool = pools.pool(session, actor, pool_id)
    return _dumped(queries.import_shown(session, actor, pool, import_id))


@blueprint.put("/<uuid:import_id>/mapping")
@Described.takes(MappingIn)
@Described.answers(202, ImportOut)
@requires(Permission.POOL_IMPORT)
def correct(pool_id: UUID, import_id: UUID) -> ResponseReturnValue:
    """Say what columns and words mean. What is left out stays; the file is read again."""
    _found(pool_id, import_id)
    said = MappingIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        once_done(work, imports.correct, import_id, said=said)
    return _dumped(_found(pool_id, import_id)[1]), 202


@blueprint.post("/<uuid:import_id>/submission")
@Described.answers(202, ImportOut)
@requires(Permission.POOL_IMPORT)
def send(pool_id: UUID, import_id: UUID) -> ResponseReturnValue:
    """Send all payments of a file for approval."""
    return _carried_out(import_batches.send, pool_id, import_id)


@blueprint.post("/<uuid:import_id>/approvals")
@Described.answers(202, ImportOut)
@requires(Permission.POOL_APPROVE)
def approve(pool_id: UUID, import_id: UUID) -> ResponseReturnValue:
    """Approve all payments of a file; the last approval has them posted."""
    return _carried_out(import_batches.approve, pool_id, import_id)


@blueprint.post("/<uuid:import_id>/posting")
@Described.answers(202, ImportOut)
@requires(Permission.POOL_IMPORT)
def try_again(pool_id: UUID, import_id: UUID) -> ResponseReturnValue:
    """Have an approved import posted after all, whose posting was refused."""
    return _carried_out(import_batches.try_again, pool_id, import_id)


@blueprint.post("/<uuid:import_id>/drop")
@Described.answers(202, ImportOut)
@requires(Permission.POOL_READ)
def drop(pool_id: UUID, import_id: UUID) -> ResponseReturnValue:
    """Take an import back, or say no to it. Nothing of it is posted."""
    return _carried_out(import_batches.drop, pool_id, import_id)


@blueprint.get("/<uuid:import_id>/payments")
@Described.answers(200, PaymentsOut)
@requires(Permission.POOL_READ)
def list_payments(pool_id: UUID, import_id: UUID) -> ResponseReturnValue:
    """Show what each row of the file became, from ``from_line`` on."""
    pool, _ = _found(pool_id, import_id)
    text = request.args.get("from_line", "0")
    line = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004
    found = queries.payments(db.session(), pool, import_id, from_line=line, limit=1001)
    more = found[1000].line if len(found) > 1000 else None  # noqa: PLR2004
    said: dict[str, Any] = PaymentsOut().dump({"payments": found[:1000], "next_line": more})
    return said


def _carried_out(command: Any, pool_id: UUID, import_id: UUID) -> ResponseReturnValue:
    _found(pool_id, import_id)

    def carry_out() -> dict[str, Any]:
        command(work, import_id)
        return {"id": str(import_id)}

    with unit_of_work(current_actor()) as work:
        once(work, carry_out)
    return _dumped(_found(pool_id, import_id)[1]), 202


def _found(pool_id: UUID, import_id: UUID) -> tuple[PoolView, ImportView]:
    session = db.session()
    pool = pools.pool(session, current_actor(), pool_id)
    return pool, queries.import_of(session, pool, import_id)


def _dumped(one: ImportView) -> dict[str, Any]:
    said = {name: getattr(one, name) for name in ImportOut().fields if name != "mapping"}
    dumped: dict[str, Any] = ImportOut().dump({**said, "mapping": to_json(one.mapping)})
    return dumped
