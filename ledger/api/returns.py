"""Returns of pools over HTTP: filled in, signed, and taken away as files."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from ledger.api.shell import Blueprint as Described
from ledger.core.db import db
from ledger.core.errors import Fault, Invalid, NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.identity import require_step_up
from ledger.edge.once import once, once_done
from ledger.edge.pools import pool_in_sight
from ledger.funding.queries.pools import PoolView
from ledger.funding.returns import queries as returns
from ledger.funding.returns import service
from ledger.funding.returns import signing as return_signing
from ledger.funding.returns.files import FILES
from ledger.funding.returns.queries import ReturnView
from ledger.funding.returns.rules.steps import ReturnKind, SendBack
from ledger.funding.returns.sources import Told, told_of

blueprint = Blueprint("returns", __name__, url_prefix="/api/v1/pools/<uuid:pool_id>/returns")


class ReturnIn(Schema):
    """A return to begin: of a quarter (1 to 4), or of the year (0)."""

    kind = fields.Enum(ReturnKind, by_value=True, required=True)
    number = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, 4))
    period_id = fields.UUID(required=True)
    replaces = fields.UUID(load_default=None)


class AnswersIn(Schema):
    """Values by cell: money in minor units, counts in digits, yes or no; null empties a cell."""

    answers = fields.Dict(
        keys=fields.String(validate=validate.Length(max=200)),
        values=fields.String(allow_none=True, validate=validate.Length(max=5000)),
        required=True,
        validate=validate.Length(min=1, max=500),
    )


class ReturnSignIn(Schema):
    """A signature, over what was read."""

    digest = fields.String(required=True, validate=validate.Length(equal=64))


class SendBackIn(Schema):
    """Why a return goes back, and which cells are meant."""

    reason = fields.Enum(SendBack, by_value=True, required=True)
    cells = fields.List(fields.String(), load_default=list, validate=validate.Length(max=500))


@blueprint.get("")
@requires(Permission.POOL_READ)
def list_returns(pool_id: UUID) -> ResponseReturnValue:
    """List the returns of a pool, newest first."""
    pool = pool_in_sight(pool_id)
    return {"items": [return_out(one, pool) for one in returns.returns(db.session(), pool)]}


@blueprint.post("")
@Described.takes(ReturnIn)
@requires(Permission.RETURN_PREPARE)
def open_return(pool_id: UUID) -> ResponseReturnValue:
    """Begin a return about a quarter or a year; or amend a signed one, which it names."""
    asked = ReturnIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        body = once(work, lambda: {"id": str(service.open_return(work, pool_id, **asked))})
    return body, 201, {"Location": url_for("returns.show", pool_id=pool_id, return_id=body["id"])}


@blueprint.get("/<uuid:return_id>")
@requires(Permission.POOL_READ)
def show(pool_id: UUID, return_id: UUID) -> ResponseReturnValue:
    """Show a return, each cell and check with its state."""
    pool = pool_in_sight(pool_id)
    one, shown = told_of(db.session(), pool, return_id)
    return {**return_out(one, pool), **sheet_out(shown)}


@blueprint.patch("/<uuid:return_id>")
@Described.takes(AnswersIn)
@requires(Permission.RETURN_PREPARE)
def answer(pool_id: UUID, return_id: UUID) -> ResponseReturnValue:
    """Fill in cells."""
    _check_there(pool_id, return_id)
    asked = AnswersIn().load(request.get_json())["answers"]
    with unit_of_work(current_actor()) as work:
        return once(work, lambda: {"changed": service.answer(work, return_id, asked)})


@blueprint.post("/<uuid:return_id>/submission")
@requires(Permission.RETURN_PREPARE)
def submit(pool_id: UUID, return_id: UUID) -> ResponseReturnValue:
    """Put a complete return to its signatories, frozen as of a size of the log."""
    _check_there(pool_id, return_id)

    def carry_out() -> dict[str, Any]:
        size, made = service.submit(work, return_id)
        return {"log_size": size, "digest": made}

    with unit_of_work(current_actor()) as work:
        return once(work, carry_out)


@blueprint.post("/<uuid:return_id>/signatures")
@Described.takes(ReturnSignIn)
@requires(Permission.RETURN_SIGN)
def sign(pool_id: UUID, return_id: UUID) -> ResponseReturnValue:
    """Sign what was read, for one's organisation. Needs a recent sign-in."""
    _check_there(pool_id, return_id)
    asked, proof = ReturnSignIn().load(request.get_json()), require_step_up()

    def carry_out() -> dict[str, Any]:
        last = return_signing.sign(
            work,
            return_id,
            read_digest=asked["digest"],
            acr=proof.acr,
            auth_time=datetime.fromtimestamp(proof.auth_time, UTC),
        )
        return {"completed": last}

    with unit_of_work(current_actor()) as work:
        return once(work, carry_out)


