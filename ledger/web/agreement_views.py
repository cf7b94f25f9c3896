"""Pages of one agreement, a matter each: who may share what, its text, and what changed."""

from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from ledger.agreements import queries
from ledger.core import clock
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.edge.guard import current_actor, requires
from ledger.web.agreement_changes import changes, signers_again
from ledger.web.agreement_words import flow_groups, sections
from ledger.web.agreements import asked_for
from ledger.web.flow_diagram import diagram

blueprint = Blueprint("agreement_views", __name__, url_prefix="/agreements")


@blueprint.get("/<uuid:agreement_id>/flows")
@requires(Permission.AGREEMENT_READ)
def flows(agreement_id: UUID) -> ResponseReturnValue:
    """Draw who may give what to whom, with the same as a table."""
    session = db.session()
    shown = asked_for(session, current_actor(), agreement_id)
    graph = queries.graph(session, shown)
    return render_template(
        "agreements/flows.jinja",
        shown=shown,
        drawn=diagram(graph, title="Who may give data to whom") if graph.edges else "",
        groups=flow_groups(shown, graph),
        waits=any(not edge.in_force for edge in graph.edges),
    )


@blueprint.get("/<uuid:agreement_id>/text")
@requires(Permission.AGREEMENT_READ)
def text(agreement_id: UUID) -> ResponseReturnValue:
    """Show the whole text, and how to know it again."""
    shown = asked_for(db.session(), current_actor(), agreement_id)
    return render_template(
        "agreements/text.jinja", shown=shown, sections=sections(shown.document.clauses)
    )


@blueprint.get("/<uuid:agreement_id>/changes")
@requires(Permission.AGREEMENT_READ)
def compare(agreement_id: UUID) -> ResponseReturnValue:
    """Compare a version with the one that it replaces, clause by clause; say who signs again."""
    session, actor, today = db.session(), current_actor(), clock.today()
    shown = asked_for(session, actor, agreement_id)
    return render_template(
        "agreements/changes.jinja",
        shown=shown,
        changes=changes(queries.differences(session, shown)),
        signers=signers_again(shown, queries.signing(session, actor, shown, today=today)),
    )
