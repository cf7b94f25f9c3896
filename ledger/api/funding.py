"""Pools over HTTP: open them, and read every figure back. `funding_posting` posts."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from ledger.api import funding_schemas as wire
from ledger.api.funding_out import (
    commitment_out,
    pool_out,
    proposal_out,
    statement_out,
    transaction_out,
)
from ledger.api.shell import Blueprint as Described
from ledger.core.db import db
from ledger.core.errors import Fault, Invalid
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge import cursors
from ledger.edge.asked import asked_size
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once, once_done
from ledger.edge.pools import pool_in_sight
from ledger.funding.export import beancount, hledger
from ledger.funding.queries import pools, proposals, statements, transactions
from ledger.funding.queries.exports import journal_text
from ledger.funding.queries.partner_statements import seen_by, whose
from ledger.funding.service import pools as opening

blueprint = Blueprint("funding", __name__, url_prefix="/api/v1/pools")


@blueprint.get("")
@Described.answers(200, wire.ItemsOut)
@requires(Permission.POOL_READ)
def list_visible() -> ResponseReturnValue:
    """List the pools that the caller may see, by title."""
    return {"items": [pool_out(one) for one in pools.pools(db.session(), current_actor())]}


@blueprint.post("")
@Described.takes(wire.PoolIn)
@requires(Permission.POOL_OPEN)
def open_pool() -> ResponseReturnValue:
    """Open a pool under a pooled-fund agreement that is in force."""
    asked = wire.PoolIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        body = once(work, lambda: {"id": str(opening.open_pool(work, **asked))})
    return body, 201, {"Location": url_for("funding.show", pool_id=body["id"])}


@blueprint.get("/<uuid:pool_id>")
@requires(Permission.POOL_READ)
def show(pool_id: UUID) -> ResponseReturnValue:
    """Show a pool with its partners, schemes, providers and periods."""
    return pool_out(pool_in_sight(pool_id))


@blueprint.post("/<uuid:pool_id>/schemes")
@Described.takes(wire.SchemeIn)
@requires(Permission.POOL_OPEN)
def add_scheme(pool_id: UUID) -> ResponseReturnValue:
    """Give a pool one scheme more."""
    asked = wire.SchemeIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        body = once(work, lambda: {"id": str(opening.add_scheme(work, pool_id, **asked))})
    return body, 201


@blueprint.post("/<uuid:pool_id>/periods")
@Described.takes(wire.PeriodIn)
@requires(Permission.POOL_OPEN)
def open_period(pool_id: UUID) -> ResponseReturnValue:
    """Let a pool post to more days."""
    asked = wire.PeriodIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        body = once(work, lambda: {"id": str(opening.open_period(work, pool_id, **asked))})
    return body, 201


@blueprint.post("/<uuid:pool_id>/periods/<uuid:period_id>/closing")
@requires(Permission.POOL_OPEN)
def close_period(pool_id: UUID, period_id: UUID) -> ResponseReturnValue:
    """Let nothing more be posted to the days of a period."""
    with unit_of_work(current_actor()) as work:
        once_done(work, opening.close_period, pool_id, period_id)
    return "", 204


@blueprint.post("/<uuid:pool_id>/providers")
@Described.takes(wire.ProviderIn)
@requires(Permission.POOL_OPEN)
def add_provider(pool_id: UUID) -> ResponseReturnValue:
    """Let a pool owe to an organisation and pay it."""
    asked = wire.ProviderIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        once_done(work, opening.add_provider, pool_id, **asked)
    return "", 204


@blueprint.get("/<uuid:pool_id>/commitments")
@Described.answers(200, wire.ItemsOut)
@requires(Permission.POOL_READ)
def list_commitments(pool_id: UUID) -> ResponseReturnValue:
    """List what was promised to providers, and how far each promise has got."""
    found = pools.commitments(db.session(), pool_in_sight(pool_id))
    return {"items": [commitment_out(one) for one in found]}


@blueprint.get("/<uuid:pool_id>/proposals")
@Described.answers(200, wire.ItemsOut)
@requires(Permission.POOL_READ)
def list_waiting(pool_id: UUID) -> ResponseReturnValue:
    """List what waits for approval, oldest first."""
    found = proposals.waiting(db.session(), pool_in_sight(pool_id))
    return {"items": [proposal_out(one) for one in found]}


@blueprint.get("/<uuid:pool_id>/transactions")
@Described.answers(200, wire.ItemsOut)
@requires(Permission.POOL_READ)
def list_transactions(pool_id: UUID) -> ResponseReturnValue:
    """List transactions, newest first."""
    pool = pool_in_sight(pool_id)
    limit, after = cursors.limit(), cursors.after(of="pool", shape=(str, str))
    found = transactions.transactions(
        db.session(),
        pool,
        after=(datetime.fromisoformat(after[0]), UUID(after[1])) if after else None,
        limit=limit + 1,
    )
    last = found[limit - 1] if len(found) > limit else None
    more = (last.recorded_at.isoformat(), str(last.id)) if last else None
    items = [transaction_out(one) for one in found[:limit]]
    return {"items": items}, 200, cursors.links(next_after=more, of="pool")


@blueprint.get("/<uuid:pool_id>/transactions/<uuid:transaction_id>")
@requires(Permission.POOL_READ)
def show_transaction(pool_id: UUID, transaction_id: UUID) -> ResponseReturnValue:
    """Show a transaction, its postings and the entry behind it."""
    found = transactions.transaction(db.session(), pool_in_sight(pool_id), transaction_id)
    return transaction_out(found)


@blueprint.get("/<uuid:pool_id>/statement")
@requires(Permission.POOL_READ)
def show_statement(pool_id: UUID) -> ResponseReturnValue:
    """Show what each partner and scheme put in, spent and owes; as of a size of the log."""
    pool, session, text = pool_in_sight(pool_id), db.session(), request.args.get("log_size")
    if text is None:
        now = seen_by(statements.statement_now(session, pool), whose(current_actor(), pool))
        return statement_out(now, size=None)
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):  # noqa: PLR2004
        raise Invalid("that is no size of the log", [Fault("log_size", "give a whole number")])
    said = statements.statement_at_size(session, pool, int(text))
    return statement_out(seen_by(said, whose(current_actor(), pool)), size=int(text))


@blueprint.get("/<uuid:pool_id>/journal.hledger")
@requires(Permission.POOL_READ)
def export_hledger(pool_id: UUID) -> ResponseReturnValue:
    """Download every posting as a journal for hledger, which checks it independently."""
    return _export(hledger, pool_id)


@blueprint.get("/<uuid:pool_id>/journal.beancount")
@requires(Permission.POOL_READ)
def export_beancount(pool_id: UUID) -> ResponseReturnValue:
    """Download every posting as a ledger for beancount, which checks it independently."""
    return _export(beancount, pool_id)


def _export(write: Callable[..., str], pool_id: UUID) -> Response:
    session, pool = db.session(), pool_in_sight(pool_id)
    size = asked_size(session)
    text = journal_text(session, pool, write, size=size)
    form = request.path.rpartition(".")[2]
    return Response(
        text,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="pool-{pool.id}-{size}.{form}"'},
    )
