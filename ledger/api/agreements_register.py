"""The public register of agreements: JSON and CSV, for anybody, a page at a time."""

import csv
from io import StringIO
from uuid import UUID

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from ledger.agreements import queries
from ledger.agreements.queries import Summary
from ledger.agreements.rules.terms import Kind
from ledger.api.agreements_schemas import AgreementLineOut, AgreementsOut
from ledger.api.shell import Blueprint as Described
from ledger.core import clock
from ledger.core.db import db
from ledger.core.spreadsheets import harmless
from ledger.edge import cursors
from ledger.edge.guard import public

blueprint = Blueprint("agreements_register", __name__, url_prefix="/api/v1/agreements")

_WHY = "who shares what with whom, for what, is for everybody to know"
_COLUMNS = (
    "id",
    "kind",
    "title",
    "version",
    "state",
    "first_day",
    "last_day",
    "suspended_to",
    "parties",
    "purposes",
    "categories",
)


@blueprint.get("/register")
@Described.answers(200, AgreementsOut)
@public(_WHY)
def register() -> ResponseReturnValue:
    """List the agreements in force today, by title: parties, purposes, categories and days."""
    found, links = _page()
    return {"items": AgreementLineOut(many=True).dump(found)}, 200, links


@blueprint.get("/register.csv")
@public(_WHY)
def register_csv() -> ResponseReturnValue:
    """The same as CSV (RFC 4180), lists separated by semicolons; the Link header leads on."""
    found, links = _page()
    text = StringIO()
    lines = csv.writer(text)
    lines.writerow(_COLUMNS)
    for each in found:
        lines.writerow([_cell(getattr(each, name)) for name in _COLUMNS])
    return Response(text.getvalue(), content_type="text/csv; charset=utf-8", headers=dict(links))


def _page() -> tuple[tuple[Summary, ...], dict[str, str]]:
    limit, after = cursors.limit(), cursors.after(of="register", shape=(str, str))
    sought, party, kind = (request.args.get(name, "")[:100] for name in ("q", "party", "kind"))
    found = queries.register_page(
        db.session(),
        on=clock.today(),
        containing=sought,
        kind=Kind(kind) if kind in set(Kind) else None,
        party=party,
        after=(after[0], UUID(after[1])) if after else None,
        limit=limit + 1,
    )
    last = found[limit - 1] if len(found) > limit else None
    more = (last.title, str(last.id)) if last else None
    return found[:limit], dict(cursors.links(next_after=more, of="register"))


def _cell(value: object) -> str:
    """Return a cell that a spreadsheet shows as it is and never runs as a formula."""
    text = "; ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
    return harmless(text)
