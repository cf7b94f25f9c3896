"""Statements of a pool in every form, and why each figure is what it is, over HTTP."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from ledger.api import funding_figure_schemas as wire
from ledger.api.shell import Blueprint as Described
from ledger.core import as_said, receipts
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.edge import cursors
from ledger.edge.asked import asked_day, asked_id, asked_size
from ledger.edge.guard import current_actor, requires
from ledger.funding.papers import FORMS, write
from ledger.funding.papers.paper import Paper
from ledger.funding.papers.statement import statement_paper
from ledger.funding.queries import figures, pools, transactions
from ledger.funding.queries.figure_legs import After
from ledger.funding.queries.partner_statements import must_see, stated
from ledger.funding.rules.books import Days

blueprint = Blueprint("pool_figures", __name__, url_prefix="/api/v1/pools")


@blueprint.get("/<uuid:pool_id>/statements/<uuid:partner_id>.<string:form>")
@Described.takes(wire.StatementIn, location="query")
@Described.answers(200, wire.PaperOut)
@requires(Permission.POOL_READ)
def statement_of(pool_id: UUID, partner_id: UUID, form: str) -> ResponseReturnValue:
    """Download a partner's statement for a year, as of a size of the log: pdf, xlsx, csv, json."""
    return send_paper(_statement(pool_id, partner_id), form)


@blueprint.get("/<uuid:pool_id>/statements/all.<string:form>")
@Described.takes(wire.StatementIn, location="query")
@Described.answers(200, wire.PaperOut)
@requires(Permission.POOL_READ)
def statement_of_all(pool_id: UUID, form: str) -> ResponseReturnValue:
    """Download the statement of all partners side by side, which the host sees."""
    return send_paper(_statement(pool_id, None), form)


@blueprint.get("/<uuid:pool_id>/figures/<string:key>")
@Described.takes(wire.FigureIn, location="query")
@Described.answers(200, wire.FigureOut)
@requires(Permission.POOL_READ)
def figure(pool_id: UUID, key: str) -> ResponseReturnValue:
    """Show why a figure is what it is: its formula, its parts, its months and its postings."""
    found = _asked_figure(pool_id, key)
    more = _cursor(found.legs[-1].after) if found.more else None
    return _figure_out(found), 200, cursors.links(next_after=more, of="pool-figure")


@blueprint.get("/<uuid:pool_id>/transactions/<uuid:transaction_id>/receipt")
@requires(Permission.POOL_READ)
def receipt(pool_id: UUID, transaction_id: UUID) -> Response:
    """Download the proof that a transaction's entry is in the log."""
    one = _transaction(pool_id, transaction_id)
    text = receipts.receipt_of(db.session(), one.entry_id).to_text()
    return _file(text.encode(), "text/plain; charset=utf-8", f"receipt-{one.entry_id}.txt")


@blueprint.get("/<uuid:pool_id>/transactions/<uuid:transaction_id>/entry")
@requires(Permission.POOL_READ)
def entry_bytes(pool_id: UUID, transaction_id: UUID) -> Response:
    """Download the exact bytes of a transaction's entry, which its receipt is for."""
    one = _transaction(pool_id, transaction_id)
    body = as_said.body_of(db.session(), one.entry_id)
    return _file(body, "application/json", f"entry-{one.entry_id}.json")


def send_paper(paper: Paper, form: str) -> Response:
    """Return a paper as a file. Raises `NotFound` if there is no such form."""
    if form not in FORMS:
        raise NotFound("there is no such form: pdf, xlsx, csv or json")
    return _file(write(paper, form), FORMS[form].media_type, f"{paper.name}.{form}")


def _asked_figure(pool_id: UUID, key: str) -> figures.Explained:
    """Return the figure that the request is about. Raises as `figures.explain` does."""
    session, actor = db.session(), current_actor()
    after = cursors.after(of="pool-figure", shape=(str, str, int))
    return figures.explain(
        session,
        actor,
        pools.pool(session, actor, pool_id),
        key,
        of=asked_id("of"),
        days=Days(first=asked_day("from"), last=asked_day("to")),
        size=asked_size(session),
        after=(datetime.fromisoformat(after[0]), UUID(after[1]), after[2]) if after else None,
        limit=cursors.limit(),
    )


def _cursor(after: After) -> tuple[str, str, int]:
    """Return where a page of postings ended, as a cursor keeps it."""
    return after[0].isoformat(), str(after[1]), after[2]


def _statement(pool_id: UUID, partner_id: UUID | None) -> Paper:
    session, actor = db.session(), current_actor()
    pool = pools.pool(session, actor, pool_id)
    must_see(actor, pool, partner_id)
    said = stated(session, pool, size=asked_size(session), period_id=asked_id("period"))
    return statement_paper(said, partner_id)


def _transaction(pool_id: UUID, transaction_id: UUID) -> transactions.TransactionView:
    session = db.session()
    pool = pools.pool(session, current_actor(), pool_id)
    return transactions.transaction(session, pool, transaction_id)


def _file(content: bytes, media_type: str, name: str) -> Response:
    disposition = f'attachment; filename="{name}"'
    return Response(content, content_type=media_type, headers={"Content-Disposition": disposition})


def _figure_out(found: figures.Explained) -> dict[str, Any]:
    return {
        "key": found.key,
        "words": found.figure.words,
        "how": found.figure.how,
        "of": found.of and str(found.of),
        "from": found.days.first and found.days.first.isoformat(),
        "to": found.days.last and found.days.last.isoformat(),
        "log_size": found.pool.size,
        "amount_minor": found.amount_minor,
        "opening_minor": found.opening_minor,
        "settled_minor": found.settled_minor,
        "closing_minor": found.closing_minor,
        "parts": [
            {
                "key": one.key,
                "of": one.of and str(one.of),
                "sign": one.sign,
                "amount_minor": one.amount_minor,
            }
            for one in found.parts
        ],
        "weights_minor": {str(one): weight for one, weight in found.weights.items()},
        "months": [
            {"month": month, "amount_minor": amount} for month, amount in found.months.items()
        ],
        "before_minor": found.before_minor,
        "postings": [
            {
                "transaction_id": str(one.transaction_id),
                "entry_id": str(one.entry_id),
                "index": one.index,
                "event": one.event,
                "effective_on": one.effective_on.isoformat(),
                "recorded_at": one.recorded_at.isoformat(),
                "reference": one.reference,
                "account": one.account.code,
                "amount_minor": one.amount_minor,
                "running_minor": one.running_minor,
            }
            for one in found.legs
        ],
    }
