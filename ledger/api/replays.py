"""Decisions of the past, decided again from the log, or judged by other rules: over HTTP."""

from uuid import UUID

import marshmallow as ma
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from ledger.access import replaying, what_if
from ledger.access.what_if import Flip, Tally, Tried
from ledger.api.shell import Blueprint as Described
from ledger.core import authority
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires

blueprint = Blueprint("replays", __name__, url_prefix="/api/v1")


LAST_MAX = 2000


class WhatIfIn(ma.Schema):
    """What to try: other files of the ruleset, an agreement as if suspended, a version in force.

    The version takes the place of all others of its agreement, throughout.
    """

    files = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String())
    suspend_agreement_id = ma.fields.UUID()
    suppose_agreement_id = ma.fields.UUID()
    suppose_version = ma.fields.Integer(validate=ma.validate.Range(1, 1_000_000), strict=True)
    last = ma.fields.Integer(load_default=500, validate=ma.validate.Range(1, LAST_MAX), strict=True)

    @ma.validates_schema
    def _both(self, data: dict[str, object], **_: object) -> None:
        if ("suppose_agreement_id" in data) is not ("suppose_version" in data):
            raise ma.ValidationError("give both, or neither", "suppose_version")


class CountOut(ma.Schema):
    """How many flip, by organisation, role, purpose or category."""

    by = ma.fields.String()
    value = ma.fields.String()
    flip = ma.fields.String()
    count = ma.fields.Integer()


class WhatIfOut(ma.Schema):
    """What would be answered otherwise."""

    decisions = ma.fields.Integer()
    gained = ma.fields.Integer()
    lost = ma.fields.Integer()
    changed = ma.fields.Integer()
    unjudged = ma.fields.Integer()
    counts = ma.fields.List(ma.fields.Nested(CountOut))


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


@blueprint.post("/what-if")
@Described.takes(WhatIfIn)
@Described.answers(200, WhatIfOut)
@requires(Permission.ACCESS_WHAT_IF)
def try_otherwise() -> ResponseReturnValue:
    """Judge the newest decisions by other rules. Nothing is decided; that it was tried is kept."""
    asked = WhatIfIn().load(request.get_json())
    files = {name: text.encode() for name, text in asked.get("files", {}).items()}
    rules = what_if.rules_with(files) if files else authority.in_force()
    tried, tally = Tried(rules=rules, suspended=asked.get("suspend_agreement_id")), Tally()
    if "suppose_version" in asked:
        key, number = asked["suppose_agreement_id"], asked["suppose_version"]
        tried = what_if.suppose(
            db.session(), current_actor(), tried, agreement_id=key, number=number
        )
    for judged in what_if.judge(db.session(), tried, last=asked["last"]):
        tally.add(judged)
    with unit_of_work(current_actor()) as work:
        what_if.record(work, tried, tally)
    counts = [
        {"by": word, "value": value, "flip": flip, "count": count}
        for (word, value, flip), count in sorted(tally.by.items())
    ]
    flips = {flip.value: tally.flips[flip] for flip in Flip}
    return {
        "decisions": tally.decisions,
        **flips,
        "unjudged": tally.unjudged,
        "counts": counts,
    }
