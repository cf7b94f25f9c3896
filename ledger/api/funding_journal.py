"""The journal of a pool over HTTP: all of it, and samples, in every form."""

from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from ledger.api import funding_figure_schemas as wire
from ledger.api.funding_figures import send_paper
from ledger.api.shell import Blueprint as Described
from ledger.core.as_said import tree_root
from ledger.core.db import db
from ledger.core.errors import Fault, Invalid
from ledger.core.policy import Permission
from ledger.directory import queries as directory
from ledger.edge.asked import asked_size
from ledger.edge.guard import current_actor, requires
from ledger.funding.papers import Paper
from ledger.funding.papers.journal import journal_paper
from ledger.funding.queries import pools
from ledger.funding.queries.as_of import pool_at
from ledger.funding.queries.journal import journal
from ledger.funding.rules.journal import Method, sample

blueprint = Blueprint("pool_journal", __name__, url_prefix="/api/v1/pools")

SEED_CHARS_MAX = 100
_COUNT_DIGITS_MAX = 6


@blueprint.get("/<uuid:pool_id>/journal-list.<string:form>")
@Described.takes(wire.SizeIn, location="query")
@Described.answers(200, wire.PaperOut)
@requires(Permission.POOL_READ)
def every_transaction(pool_id: UUID, form: str) -> ResponseReturnValue:
    """Download every transaction with maker, approvers, days and flags, as of a size of the log."""
    return send_paper(_paper(pool_id, None), form)


@blueprint.get("/<uuid:pool_id>/journal-sample.<string:form>")
@Described.takes(wire.SampleIn, location="query")
@Described.answers(200, wire.PaperOut)
@requires(Permission.POOL_READ)
def sampled(pool_id: UUID, form: str) -> ResponseReturnValue:
    """Download a sample of the journal: `method`, `seed` and `n` say how it is drawn."""
    try:
        method = Method(request.args.get("method", ""))
    except ValueError as error:
        said = ", ".join(Method)
        raise Invalid("no such method", [Fault("method", f"one of {said}")]) from error
    return send_paper(_paper(pool_id, method), form)


def _paper(pool_id: UUID, method: Method | None) -> Paper:
    session, actor = db.session(), current_actor()
    size = asked_size(session)
    then = pool_at(session, pools.pool(session, actor, pool_id), size)
    every, seed = journal(session, pool_id, size), request.args.get("seed", "")
    if len(seed) > SEED_CHARS_MAX:
        raise Invalid("the seed is too long", [Fault("seed", f"{SEED_CHARS_MAX} characters")])
    founded = directory.installation(session)
    return journal_paper(
        then,
        tree_root(session, size),
        every,
        drawn=None if method is None else sample(every, method, size=size, count=_n(), seed=seed),
        method=method,
        seed=seed,
        demonstration=founded is not None and founded.demonstration,
    )


def _n() -> int:
    text = request.args.get("n", "25")
    if not (text.isascii() and text.isdecimal() and len(text) <= _COUNT_DIGITS_MAX):
        raise Invalid("n is no number", [Fault("n", "give a whole number")])
    return int(text)
