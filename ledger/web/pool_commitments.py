"""What was promised to providers: a page with filters, and the same as a file."""

import csv
from collections.abc import Sequence
from io import StringIO
from typing import Final
from uuid import UUID

from flask import Blueprint, Response, render_template, request

from ledger.core import clock
from ledger.core.db import db
from ledger.core.money import decimal_minor
from ledger.core.policy import Permission
from ledger.core.spreadsheets import harmless
from ledger.edge.guard import current_actor, requires
from ledger.edge.pools import pool_in_sight
from ledger.funding.queries import pools
from ledger.funding.queries.pools import PoolView
from ledger.funding.queries.promises import PromiseState, PromiseView, promises
from ledger.web.funding import names_of
from ledger.web.pool_commitment_words import STATES, CommitmentsPage

blueprint = Blueprint("pool_commitments", __name__, url_prefix="/pools/<uuid:pool_id>/commitments")

OPEN: Final = frozenset({PromiseState.OPEN, PromiseState.PART_SPENT})
_COLUMNS: Final = (
    "id",
    "reference",
    "provider",
    "scheme",
    "state",
    "promised_on",
    "last_moved_on",
    "promised",
    "spent",
    "released",
    "open",
)


@blueprint.get("")
@requires(Permission.POOL_READ)
def show(pool_id: UUID) -> str:
    """Show commitments by state and age, with what they hold."""
    session, today = db.session(), clock.today()
    pool = pools.pool(session, current_actor(), pool_id)
    names = names_of(pool)
    return render_template(
        "pools/commitments.jinja",
        pool=pool,
        page=CommitmentsPage.of(_chosen(pool), pool, names, today),
        states={"": "Any", "open": "Open, wholly or in part"}
        | {one.value: words for one, (words, _) in STATES.items() if one is not PromiseState.OPEN},
        providers={"": "Any"} | {str(one): names[one] for one in pool.provider_ids},
        schemes={"": "Any"} | {str(one.id): one.label for one in pool.schemes},
        chosen=request.args,
    )


@blueprint.get(".csv")
@requires(Permission.POOL_READ)
def as_csv(pool_id: UUID) -> Response:
    """The same as CSV (RFC 4180), amounts as decimals."""
    pool = pool_in_sight(pool_id)
    names = names_of(pool)
    text = StringIO()
    lines = csv.writer(text)
    lines.writerow(_COLUMNS)
    for one in _chosen(pool):
        kept = one.promised
        lines.writerow(
            [
                one.id,
                harmless(one.reference or ""),
                harmless(names.get(one.provider_id, "")),
                harmless(names.get(one.scheme_id, "")),
                one.state,
                one.made_on,
                one.moved_on,
                *map(
                    decimal_minor,
                    (kept.committed_minor, kept.spent_minor, kept.released_minor, kept.open_minor),
                ),
            ]
        )
    return Response(
        text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="commitments.csv"'},
    )


def _chosen(pool: PoolView) -> Sequence[PromiseView]:
    state, provider, scheme = (
        request.args.get(name, "")[:64] for name in ("state", "provider", "scheme")
    )
    return [
        one
        for one in promises(db.session(), pool)
        if (not state or (one.state in OPEN if state == "open" else one.state == state))
        and (not provider or str(one.provider_id) == provider)
        and (not scheme or str(one.scheme_id) == scheme)
    ]
