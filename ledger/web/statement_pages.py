"""Pages of statements: which there are, and each of them, to read, print and take away."""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, url_for

from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.directory import queries as directory
from ledger.edge.asked import asked_id, asked_size
from ledger.edge.guard import current_actor, requires
from ledger.funding.papers import FORMS, Row
from ledger.funding.papers.statement import statement_paper
from ledger.funding.queries import pools
from ledger.funding.queries.as_of import pool_at
from ledger.funding.queries.partner_statements import must_see, sees_all, stated, whose
from ledger.funding.rules.books import Days
from ledger.web.figure_pages import figure_href
from ledger.web.paper_words import shown
from ledger.web.shell import day

blueprint = Blueprint("pool_statements", __name__, url_prefix="/pools")


@blueprint.get("/<uuid:pool_id>/statements")
@requires(Permission.POOL_READ)
def index(pool_id: UUID) -> str:
    """List the statements that the reader may see, by year."""
    session, actor = db.session(), current_actor()
    pool = pools.pool(session, actor, pool_id)
    size = asked_size(session)
    then = pool_at(session, pool, size)
    partners = whose(actor, pool)
    names = directory.organisations(session, partners)
    every: list[tuple[str, UUID | None]] = (
        [("All partners, side by side", None)] if sees_all(actor, pool) else []
    )
    every += [(names[one].name if one in names else "A partner", one) for one in partners]
    years = [
        {
            "words": f"{day(period.first_day)} to {day(period.last_day)}",
            "links": [
                {"text": words, "href": _href(pool_id, one, size, period.id)}
                for words, one in every
            ],
        }
        for period in reversed(then.periods)
    ]
    return render_template("statements/index.jinja", pool=pool, years=years, size=size)


@blueprint.get("/<uuid:pool_id>/statements/all")
@requires(Permission.POOL_READ)
def show_all(pool_id: UUID) -> str:
    """Show the statement of all partners side by side, which the host sees."""
    return _shown(pool_id, None)


@blueprint.get("/<uuid:pool_id>/statements/<uuid:partner_id>")
@requires(Permission.POOL_READ)
def show(pool_id: UUID, partner_id: UUID) -> str:
    """Show a partner's statement for a year, as of a size of the log."""
    return _shown(pool_id, partner_id)


def _shown(pool_id: UUID, partner_id: UUID | None) -> str:
    session, actor = db.session(), current_actor()
    pool = pools.pool(session, actor, pool_id)
    must_see(actor, pool, partner_id)
    size = asked_size(session)
    said = stated(session, pool, size=size, period_id=asked_id("period"))
    paper = statement_paper(said, partner_id)

    def why(row: Row) -> str | None:
        if row.figure is None:
            return None
        days = Days(first=row.first, last=row.last)
        return figure_href(pool_id, row.figure, size=size, of=row.of, days=days)

    sort = "statement_of" if partner_id else "statement_of_all"
    asked: dict[str, Any] = {"pool_id": pool_id, "size": size, "period": said.period.id}
    if partner_id:
        asked["partner_id"] = partner_id
    return render_template(
        "statements/statement.jinja",
        pool=pool,
        paper=paper,
        sections=shown(paper, why),
        facts=[{"key": key, "value": value} for key, value in paper.facts],
        permanent=_href(pool_id, partner_id, size, said.period.id),
        forms=[
            (one.words, url_for(f"pool_figures.{sort}", form=one.ending, **asked))
            for one in FORMS.values()
        ],
    )


def _href(pool_id: UUID, partner_id: UUID | None, size: int, period_id: UUID) -> str:
    asked: dict[str, Any] = {"pool_id": pool_id, "size": size, "period": period_id}
    if partner_id is None:
        return url_for("pool_statements.show_all", **asked)
    return url_for("pool_statements.show", partner_id=partner_id, **asked)
