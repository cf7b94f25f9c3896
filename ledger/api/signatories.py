"""Authority to sign, over HTTP."""

from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from ledger.agreements import queries, service
from ledger.api.agreements_schemas import AuthoritiesOut, AuthorityBody, DelegationIn, authority_out
from ledger.api.shell import Blueprint as Described
from ledger.core.db import db
from ledger.core.errors import Invalid
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once

blueprint = Blueprint("signatories", __name__, url_prefix="/api/v1/signing-authorities")


@blueprint.get("")
@Described.answers(200, AuthoritiesOut)
@requires(Permission.SIGNATORY_APPOINT)
def list_own() -> ResponseReturnValue:
    """List who may sign for the caller's organisation, past and present."""
    organisation_id = current_actor().organisation_id
    if organisation_id is None:
        raise Invalid("act for an organisation to see who may sign for it")
    found = queries.authorities(db.session(), organisation_id)
    return {"items": [authority_out(one) for one in found]}


@blueprint.post("")
@Described.takes(AuthorityBody)
@requires(Permission.SIGNATORY_APPOINT)
def appoint() -> ResponseReturnValue:
    """Give a person authority to sign for one's organisation."""
    asked = AuthorityBody().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        body = once(work, lambda: {"id": str(service.appoint(work, **asked))})
    return body, 201


@blueprint.post("/<uuid:authority_id>/delegations")
@Described.takes(DelegationIn)
@requires(Permission.SIGNATORY_APPOINT)
def delegate(authority_id: UUID) -> ResponseReturnValue:
    """Let a colleague sign by one's own authority, for some days."""
    asked = DelegationIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        body = once(work, lambda: {"id": str(service.delegate(work, authority_id, **asked))})
    return body, 201


@blueprint.delete("/<uuid:authority_id>")
@Described.answers(204)
@requires(Permission.SIGNATORY_APPOINT)
def end(authority_id: UUID) -> ResponseReturnValue:
    """Take authority away, from today on."""
    with unit_of_work(current_actor()) as work:
        service.end_authority(work, authority_id)
    return "", 204
