"""What a pool spent, for everybody: a page, a table for spreadsheets, and the same for programs."""

import csv
from io import StringIO
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.money import decimal_minor
from ledger.core.spreadsheets import harmless
from ledger.edge.guard import public
from ledger.edge.limits import limiter
from ledger.funding.publication.queries import PublicationView, publications, spend_of
from ledger.funding.publication.rules.tables import PublicSpend, Row
from ledger.web.public_spend_words import PublicPage
from ledger.web.shell import day

blueprint = Blueprint("public_spend", __name__, url_prefix="/public/pools/<uuid:pool_id>")

_WHY: Final = "what public money was spent on is for everybody to know; it names organisations only"
READS: Final = "30 per minute"
"""Each adds up all the payments again."""
_COLUMNS: Final = ("first_day", "last_day", "log_size", "table", "line", "payments", "amount")


@blueprint.get("/spend")
@public(_WHY)
@limiter.limit(READS)
def show(pool_id: UUID) -> str:
    """Show anybody what a pool spent: by month, scheme, type and organisation."""
    shown, others = _chosen(pool_id)
    spend = spend_of(db.session(), shown)
    return render_template(
        "pools/public_spend.jinja",
        shown=shown,
        page=PublicPage.of(spend, shown),
        others=[
            (
                f"{day(one.first_day)} to {day(one.last_day)}",
                url_for("public_spend.show", pool_id=pool_id, of=one.id),
            )
            for one in others
        ],
    )


@blueprint.get("/spend.csv")
@public(_WHY)
@limiter.limit(READS)
def as_csv(pool_id: UUID) -> Response:
    """The same as CSV (RFC 4180), amounts as decimals."""
    shown, _ = _chosen(pool_id)
    spend = spend_of(db.session(), shown)
    text = StringIO()
    lines = csv.writer(text)
    lines.writerow(_COLUMNS)
    for table, row in _rows(spend):
        own = (shown.first_day, shown.last_day, shown.log_size, table, harmless(row.name))
        lines.writerow([*own, row.payments, decimal_minor(row.amount_minor)])
    return Response(text.getvalue(), content_type="text/csv; charset=utf-8")


@blueprint.get("/spend.json")
@public(_WHY)
@limiter.limit(READS)
def as_json(pool_id: UUID) -> ResponseReturnValue:
    """The same for programs, amounts in minor units; what is withheld is null."""
    shown, _ = _chosen(pool_id)
    spend = spend_of(db.session(), shown)
    return {
        "pool_id": str(shown.pool_id),
        "title": shown.title,
        "currency": shown.currency,
        "first_day": shown.first_day.isoformat(),
        "last_day": shown.last_day.isoformat(),
        "log_size": shown.log_size,
        "floor": shown.floor,
        "total": _out(spend.total) if spend.total else None,
        "tables": {
            name: [_out(row) for row in rows] if rows is not None else None
            for name, rows in spend.tables.items()
        },
    }


def _out(row: Row) -> dict[str, Any]:
    return {
        "line": row.name,
        "payments": row.payments,
        "amount_minor": row.amount_minor,
        "small_lines_together": row.hidden,
    }


def _rows(spend: PublicSpend) -> list[tuple[str, Row]]:
    rows = [("all", spend.total)] if spend.total else []
    for name, table in spend.tables.items():
        rows += [(name, row) for row in table or ()]
    return rows


def _chosen(pool_id: UUID) -> tuple[PublicationView, list[PublicationView]]:
    """Return the publication that is asked for, or the newest, and all there are."""
    found = list(publications(db.session(), pool_id, published=True))
    wanted = request.args.get("of")
    for one in found:
        if wanted is None or str(one.id) == wanted:
            return one, found
    raise NotFound("nothing like this is published")
