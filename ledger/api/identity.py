"""Whose a record is, over HTTP: joins and separations, doubts, and records begun anew."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from ledger.api.shell import Blueprint as Described
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory.identity import care_moving, doubting, joining, queries, restricted
from ledger.directory.identity.rules import Act, Ground, Outcome
from ledger.directory.rules.imports import Identity
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once, once_done

blueprint = Blueprint("identity", __name__, url_prefix="/api/v1")


class ProposalIn(ma.Schema):
    """What is proposed about two records, on what ground, and how it is known."""

    act = ma.fields.Enum(Act, by_value=True, required=True)
    surviving_id = ma.fields.UUID(required=True)
    superseded_id = ma.fields.UUID(required=True)
    ground = ma.fields.Enum(Ground, by_value=True, required=True)
    evidence = ma.fields.String(required=True)


class ProposalOut(ma.Schema):
    """A proposal that waits for a second person."""

    id = ma.fields.UUID()
    act = ma.fields.Enum(Act, by_value=True)
    surviving_id = ma.fields.UUID()
    superseded_id = ma.fields.UUID()
    ground = ma.fields.Enum(Ground, by_value=True)
    proposed_by = ma.fields.UUID()
    proposed_at = ma.fields.DateTime()
    evidence = ma.fields.String(allow_none=True)


class ProposalsOut(ma.Schema):
    """What waits for a second person at the asker's organisation."""

    items = ma.fields.List(ma.fields.Nested(ProposalOut))


class ConfirmedOut(ma.Schema):
    """Which entry says that it is so."""

    entry_id = ma.fields.UUID()


class DoubtIn(ma.Schema):
    """Why a record is in doubt."""

    evidence = ma.fields.String(required=True)


class DoubtSettledIn(ma.Schema):
    """Whose the record was found to be, and how it is known."""

    outcome = ma.fields.Enum(Outcome, by_value=True, required=True)
    evidence = ma.fields.String(required=True)


class CareMovedIn(ma.Schema):
    """Whose it is."""

    right_patient_id = ma.fields.UUID(required=True)


class CareMovedOut(ma.Schema):
    """The care relationship of the right patient."""

    relationship_id = ma.fields.UUID()


class AnewIn(ma.Schema):
    """Who the patient is from now on."""

    name = ma.fields.String(required=True)
    born = ma.fields.Date(required=True)
    nhs_number = ma.fields.String(required=True)
    power_ids = ma.fields.List(ma.fields.UUID(), load_default=())


class AnewOut(ma.Schema):
    """The record that was begun. Nothing leads to it from the old one."""

    patient_id = ma.fields.UUID()


class LinkIn(ma.Schema):
    """Why a restricted link is read."""

    reason = ma.fields.String(required=True)


class LinkOut(ma.Schema):
    """Which record came after which."""

    old_patient_id = ma.fields.UUID()
    new_patient_id = ma.fields.UUID()


@blueprint.get("/identity-proposals")
@Described.answers(200, ProposalsOut)
@requires(Permission.PATIENT_CORRECT)
def proposals() -> ResponseReturnValue:
    """Show what waits for a second person at one's organisation."""
    own = current_actor().organisation_id
    found = () if own is None else queries.waiting(db.session(), own)
    body: dict[str, Any] = ProposalsOut().dump({"items": found})
    return body


@blueprint.post("/identity-proposals")
@Described.takes(ProposalIn)
@Described.answers(201, ProposalOut)
@requires(Permission.PATIENT_CORRECT)
def propose() -> ResponseReturnValue:
    """Propose that two records are one patient's, or that a join was wrong."""
    asked = ProposalIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:

        def carry_out() -> dict[str, Any]:
            proposal_id = joining.propose(work, **asked)
            body: dict[str, Any] = ProposalOut().dump(queries.proposal(work.session, proposal_id))
            return body

        body = once(work, carry_out)
    return body, 201


