"""Pages that bring in payments from a file: chosen, looked at, corrected, sent, approved, posted.

The file is read and posted in the background. A page of one that is being read or posted comes
again by itself, without a script, and says how far it has got.
"""

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.core.authority import in_force, permits
from ledger.core.db import db
from ledger.core.errors import Conflict, Invalid
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.edge.bodies import takes_up_to
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.edge.pools import pool_in_sight
from ledger.funding.imports import queries
from ledger.funding.imports.queries import ImportView
from ledger.funding.imports.rules.cells import Order, Sign
from ledger.funding.imports.rules.files import CONTENT_MAX
from ledger.funding.imports.rules.mapping import Part
from ledger.funding.imports.service import batches as import_batches
from ledger.funding.imports.service import files as imports
from ledger.funding.queries.pools import PoolView
from ledger.web import import_words as words
from ledger.web.approver import reader_of
from ledger.web.funding import names_of
from ledger.web.funding_lines import Money
from ledger.web.import_inbox import may_approve
from ledger.web.shell import day

blueprint = Blueprint("payment_imports", __name__, url_prefix="/pools/<uuid:pool_id>/imports")

_REFRESH_S: Final = "2"
_LINES: Final = 50


@blueprint.get("")
@requires(Permission.POOL_READ)
def index(pool_id: UUID) -> str:
    """List the files that were brought in, and ask for one."""
    return _index(pool_in_sight(pool_id), {})


@blueprint.post("")
@takes_up_to(CONTENT_MAX + 64 * 1024)
@requires(Permission.POOL_IMPORT)
def upload(pool_id: UUID) -> ResponseReturnValue:
    """Take a file in; it is read in the background."""
    pool, file = pool_in_sight(pool_id), request.files.get("file")
    if file is None or not file.filename:
        return _index(pool, {"file": "Choose a file"}), 422
    content = file.read(CONTENT_MAX + 1)
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            import_id = imports.upload(work, pool_id, content=content)
    except (Invalid, Conflict) as refused:
        return _index(pool, {"file": f"{refused.title}: {refused.detail}"}), 422
    return _to(pool_id, import_id)


@blueprint.get("/<uuid:import_id>")
@requires(Permission.POOL_READ)
def show(pool_id: UUID, import_id: UUID) -> ResponseReturnValue:
    """Show how far an import is: what was found, what to correct, who approves."""
    pool, one = _found(pool_id, import_id)
    page = _page(pool, one, {})
    waits = one.stage in {"reading", "posting"} and not one.problem
    return page, 200, {"Refresh": _REFRESH_S} if waits else {}


@blueprint.post("/<uuid:import_id>/mapping")
@requires(Permission.POOL_IMPORT)
def correct(pool_id: UUID, import_id: UUID) -> ResponseReturnValue:
    """Say what the columns and words of the file mean; it is read again."""
    pool, one = _found(pool_id, import_id)
    said: dict[str, Any] = {}
    try:
        said = _said(one)
        with unit_of_work(current_actor()) as work:
            once_form(work)
            imports.correct(work, import_id, said=said)
    except (Invalid, Conflict, ValueError) as refused:
        detail = getattr(refused, "detail", "choose from the lists")
        chosen = {Part(name): at for name, at in said.get("columns", {}).items()}
        if chosen:
            one = replace(one, mapping=replace(one.mapping, columns=chosen))
        return _page(pool, one, {"column-day": detail}), 422
    return _to(pool_id, import_id)


@blueprint.post("/<uuid:import_id>/<any(send, approve, drop, discard, again):step>")
@requires(Permission.POOL_READ)
def take(pool_id: UUID, import_id: UUID, step: str) -> ResponseReturnValue:
    """Send it for approval, approve it, say no to it, have it tried again, or take it back."""
    pool, one = _found(pool_id, import_id)
    commands: dict[str, tuple[Any, str]] = {
        "send": (import_batches.send, "Sent. It counts when somebody else has approved it."),
        "approve": (import_batches.approve, "You approved these payments."),
        "drop": (import_batches.drop, "They will not be posted."),
        "again": (import_batches.try_again, "It is being posted."),
        "discard": (imports.discard, "The file was taken back."),
    }
    command, done = commands[step]
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            command(work, import_id)
    except (Invalid, Conflict) as refused:
        return _page(pool, one, {"": f"{refused.title}: {refused.detail}"}), 422
    flash(done, "success")
    if step == "discard":
        return redirect(url_for("payment_imports.index", pool_id=pool_id), 303)
    return _to(pool_id, import_id)


