"""A decision of the past, decided again from the log: over HTTP."""

from uuid import UUID

import marshmallow as ma
from flask import Blueprint
from flask.typing import ResponseReturnValue

from ledger.access import replaying
from ledger.api.shell import Blueprint as Described
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.edge.guard import current_actor, requires

blueprint = Blueprint("replays", __name__, url_prefix="/api/v1")


class DifferenceOut(ma.Schema):
    """One thing that came out otherwise."""

    field = ma.fields.String()
    recorded = ma.fields.Raw(allow_none=True)
    again = ma.fields.Raw(allow_none=True)


class ReplayOut(ma.Schema):
    """What deciding it again gave: `same`, `differs`, `erased` or `not-rebuilt`."""

    entry_id = ma.fields.UUID()
    at = ma.fields.AwareDateTime(format="iso")
    ruleset = ma.fields.String()
    outcome = ma.fields.String()
    reason = ma.fields.String()
    finding = ma.fields.String()
    words = ma.fields.String()
    differences = ma.fields.List(ma.fields.Nested(DifferenceOut))


@blueprint.get("/decisions/<uuid:entry_id>/replay")
@Described.answers(200, ReplayOut)
@requires(Permission.ACCESS_HISTORY)
def replay(entry_id: UUID) -> ResponseReturnValue:
    """Decide a past decision again, by what was known and the rules of then, from the log."""
    body: dict[str, object] = ReplayOut().dump(
        replaying.replay(db.session(), current_actor(), entry_id)
    )
    return body
