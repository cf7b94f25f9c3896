"""Organisations, staff and roles, over HTTP."""

from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, request, url_for
from flask.typing import ResponseReturnValue

from ledger.api.directory_schemas import (
    CreatedOut,
    EndIn,
    InvitationIn,
    InvitationOut,
    InvitedOut,
    InviteIn,
    OrganisationIn,
    OrganisationOut,
    OrganisationsOut,
    RoleIn,
    SearchIn,
    StaffMemberOut,
    StaffOut,
)
from ledger.api.shell import Blueprint as Described
from ledger.core.authority import in_force, permits
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries, service
from ledger.directory.rules.organisations import OrganisationDetails
from ledger.edge import accounts, cursors
from ledger.edge.guard import current_actor, public, requires
from ledger.edge.once import once, once_done

blueprint = Blueprint("directory", __name__, url_prefix="/api/v1")


@blueprint.get("/organisations")
@Described.takes(SearchIn, location="query")
@Described.answers(200, OrganisationsOut)
@public("which organisations there are is public, with their codes; it names nobody")
def organisations() -> ResponseReturnValue:
    """List organisations by name, or find the one with an ODS code."""
    asked = SearchIn().load(request.args)
    if asked["ods_code"]:
        found = queries.organisation_by_code(db.session(), asked["ods_code"])
        return {"items": [OrganisationOut().dump(found)] if found else []}
    limit, after = cursors.limit(), cursors.after(of="organisations", shape=(str, str))
    rows = queries.search_organisations(
        db.session(),
        containing=asked["containing"],
        after=(after[0], UUID(after[1])) if after else None,
        limit=limit + 1,
    )
    last = rows[limit - 1] if len(rows) > limit else None
    links = cursors.links(
        next_after=(last.name, str(last.id)) if last else None, of="organisations"
    )
    return {"items": OrganisationOut(many=True).dump(rows[:limit])}, 200, links


@blueprint.get("/organisations/<uuid:organisation_id>")
@Described.answers(200, OrganisationOut)
@public("which organisations there are is public, with their codes; it names nobody")
def organisation(organisation_id: UUID) -> ResponseReturnValue:
    """Show one organisation."""
    body: dict[str, Any] = OrganisationOut().dump(
        queries.organisation(db.session(), organisation_id)
    )
    return body


@blueprint.post("/organisations")
@Described.takes(OrganisationIn)
@Described.answers(201, OrganisationOut)
@requires(Permission.ORGANISATION_REGISTER)
def register() -> ResponseReturnValue:
    """Add an organisation to the directory."""
    details = OrganisationDetails(**OrganisationIn().load(request.get_json()))
    with unit_of_work(current_actor()) as work:

        def carry_out() -> dict[str, Any]:
            made = service.register_organisation(work, details=details)
            body: dict[str, Any] = OrganisationOut().dump(queries.organisation(work.session, made))
            return body

        body = once(work, carry_out)
    return body, 201, {"Location": url_for("directory.organisation", organisation_id=body["id"])}


@blueprint.get("/organisations/<uuid:organisation_id>/staff")
@Described.answers(200, StaffOut)
@requires(Permission.PERSON_INVITE)
def staff(organisation_id: UUID) -> ResponseReturnValue:
    """List everybody who has or had a role at an organisation."""
    on = queries.resource(db.session(), organisation_id)
    if not permits(in_force(), current_actor(), Permission.PERSON_INVITE, on):
        raise NotFound("no such organisation, or its staff is not yours to see")
    found = queries.staff(db.session(), organisation_id)
    return {"items": StaffMemberOut(many=True).dump(found)}


@blueprint.post("/organisations/<uuid:organisation_id>/staff")
@Described.takes(InviteIn)
@Described.answers(201, InvitedOut)
@requires(Permission.PERSON_INVITE)
def invite(organisation_id: UUID) -> ResponseReturnValue:
    """Give somebody a role at an organisation, registering them if they are new here."""
    asked = InviteIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:

        def carry_out() -> dict[str, Any]:
            invited = service.invite(work, organisation_id=organisation_id, **asked)
            body: dict[str, Any] = InvitedOut().dump(invited)
            return body

        body = once(work, carry_out)
    return body, 201


@blueprint.post("/people/<uuid:person_id>/invitations")
@Described.takes(InvitationIn)
@Described.answers(201, InvitationOut)
@requires(Permission.PERSON_INVITE)
def invitation(person_id: UUID) -> ResponseReturnValue:
    """Make an address that lets somebody in who has not signed in yet. An older one ends."""
    at = InvitationIn().load(request.get_json())["organisation_id"]
    with unit_of_work(current_actor()) as work:
        service.invite_again(work, person_id=person_id, organisation_id=at)
    email = next(m.email for m in queries.staff(db.session(), at) if m.person_id == person_id)
    token = accounts.invite(person_id, email or "")
    address = f"{current_app.extensions['settings'].public_url}/invitation/{token}"
    return {"address": address}, 201, {"Cache-Control": "no-store"}


@blueprint.post("/people/<uuid:person_id>/memberships")
@Described.takes(RoleIn)
@Described.answers(201, CreatedOut)
@requires(Permission.MEMBERSHIP_GIVE)
def give_role(person_id: UUID) -> ResponseReturnValue:
    """Give a person a role in an organisation."""
    asked = RoleIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        body = once(
            work, lambda: {"id": str(service.give_role(work, person_id=person_id, **asked))}
        )
    return body, 201


@blueprint.post("/memberships/<uuid:membership_id>/end")
@Described.takes(EndIn)
@Described.answers(204)
@requires(Permission.MEMBERSHIP_GIVE)
def end_role(membership_id: UUID) -> ResponseReturnValue:
    """End a role: at once, or after its last day."""
    asked = EndIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        once_done(work, service.end_role, membership_id=membership_id, **asked)
    return "", 204