@blueprint.get("/<uuid:import_id>/payments")
@requires(Permission.POOL_READ)
def list_payments(pool_id: UUID, import_id: UUID) -> str:
    """Show the payments of a file by line, each with the two postings that it became."""
    pool, one = _found(pool_id, import_id)
    text = request.args.get("line", "")
    if text and not (text.isascii() and text.isdecimal() and len(text) <= 9):  # noqa: PLR2004
        raise Invalid("that is no line of a file: give a whole number")
    found = queries.payments(
        db.session(), pool, import_id, from_line=int(text or 0), limit=_LINES + 1
    )
    money = Money(pool.currency)
    rows = [
        [
            f"Line {each.line}",
            day(each.paid_on),
            each.reference,
            money(each.amount_minor),
            {
                "text": f"Postings {each.seq + 1} and {each.seq + 2}",
                "href": url_for(
                    "pools.show_transaction", pool_id=pool_id, transaction_id=each.transaction_id
                ),
            },
        ]
        for each in found[:_LINES]
    ]
    more = found[_LINES].line if len(found) > _LINES else None
    return render_template("imports/payments.jinja", pool=pool, one=one, rows=rows, more=more)


def _said(one: ImportView) -> dict[str, Any]:
    """Return what a form says of the mapping."""
    form = request.form
    columns = {part.value: form.get(f"column-{part.value}", "") for part in Part}
    schemes = {
        service: None if (chosen := form.get(f"service-{n}", words.NEW)) == words.NEW else chosen
        for n, service in enumerate(one.mapping.schemes)
    }
    return {
        "columns": {part: int(at) for part, at in columns.items() if at},
        "order": form.get("order", Order.DAY_FIRST),
        "sign": form.get("sign", Sign.PLUS),
        "schemes": schemes,
        "natures": {
            category: form.get(f"category-{n}") or None
            for n, category in enumerate(one.mapping.natures)
        },
        "provider_id": form.get("provider_id", str(one.mapping.provider_id)),
        "paid_by_host": form.get("paid_by", "host") == "host",
        "distinct": sorted(
            {*one.mapping.distinct, *(line for line, _ in _alike(one))}
            if "distinct" in form
            else one.mapping.distinct
        ),
    }


def _alike(one: ImportView) -> list[tuple[int, str]]:
    return [(line, where) for line, where in (one.report or {}).get("duplicates", [])]


def _found(pool_id: UUID, import_id: UUID) -> tuple[PoolView, ImportView]:
    pool = pool_in_sight(pool_id)
    return pool, queries.import_shown(db.session(), current_actor(), pool, import_id)


def _may(permission: Permission, pool: PoolView) -> bool:
    return permits(in_force(), current_actor(), permission, pool.resource)


def _to(pool_id: UUID, import_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("payment_imports.show", pool_id=pool_id, import_id=import_id), 303)


def _index(pool: PoolView, errors: dict[str, str]) -> str:
    found = [
        one
        for one in queries.imports(db.session(), pool)
        if one.stage not in queries.UNSENT or _may(Permission.POOL_IMPORT, pool)
    ]
    rows = [
        [
            {
                "text": f"{day(one.at.date())}, {(one.report or {}).get('rows', 0):,} payments",
                "href": url_for("payment_imports.show", pool_id=pool.id, import_id=one.id),
            },
            {"text": words.STAGES[one.stage][0], "tag": words.STAGES[one.stage][1]},
        ]
        for one in found
    ]
    may = _may(Permission.POOL_IMPORT, pool)
    return render_template("imports/index.jinja", pool=pool, rows=rows, may=may, errors=errors)


def _page(pool: PoolView, one: ImportView, errors: dict[str, str]) -> str:
    session, actor = db.session(), current_actor()
    people = {one.maker_id, *(each.person_id for each in one.approvals)}
    shown = words.ImportPage.of(one, pool, directory.person_names(session, people))
    mine = actor.person_id == one.maker_id
    imports_here = one.stage == "read" and _may(Permission.POOL_IMPORT, pool)
    asks = imports_here and mine
    return render_template(
        "imports/show.jinja",
        pool=pool,
        one=one,
        page=shown,
        errors=errors,
        asks=asks,
        may_discard=imports_here,
        columns=words.columns(one, queries.file_of(session, one.id)[0]) if asks else [],
        services=words.services(one, pool) if asks else [],
        categories=words.natures(one) if asks else [],
        owed=[
            {"value": str(each), "text": name, "selected": each == one.mapping.provider_id}
            for each, name in sorted(names_of(pool).items(), key=lambda pair: pair[1])
            if each in {*pool.provider_ids, pool.host_id}
        ]
        if asks
        else [],
        may_approve=may_approve(one, pool, reader_of(actor, pool).approval),
        may_take_back=one.stage == "sent" and mine,
        may_try_again=one.stage == "failed" and _may(Permission.POOL_IMPORT, pool),
        may_give_up=one.stage == "failed" and (mine or _may(Permission.POOL_APPROVE, pool)),
    )