@blueprint.post("/identity-proposals/<uuid:proposal_id>/confirm")
@Described.answers(200, ConfirmedOut)
@requires(Permission.PATIENT_CORRECT)
def confirm(proposal_id: UUID) -> ResponseReturnValue:
    """Confirm what somebody else proposed; from now on it is so."""
    with unit_of_work(current_actor()) as work:

        def carry_out() -> dict[str, Any]:
            body: dict[str, Any] = ConfirmedOut().dump(
                {"entry_id": joining.confirm(work, proposal_id)}
            )
            return body

        return once(work, carry_out)


@blueprint.post("/identity-proposals/<uuid:proposal_id>/decline")
@Described.answers(204)
@requires(Permission.PATIENT_CORRECT)
def decline(proposal_id: UUID) -> ResponseReturnValue:
    """Decline what somebody else proposed. Nothing changes."""
    with unit_of_work(current_actor()) as work:
        once_done(work, joining.decline, proposal_id)
    return "", 204


@blueprint.post("/patients/<uuid:patient_id>/doubt")
@Described.takes(DoubtIn)
@Described.answers(204)
@requires(Permission.PATIENT_CORRECT)
def doubt(patient_id: UUID) -> ResponseReturnValue:
    """Say that a record may hold what is another's. At once it permits direct care alone."""
    asked = DoubtIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        once_done(work, doubting.raise_doubt, patient_id=patient_id, **asked)
    return "", 204


@blueprint.post("/patients/<uuid:patient_id>/doubt/settle")
@Described.takes(DoubtSettledIn)
@Described.answers(204)
@requires(Permission.PATIENT_CORRECT)
def settle_doubt(patient_id: UUID) -> ResponseReturnValue:
    """Say whose the record was found to be, once what is another's was moved there."""
    asked = DoubtSettledIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        once_done(work, doubting.settle_doubt, patient_id=patient_id, **asked)
    return "", 204


@blueprint.post("/patients/<uuid:patient_id>/new-identity")
@Described.takes(AnewIn)
@Described.answers(201, AnewOut)
@requires(Permission.PATIENT_RESTRICTED)
def begin_anew(patient_id: UUID) -> ResponseReturnValue:
    """Close a patient's record and begin another, to which nothing leads from the old one."""
    asked = AnewIn().load(request.get_json())
    identity = Identity(
        name=asked["name"], date_of_birth=asked["born"], nhs_number=asked["nhs_number"]
    )
    with unit_of_work(current_actor()) as work:
        found = restricted.begin_anew(
            work, patient_id=patient_id, identity=identity, power_ids=asked["power_ids"]
        )
    # Not kept by `once`: a stored answer would lead from the old record to the new.
    body: dict[str, Any] = AnewOut().dump({"patient_id": found})
    return body, 201


@blueprint.post("/patients/<uuid:patient_id>/restricted-link")
@Described.takes(LinkIn)
@Described.answers(200, LinkOut)
@requires(Permission.PATIENT_RESTRICTED)
def read_link(patient_id: UUID) -> ResponseReturnValue:
    """Read which record came after which, with a reason, which is recorded."""
    asked = LinkIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        old_id, new_id = restricted.read_link(work, patient_id=patient_id, **asked)
    body: dict[str, Any] = LinkOut().dump({"old_patient_id": old_id, "new_patient_id": new_id})
    return body


@blueprint.post("/care-relationships/<uuid:relationship_id>/move")
@Described.takes(CareMovedIn)
@Described.answers(201, CareMovedOut)
@requires(Permission.PATIENT_CORRECT)
def move_care(relationship_id: UUID) -> ResponseReturnValue:
    """Say whose a care relationship is that was recorded for another patient."""
    asked = CareMovedIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:

        def carry_out() -> dict[str, Any]:
            found = care_moving.move_care(work, relationship_id, **asked)
            return dict(CareMovedOut().dump({"relationship_id": found}))

        body = once(work, carry_out)
    return body, 201
