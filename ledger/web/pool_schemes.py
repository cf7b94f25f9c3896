"""The page of one scheme: its budget and where that came from, and what it was spent on."""

from datetime import datetime
from typing import Final
from uuid import UUID

from flask import Blueprint, render_template, request

from ledger.core import clock
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.edge import cursors
from ledger.edge.guard import current_actor, requires
from ledger.funding.queries import pools, promises, spending, statements, transactions
from ledger.funding.queries.pools import PoolView, SchemeView
from ledger.funding.rules.chart import Account, Head
from ledger.web.funding import names_of
from ledger.web.funding_lines import Money, TransactionLine
from ledger.web.pool_commitment_words import promise_rows
from ledger.web.pool_figures import scheme_figure
from ledger.web.pool_scheme_words import KnownScheme, SchemePage

blueprint = Blueprint("pool_schemes", __name__, url_prefix="/pools/<uuid:pool_id>/schemes")

SHOWN: Final = {
    "spent": ("What was spent", Head.SPENT),
    "available": ("What changed what is available", Head.AVAILABLE),
    "committed": ("What was promised and released", Head.COMMITTED),
}
"""Which of a scheme's transactions are listed."""


@blueprint.get("/<uuid:scheme_id>")
@requires(Permission.POOL_READ)
def show(pool_id: UUID, scheme_id: UUID) -> str:
    """Show a scheme's budget, spending, forecast, commitments and transactions."""
    session, today = db.session(), clock.today()
    pool = pools.pool(session, current_actor(), pool_id)
    scheme = _scheme(pool, scheme_id)
    names = names_of(pool)
    known = KnownScheme(
        line=statements.statement_now(session, pool).schemes[scheme_id],
        changes=spending.budget_changes(session, pool, scheme_id),
        by_day=spending.spent_by_day(session, pool, scheme_id=scheme_id),
        by_nature=spending.spent_by_nature(session, pool, scheme_id),
        by_provider=spending.spent_by_provider(session, pool, scheme_id),
        names=names,
        today=today,
    )
    shown = request.args.get("show", "spent")
    if shown not in SHOWN:
        shown = "spent"
    lines, older = _transactions(pool, Account(head=SHOWN[shown][1], of=scheme_id))
    return render_template(
        "pools/scheme.jinja",
        pool=pool,
        page=SchemePage.of(pool, scheme, known, scheme_figure(pool_id, scheme_id)),
        commitments=promise_rows(
            promises.promises(session, pool, scheme_id=scheme_id), pool, names, today
        ),
        shown=shown,
        choices={key: words for key, (words, _) in SHOWN.items()},
        scheme=scheme,
        lines=lines,
        older=older,
    )


def _transactions(pool: PoolView, account: Account) -> tuple[list[TransactionLine], str | None]:
    after = cursors.after(of="scheme-page", shape=(str, str))
    found = transactions.transactions(
        db.session(),
        pool,
        account=account,
        after=(datetime.fromisoformat(after[0]), UUID(after[1])) if after else None,
        limit=cursors.LIMIT_DEFAULT + 1,
    )
    page = found[: cursors.LIMIT_DEFAULT]
    money = Money(pool.currency)
    last = page[-1] if len(found) > len(page) else None
    place = (last.recorded_at.isoformat(), str(last.id)) if last else None
    older = f"{cursors.page_href(place, of='scheme-page')}#transactions" if place else None
    return [TransactionLine.of(one, money) for one in page], older


def _scheme(pool: PoolView, scheme_id: UUID) -> SchemeView:
    for scheme in pool.schemes:
        if scheme.id == scheme_id:
            return scheme
    raise NotFound("no such scheme in this pool")
