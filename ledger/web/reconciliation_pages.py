"""Pages to reconcile a pool: send a statement, see what does not match and why, sign it."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.core import clock
from ledger.core.authority import in_force, permits
from ledger.core.db import db
from ledger.core.errors import Conflict, Forbidden, Invalid, NotFound
from ledger.core.money import parse_minor
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.edge.pools import pool_in_sight
from ledger.funding.queries.pools import PoolView
from ledger.funding.reconciliation import queries
from ledger.funding.reconciliation import saying as reconciling_said
from ledger.funding.reconciliation import service as reconciling
from ledger.funding.reconciliation.export import as_csv, as_xlsx
from ledger.funding.reconciliation.queries import ReconciliationView
from ledger.funding.reconciliation.rules.findings import Source
from ledger.web.funding import names_of
from ledger.web.reconciliation_words import SOURCES, ResultPage, state
from ledger.web.shell import day as in_words

blueprint = Blueprint(
    "pool_reconciliations", __name__, url_prefix="/pools/<uuid:pool_id>/reconciliations"
)

CONTENT_MAX: Final = 900_000
"""Bytes of a file that is sent by a page."""


@blueprint.get("")
@requires(Permission.POOL_READ)
def index(pool_id: UUID) -> str:
    """List the reconciliations of a pool, and ask for a statement."""
    return _index(pool_in_sight(pool_id), {})


@blueprint.post("")
@requires(Permission.POOL_RECONCILE)
def send(pool_id: UUID) -> ResponseReturnValue:
    """Take a statement, and compare it at once."""
    pool = pool_in_sight(pool_id)
    try:
        said = _statement()
        with unit_of_work(current_actor()) as work:
            once_form(work)
            made = reconciling.receive(work, pool_id, **said)
        with unit_of_work(current_actor()) as work:
            reconciling.run(work, pool_id, made)
    except (Conflict, Invalid) as refused:
        rows = [f"{fault.field}: {fault.detail}" for fault in refused.faults[:20]]
        return _index(pool, {"": f"{refused.title}: {refused.detail}"}, rows), 422
    return redirect(url_for(".show", pool_id=pool_id, reconciliation_id=made), 303)


@blueprint.get("/<uuid:reconciliation_id>")
@requires(Permission.POOL_READ)
def show(pool_id: UUID, reconciliation_id: UUID) -> str:
    """Show what matches, what does not and why, and that it adds up."""
    return _show(pool_id, reconciliation_id, {})


@blueprint.get("/<uuid:reconciliation_id>/differences.<kind>")
@requires(Permission.POOL_READ)
def export(pool_id: UUID, reconciliation_id: UUID, kind: str) -> Response:
    """Give the list of what does not match as CSV or XLSX."""
    pool, one = (
        pool_in_sight(pool_id),
        queries.reconciliation(db.session(), pool_id, reconciliation_id),
    )
    found = queries.result(db.session(), one)
    if kind == "csv":
        return _file(as_csv(found, names_of(pool)), "text/csv; charset=utf-8", f"{one.id}.csv")
    if kind == "xlsx":
        sort = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return _file(as_xlsx(found, names_of(pool), one), sort, f"{one.id}.xlsx")
    raise NotFound("it is given as csv or xlsx")


@blueprint.post("/<uuid:reconciliation_id>/run")
@requires(Permission.POOL_RECONCILE)
def run(pool_id: UUID, reconciliation_id: UUID) -> ResponseReturnValue:
    """Compare again, with what was recorded meanwhile."""
    return _do(pool_id, reconciliation_id, reconciling.run, "Compared again.")


@blueprint.post("/<uuid:reconciliation_id>/accept")
@requires(Permission.POOL_RECONCILE)
def accept(pool_id: UUID, reconciliation_id: UUID) -> ResponseReturnValue:
    """Say yes to what is suggested: to one, or to all that were shown."""
    keys = request.form.getlist("finding")
    return _do(pool_id, reconciliation_id, reconciling_said.accept, "It counts as a match.", keys)


@blueprint.post("/<uuid:reconciliation_id>/reject")
@requires(Permission.POOL_RECONCILE)
def reject(pool_id: UUID, reconciliation_id: UUID) -> ResponseReturnValue:
    """Say no to what is suggested."""
    key = request.form.get("finding", "")
    return _do(pool_id, reconciliation_id, reconciling_said.reject, "It is no match.", key)


@blueprint.post("/<uuid:reconciliation_id>/undo")
@requires(Permission.POOL_RECONCILE)
def undo(pool_id: UUID, reconciliation_id: UUID) -> ResponseReturnValue:
    """Take back what was said of a match."""
    key = request.form.get("finding", "")
    return _do(pool_id, reconciliation_id, reconciling_said.undo, "That is taken back.", key)


@blueprint.post("/<uuid:reconciliation_id>/explain")
@requires(Permission.POOL_RECONCILE)
def explain(pool_id: UUID, reconciliation_id: UUID) -> ResponseReturnValue:
    """Say why something does not match, who sees to it, and by when."""
    form = request.form
    try:
        said: dict[str, Any] = {
            "words": form.get("words", ""),
            "owner_id": UUID(form.get("owner_id", "")),
            "due_on": _day("due_on"),
        }
    except ValueError as error:
        raise Invalid("choose who sees to it") from error
    key = form.get("finding", "")
    done = "The explanation is kept."
    return _do(pool_id, reconciliation_id, reconciling_said.explain, done, key, **said)


@blueprint.post("/<uuid:reconciliation_id>/prepare")
@requires(Permission.POOL_RECONCILE)
def prepare(pool_id: UUID, reconciliation_id: UUID) -> ResponseReturnValue:
    """Hand it to somebody else to look at."""
    done = "It waits for somebody else's signature."
    return _do(pool_id, reconciliation_id, reconciling_said.prepare, done)


@blueprint.post("/<uuid:reconciliation_id>/sign")
@requires(Permission.POOL_RECONCILE)
def sign(pool_id: UUID, reconciliation_id: UUID) -> ResponseReturnValue:
    """Sign what somebody else prepared."""
    return _do(pool_id, reconciliation_id, reconciling_said.sign, "You signed it.")


@blueprint.post("/<uuid:reconciliation_id>/return")
@requires(Permission.POOL_RECONCILE)
def give_back(pool_id: UUID, reconciliation_id: UUID) -> ResponseReturnValue:
    """Have it worked on again."""
    done = "It can be worked on again."
    return _do(pool_id, reconciliation_id, reconciling_said.give_back, done)


def _do(
    pool_id: UUID,
    reconciliation_id: UUID,
    command: Callable[..., object],
    done: str,
    *given: object,
    **named: object,
) -> ResponseReturnValue:
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            command(work, pool_id, reconciliation_id, *given, **named)
    except (Conflict, Invalid, Forbidden) as refused:
        status = 403 if isinstance(refused, Forbidden) else 422
        said = {"": f"{refused.title}: {refused.detail}"}
        return _show(pool_id, reconciliation_id, said), status
    flash(done, "success")
    return redirect(url_for(".show", pool_id=pool_id, reconciliation_id=reconciliation_id), 303)


def _show(pool_id: UUID, reconciliation_id: UUID, errors: dict[str, str]) -> str:
    pool, session, actor = pool_in_sight(pool_id), db.session(), current_actor()
    one = queries.reconciliation(session, pool_id, reconciliation_id)
    names = names_of(pool)
    found = queries.result(session, one) if one.log_size is not None else None
    mine = permits(
        in_force(), actor, Permission.POOL_RECONCILE, reconciling.accounts_of(one.organisation_id)
    )
    return render_template(
        "reconciliation/show.jinja",
        pool=pool,
        one=one,
        found=found,
        page=ResultPage.of(one, found, names, pool.currency) if found else None,
        may_work=mine and one.prepared_by is None,
        may_sign=mine and one.prepared_by not in {None, actor.person_id} and not one.signed_by,
        parties={of: names[of] for of in _parties(pool)},
        errors=errors,
    )


def _index(pool: PoolView, errors: dict[str, str], rows: list[str] | None = None) -> str:
    session, names = db.session(), names_of(pool)
    mine = [of for of in _parties(pool) if _may(of)]
    found = [_row(one, pool, names) for one in queries.reconciliations(session, pool)]
    return render_template(
        "reconciliation/index.jinja",
        pool=pool, rows=found, mine={of: names[of] for of in mine}, sources=SOURCES,
        errors=errors, faults=rows or [], given=request.form,
        parties={of: names[of] for of in _parties(pool)},
        today=clock.today().isoformat(),
    )  # fmt: skip


def _row(one: ReconciliationView, pool: PoolView, names: dict[UUID, str]) -> list[object]:
    href = url_for(".show", pool_id=pool.id, reconciliation_id=one.id)
    title = f"{names[one.organisation_id]}, {SOURCES[one.source]}"
    days = f"{in_words(one.first_day)} to {in_words(one.last_day)}"
    return [{"text": title, "href": href}, days, state(one)]


def _statement() -> dict[str, Any]:
    form, file = request.form, request.files.get("file")
    if file is None or not file.filename:
        raise Invalid("choose a file")
    content = file.read(CONTENT_MAX + 1)
    if len(content) > CONTENT_MAX:
        raise Invalid("it has more than 900 kB: send a shorter time")
    try:
        source, organisation_id = Source(form.get("source", "")), UUID(form["organisation_id"])
    except (KeyError, ValueError) as error:
        raise Invalid("choose whose statement it is, and what sort") from error
    bank = source is Source.BANK
    return {
        "organisation_id": organisation_id,
        "source": source,
        "first_day": _day("first_day"),
        "last_day": _day("last_day"),
        "opening_minor": parse_minor(form.get("opening", "")) if bank else None,
        "closing_minor": parse_minor(form.get("closing", "")) if bank else None,
        "content": content,
    }


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError as error:
        raise Invalid("give each day like 2026-04-30") from error


def _may(organisation_id: UUID) -> bool:
    on = reconciling.accounts_of(organisation_id)
    return permits(in_force(), current_actor(), Permission.POOL_RECONCILE, on)


def _parties(pool: PoolView) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys((pool.host_id, *pool.partner_ids)))


def _file(body: bytes, sort: str, name: str) -> Response:
    says = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, content_type=sort, headers=says)
