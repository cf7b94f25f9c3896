"""What a version says, for other programs: ODRL, its data flows, and what it changes."""

from typing import Any
from uuid import UUID

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from ledger.agreements import queries, service
from ledger.agreements.rules import odrl_out
from ledger.api.agreements_duty_schemas import FlowGraphOut
from ledger.api.agreements_schemas import DifferencesOut
from ledger.api.shell import Blueprint as Described
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge import etags
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once

blueprint = Blueprint("agreements_exchange", __name__, url_prefix="/api/v1/agreements")


@blueprint.get("/<uuid:agreement_id>/versions/<int:number>/odrl")
@requires(Permission.AGREEMENT_READ)
def export(agreement_id: UUID, number: int) -> ResponseReturnValue:
    """Read the terms as an ODRL 2.2 Agreement in JSON-LD, with DPV purposes and legal bases."""
    shown = queries.version(db.session(), current_actor(), agreement_id, number)
    body = odrl_out.write(
        shown.terms,
        agreement_id=agreement_id,
        version=number,
        document_sha256=shown.document_sha256,
    )
    response = jsonify(body)
    response.content_type = "application/ld+json"
    response.set_etag(shown.document_sha256)
    return response


@blueprint.post("/odrl")
@requires(Permission.AGREEMENT_DRAFT)
def import_odrl() -> ResponseReturnValue:
    """Draft an agreement from ODRL 2.2 in JSON-LD; with every fault at once, if it has any."""
    found = request.get_json()

    def carry_out() -> dict[str, Any]:
        made = service.import_odrl(work, found=found)
        return {
            "agreement_id": str(made.agreement_id),
            "number": made.number,
            "document_sha256": made.document_sha256,
        }

    with unit_of_work(current_actor()) as work:
        body = once(work, carry_out)
    address = url_for(
        "agreements.read_version", agreement_id=body["agreement_id"], number=body["number"]
    )
    return body, 201, {"Location": address, **etags.header(body["document_sha256"])}


@blueprint.get("/<uuid:agreement_id>/versions/<int:number>/flows")
@Described.answers(200, FlowGraphOut)
@requires(Permission.AGREEMENT_READ)
def flows(agreement_id: UUID, number: int) -> ResponseReturnValue:
    """Read the data flows as a graph: parties, and what goes from one to another."""
    shown = queries.version(db.session(), current_actor(), agreement_id, number)
    body: dict[str, Any] = FlowGraphOut().dump(queries.graph(db.session(), shown))
    return body, 200, etags.header(f"{shown.document_sha256}.{shown.state}")


@blueprint.get("/<uuid:agreement_id>/versions/<int:number>/differences")
@Described.answers(200, DifferencesOut)
@requires(Permission.AGREEMENT_READ)
def differences(agreement_id: UUID, number: int) -> ResponseReturnValue:
    """Compare a version, clause by clause, with the one that it replaces or replaced."""
    shown = queries.version(db.session(), current_actor(), agreement_id, number)
    found = queries.differences(db.session(), shown)
    body: dict[str, Any] = DifferencesOut().dump({"items": found})
    return body
