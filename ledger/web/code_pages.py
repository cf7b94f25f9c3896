"""Pages of lists of codes: how each organisation's general ledger codes the pool's accounts."""

from typing import Final
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.core.authority import in_force, permits
from ledger.core.db import db
from ledger.core.errors import Invalid, NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.edge.pools import pool_in_sight
from ledger.funding.queries.pools import PoolView
from ledger.funding.reconciliation import queries
from ledger.funding.reconciliation import service as reconciling
from ledger.funding.reconciliation.rules.code_files import COLUMNS, read_codes, write_codes
from ledger.funding.reconciliation.rules.code_maps import Coded, CodeMap, VatRegime
from ledger.funding.reconciliation.rules.findings import folded
from ledger.funding.rules.chart import Account, Head
from ledger.web.dimension_words import CAPITAL_WORDS
from ledger.web.funding import names_of
from ledger.web.funding_lines import ACCOUNTS, account_words

blueprint = Blueprint(
    "pool_codes", __name__, url_prefix="/pools/<uuid:pool_id>/codes/<uuid:organisation_id>"
)

CONTENT_MAX: Final = 200_000
"""Bytes of a list of codes."""
REGIMES: Final = {
    VatRegime.RECOVERS: "All of it: a council",
    VatRegime.LISTED_SERVICES: "On contracted-out services that are listed: a health body",
    VatRegime.NOTHING: "None of it",
}


@blueprint.get("")
@requires(Permission.POOL_READ)
def show(pool_id: UUID, organisation_id: UUID) -> str:
    """Show an organisation's list, and ask its finance people for another."""
    return _page(_pool(pool_id, organisation_id), organisation_id, {})


@blueprint.get("/codes.csv")
@requires(Permission.POOL_READ)
def export(pool_id: UUID, organisation_id: UUID) -> Response:
    """Give the list as CSV; before there is one, its headings and every account."""
    pool = _pool(pool_id, organisation_id)
    _, listed = queries.codes(db.session(), pool_id, organisation_id)
    empty = tuple(Coded(head=one, nominal="") for one in Head if one.value.startswith("F"))
    body = write_codes(listed.lines if listed else empty, names_of(pool))
    says = {"Content-Disposition": 'attachment; filename="codes.csv"'}
    return Response(body, content_type="text/csv; charset=utf-8", headers=says)


@blueprint.post("")
@requires(Permission.POOL_RECONCILE)
def send(pool_id: UUID, organisation_id: UUID) -> ResponseReturnValue:
    """Keep a new version of the list."""
    pool, file = _pool(pool_id, organisation_id), request.files.get("file")
    if file is None or not file.filename:
        return _page(pool, organisation_id, {"file": "Choose a file"}), 422
    try:
        named = {folded(name): one for one, name in names_of(pool).items()}
        codes = CodeMap(
            lines=read_codes(file.read(CONTENT_MAX), named),
            vat_regime=_regime(),
            vat_rate_percent=_rate(),
        )
        with unit_of_work(current_actor()) as work:
            once_form(work)
            reconciling.map_codes(work, pool_id, organisation_id=organisation_id, codes=codes)
    except Invalid as refused:
        faults = [f"{fault.field}: {fault.detail}" for fault in refused.faults[:20]]
        errors = {"file": f"{refused.title}: {refused.detail}"}
        return _page(pool, organisation_id, errors, faults), 422
    flash("The list is kept. What was compared before stays as it is.", "success")
    return redirect(url_for(".show", pool_id=pool_id, organisation_id=organisation_id), 303)


def _page(
    pool: PoolView, organisation_id: UUID, errors: dict[str, str], faults: list[str] | None = None
) -> str:
    names = names_of(pool)
    version, listed = queries.codes(db.session(), pool.id, organisation_id)
    mine = reconciling.accounts_of(organisation_id)
    return render_template(
        "reconciliation/codes.jinja",
        pool=pool,
        organisation_id=organisation_id,
        name=names[organisation_id],
        version=version,
        rows=[_row(one, names) for one in listed.lines] if listed else [],
        regime=REGIMES[listed.vat_regime] if listed else "",
        rate=listed.vat_rate_percent if listed else 20,
        chosen=listed.vat_regime if listed else VatRegime.RECOVERS,
        regimes=REGIMES,
        columns=COLUMNS,
        may=permits(in_force(), current_actor(), Permission.POOL_RECONCILE, mine),
        errors=errors,
        faults=faults or [],
    )


def _row(one: Coded, names: dict[UUID, str]) -> list[str]:
    account = (
        account_words(Account(head=one.head, of=one.of), names) if one.of else ACCOUNTS[one.head]
    )
    nature = one.nature.value.replace("-", " ") if one.nature else "any"
    capital = "Either" if one.capital is None else CAPITAL_WORDS[one.capital].partition(",")[0]
    return [account, nature, capital, one.nominal, one.cost_centre]


def _regime() -> VatRegime:
    try:
        return VatRegime(request.form.get("vat_regime", ""))
    except ValueError as error:
        raise Invalid("choose what tax the organisation gets back") from error


def _rate() -> int:
    text = request.form.get("vat_rate_percent", "")
    if not (text.isascii() and text.isdecimal() and len(text) <= 2):  # noqa: PLR2004
        raise Invalid("give the rate of value added tax in whole per cent")
    return int(text)


def _pool(pool_id: UUID, organisation_id: UUID) -> PoolView:
    pool = pool_in_sight(pool_id)
    if organisation_id not in {pool.host_id, *pool.partner_ids}:
        raise NotFound("no such organisation in this pool")
    return pool
