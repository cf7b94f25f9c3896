"""The position that a pool starts from, over HTTP: a trial balance as CSV, looked at, proposed."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, post_load, validate

from ledger.api.funding_posting import post
from ledger.api.funding_schemas import OutcomeOut, words
from ledger.api.shell import Blueprint as Described
from ledger.core import clock
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.edge.guard import current_actor, requires
from ledger.edge.pools import pool_in_sight
from ledger.funding.opening import queries as openings
from ledger.funding.opening import service as opening
from ledger.funding.opening.file import CONTENT_MAX
from ledger.funding.opening.queries import OpeningPreview
from ledger.funding.rules.chart import Book

blueprint = Blueprint(
    "funding_opening", __name__, url_prefix="/api/v1/pools/<uuid:pool_id>/opening"
)


class TrialBalanceIn(Schema):
    """A trial balance."""

    content = fields.String(
        required=True,
        validate=validate.Length(min=1, max=CONTENT_MAX),
        metadata={"description": "The CSV file, as text."},
    )

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return the terms of the command: the file as bytes."""
        return {**data, "content": data["content"].encode()}


class OpeningIn(TrialBalanceIn):
    """A trial balance to start from."""

    reference = words()
    effective_on = fields.Date(load_default=None)


@blueprint.get("/template.csv")
@requires(Permission.POOL_READ)
def template(pool_id: UUID) -> Response:
    """Give an empty trial balance: a row for whatever may be said of this pool."""
    pool = pool_in_sight(pool_id)
    found = openings.template(db.session(), pool, on=clock.today())
    says = {"Content-Disposition": 'attachment; filename="trial-balance.csv"'}
    return Response(found, content_type="text/csv; charset=utf-8", headers=says)


@blueprint.post("/preview")
@Described.takes(TrialBalanceIn)
@requires(Permission.POOL_ALLOCATE)
def look(pool_id: UUID) -> ResponseReturnValue:
    """Show what a trial balance would post, in both books, and what is still unbalanced."""
    said = TrialBalanceIn().load(request.get_json())
    return preview_out(opening.preview(current_actor(), pool_id, **said))


@blueprint.post("")
@Described.takes(OpeningIn)
@Described.answers(201, OutcomeOut)
@requires(Permission.POOL_ALLOCATE)
def propose(pool_id: UUID) -> ResponseReturnValue:
    """Propose that a pool starts from a trial balance: every partner must approve."""
    return post(OpeningIn, opening.propose_from_file, pool_id)


def preview_out(found: OpeningPreview) -> dict[str, Any]:
    """Return a preview as a client sees it."""
    return {
        "can_start": found.problem is None,
        "problem": found.problem,
        "unallocated_minor": found.unallocated_minor,
        "books": [
            {
                "book": book,
                "difference_minor": found.short_minor if book is Book.FINANCIAL else 0,
                "postings": [
                    {
                        "account": one.account.head,
                        "of": one.account.of and str(one.account.of),
                        "source": one.source,
                        "amount_minor": one.amount_minor,
                    }
                    for one in found.book(book)
                ],
            }
            for book in Book
        ],
    }