@blueprint.post("/<uuid:return_id>/sending-back")
@Described.takes(SendBackIn)
@requires(Permission.RETURN_SIGN)
def send_back(pool_id: UUID, return_id: UUID) -> ResponseReturnValue:
    """Send a return back to be changed; its signatures count no more."""
    _check_there(pool_id, return_id)
    asked = SendBackIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        once_done(work, return_signing.send_back, return_id, **asked)
    return "", 204


@blueprint.post("/<uuid:return_id>/withdrawal")
@requires(Permission.RETURN_PREPARE)
def withdraw(pool_id: UUID, return_id: UUID) -> ResponseReturnValue:
    """Give up a return that not everybody has signed."""
    _check_there(pool_id, return_id)
    with unit_of_work(current_actor()) as work:
        once_done(work, service.withdraw, return_id)
    return "", 204


@blueprint.get("/<uuid:return_id>/file.<form>")
@requires(Permission.POOL_READ)
def download(pool_id: UUID, return_id: UUID, form: str) -> ResponseReturnValue:
    """Download a return as JSON (the signed bytes), CSV, XLSX or PDF; as of a size of the log."""
    if form not in FILES:
        raise NotFound("take it as json, csv, xlsx or pdf")
    one, shown = told_of(db.session(), pool_in_sight(pool_id), return_id, size=_size())
    make, kind = FILES[form]
    name = f"return-{one.first_day}-{one.kind}-v{one.version}-at-{shown.size}.{form}"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(make(one, shown), content_type=kind, headers=disposition)


def return_out(one: ReturnView, pool: PoolView) -> dict[str, Any]:
    """Return a return as a client sees it, without its cells."""
    step = one.step(pool)
    return {
        "id": str(one.id),
        "kind": one.kind,
        "number": one.number,
        "version": one.version,
        "form": one.form,
        "form_version": one.form_version,
        "first_day": one.first_day.isoformat(),
        "last_day": one.last_day.isoformat(),
        "due_on": one.due_on.isoformat(),
        "replaces": one.replaces and str(one.replaces),
        "stage": one.stage,
        "log_size": one.log_size,
        "digest": one.digest,
        "waits_for": step,
        "signatures": [
            {
                "step": each.step,
                "organisation_id": str(each.organisation_id),
                "person_id": str(each.person_id),
                "signed_at": each.signed_at.isoformat(),
                "entry_id": str(each.entry_id),
            }
            for each in one.signatures
        ],
    }


def sheet_out(shown: Told) -> dict[str, Any]:
    """Return cells and checks as a client sees them."""
    sheet = shown.sheet
    return {
        "as_of_log_size": shown.size,
        "complete": sheet.complete,
        "done": sheet.done,
        "asked": sheet.asked,
        "cells": [
            {
                "id": one.id,
                "row": one.row_title,
                "title": one.form.title,
                "kind": one.form.kind,
                "from": one.form.source,
                "value": one.value,
                "state": one.colour,
                "reason": one.reason,
            }
            for one in sheet.cells
        ],
        "checks": [
            {
                "id": one.id,
                "title": one.form.title,
                "row": one.row_title,
                "state": one.colour,
                "reason": one.reason,
                "mend": one.form.mend,
            }
            for one in sheet.checks
        ],
    }


def _check_there(pool_id: UUID, return_id: UUID) -> None:
    returns.row_of(db.session(), pool_in_sight(pool_id), return_id)


def _size() -> int | None:
    text = request.args.get("log_size")
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):  # noqa: PLR2004
        raise Invalid("that is no size of the log", [Fault("log_size", "give a whole number")])
    return int(text)
