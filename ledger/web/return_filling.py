"""Filling in a return: the cells of one section on a page."""

from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from ledger.core.db import db
from ledger.core.errors import Invalid, NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.edge.pools import pool_in_sight
from ledger.funding.returns import queries as returns
from ledger.funding.returns import service
from ledger.funding.returns.rules.forms import form
from ledger.funding.returns.rules.sheet import Cell, Colour
from ledger.funding.returns.sources import told_of
from ledger.web.return_pages import back_to
from ledger.web.return_words import as_typed, typed

blueprint = Blueprint("return_filling", __name__, url_prefix="/pools/<uuid:pool_id>/returns")


@blueprint.get("/<uuid:return_id>/fill/<section>")
@requires(Permission.RETURN_PREPARE)
def ask(pool_id: UUID, return_id: UUID, section: str) -> str:
    """Ask for the cells of one section."""
    return _form_page(pool_id, return_id, section, {}, {})


@blueprint.post("/<uuid:return_id>/fill/<section>")
@requires(Permission.RETURN_PREPARE)
def fill(pool_id: UUID, return_id: UUID, section: str) -> ResponseReturnValue:
    """Fill in the cells of one section."""
    cells = _typed_cells(pool_id, return_id, section)
    sent = {cell.id: request.form.get(f"c{n}", "") for n, cell in enumerate(cells)}
    errors: dict[str, str] = {}
    answers: dict[str, str | None] = {}
    for n, cell in enumerate(cells):
        try:
            answers[cell.id] = typed(cell, sent[cell.id])
        except Invalid as refusal:
            errors[f"c{n}"] = f"{cell.form.title}: {refusal.detail}"
    if not errors:
        try:
            with unit_of_work(current_actor()) as work:
                once_form(work)
                service.answer(work, return_id, answers)
        except Invalid as refusal:
            errors[""] = refusal.detail
    if errors:
        return _form_page(pool_id, return_id, section, sent, errors), 422
    return back_to(pool_id, return_id, "Saved.")


def _form_page(
    pool_id: UUID, return_id: UUID, section: str, sent: dict[str, str], errors: dict[str, str]
) -> str:
    pool, cells = pool_in_sight(pool_id), _typed_cells(pool_id, return_id, section)
    one = returns.one_return(db.session(), pool, return_id)
    (found,) = (s for s in form(one.form, one.form_version).sections if s.key == section)
    fields = [
        (f"c{n}", cell, sent.get(cell.id, as_typed(cell)), errors.get(f"c{n}", ""))
        for n, cell in enumerate(cells)
    ]
    return render_template(
        "returns/fill.jinja", pool=pool, one=one, section=found, fields=fields, errors=errors
    )


def _typed_cells(pool_id: UUID, return_id: UUID, section: str) -> list[Cell]:
    _, shown = told_of(db.session(), pool_in_sight(pool_id), return_id)
    cells = [
        cell
        for cell in shown.sheet.cells
        if cell.section == section
        and cell.form.source != "postings"
        and (cell.colour is not Colour.NOT_ASKED or cell.form.when or cell.form.optional)
    ]
    if not cells:
        raise NotFound("nothing is filled in there")
    return cells
