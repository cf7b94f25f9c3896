"""Patients and who cares for them, over HTTP. No answer of these says who a patient is."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import UnsupportedMediaType

from ledger.api.directory_schemas import (
    CareIn,
    CreatedOut,
    DeclarationIn,
    EndIn,
    LinkIn,
    LookUpIn,
    NumberIn,
    OutcomeOut,
    PatientIn,
)
from ledger.api.shell import Blueprint as Described
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.directory import service
from ledger.directory.rules.imports import Identity
from ledger.directory.rules.periods import Period
from ledger.directory.service import Outcome
from ledger.directory.service.numbers import change_number
from ledger.edge.guard import current_actor, requires
from ledger.edge.limits import GUESSES, limiter
from ledger.edge.once import once, once_done

blueprint = Blueprint("directory_patients", __name__, url_prefix="/api/v1")


@blueprint.post("/organisations/<uuid:organisation_id>/patients")
@Described.takes(PatientIn)
@Described.answers(201, CreatedOut)
@requires(Permission.PATIENT_REGISTER)
def register(organisation_id: UUID) -> ResponseReturnValue:
    """Put a patient on an organisation's list. Answers with their id, new or not."""
    identity = Identity(**PatientIn().load(request.get_json()))
    return _create(
        lambda work: service.register_patient(
            work, organisation_id=organisation_id, identity=identity
        )
    )


@blueprint.post("/patients/<uuid:patient_id>/number")
@Described.takes(NumberIn)
@Described.answers(204)
@requires(Permission.PATIENT_CORRECT)
def number_changed(patient_id: UUID) -> ResponseReturnValue:
    """Record that a patient has another NHS number. The old one leads nowhere from now on."""
    number = NumberIn().load(request.get_json())["nhs_number"]
    with unit_of_work(current_actor()) as work:
        once_done(work, change_number, patient_id=patient_id, nhs_number=number)
    return "", 204


@blueprint.post("/organisations/<uuid:organisation_id>/patients/imports")
@Described.answers(201, OutcomeOut)
@requires(Permission.PATIENT_REGISTER)
def import_patients(organisation_id: UUID) -> ResponseReturnValue:
    """Put the patients of a CSV file on an organisation's list: every row, or none."""
    return _import(service.import_patients, organisation_id)


@blueprint.post("/organisations/<uuid:organisation_id>/teams/imports")
@Described.answers(201, OutcomeOut)
@requires(Permission.PATIENT_REGISTER)
def import_teams(organisation_id: UUID) -> ResponseReturnValue:
    """Take in who is in which team as a CSV file: every row, or none."""
    return _import(service.import_teams, organisation_id)


@blueprint.post("/organisations/<uuid:organisation_id>/care/imports")
@Described.answers(201, OutcomeOut)
@requires(Permission.PATIENT_REGISTER)
def import_care(organisation_id: UUID) -> ResponseReturnValue:
    """Take in a roster as a CSV file: every row, or none."""
    return _import(service.import_care, organisation_id)


@blueprint.post("/organisations/<uuid:organisation_id>/care")
@Described.takes(CareIn)
@Described.answers(201, CreatedOut)
@requires(Permission.PATIENT_REGISTER)
def begin_care(organisation_id: UUID) -> ResponseReturnValue:
    """Record from a roster who looks after a patient."""
    asked = CareIn().load(request.get_json())
    period = Period(asked.pop("from_on"), asked.pop("until_on"))
    return _create(
        lambda work: service.begin_care(
            work, organisation_id=organisation_id, period=period, **asked
        )
    )


@blueprint.post("/care/<uuid:relationship_id>/end")
@Described.takes(EndIn)
@Described.answers(204)
@requires(Permission.PATIENT_REGISTER)
def end_care(relationship_id: UUID) -> ResponseReturnValue:
    """End a care relationship: at once, or after its last day."""
    asked = EndIn().load(request.get_json())
    return _do(lambda work: service.end_care(work, relationship_id=relationship_id, **asked))


@blueprint.post("/patients/look-ups")
@Described.takes(LookUpIn)
@Described.answers(200, CreatedOut)
@requires(Permission.PATIENT_FIND)
@limiter.limit(GUESSES)
def look_up() -> ResponseReturnValue:
    """Find a patient by NHS number and date of birth. It is recorded, and the patient sees it.

    404 says that nobody is that, or nobody whom the caller may know of.
    """
    asked = LookUpIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        patient_id = service.find_patient(work, **asked)
    if patient_id is None:
        raise NotFound("nobody whom you may see has this NHS number and date of birth")
    return {"id": str(patient_id)}, 200, {"Cache-Control": "no-store"}


@blueprint.post("/patients/<uuid:patient_id>/link")
@Described.takes(LinkIn)
@Described.answers(204)
@requires(Permission.PATIENT_LINK)
def link(patient_id: UUID) -> ResponseReturnValue:
    """Link a person's sign-in with the record that is about them."""
    asked = LinkIn().load(request.get_json())
    return _do(lambda work: service.link(work, patient_id=patient_id, **asked))


@blueprint.post("/patients/<uuid:patient_id>/care-declarations")
@Described.takes(DeclarationIn)
@Described.answers(201, CreatedOut)
@requires(Permission.CARE_DECLARE)
def declare_care(patient_id: UUID) -> ResponseReturnValue:
    """Say that one cares for a patient without being on a roster. Holds a week; is reviewed."""
    asked = DeclarationIn().load(request.get_json())
    return _create(lambda work: service.declare_care(work, patient_id=patient_id, **asked))


@blueprint.post("/patients/<uuid:patient_id>/erasure")
@Described.answers(204)
@requires(Permission.PATIENT_ERASE)
def erase(patient_id: UUID) -> ResponseReturnValue:
    """Make everything private of a patient unreadable, for ever. The log stays verifiable."""
    with unit_of_work(current_actor()) as work:
        service.erase(work, patient_id=patient_id)
    return "", 204


def _create(carry_out: Callable[[UnitOfWork], UUID]) -> ResponseReturnValue:
    with unit_of_work(current_actor()) as work:
        body = once(work, lambda: {"id": str(carry_out(work))})
    return body, 201


def _do(carry_out: Callable[[UnitOfWork], None]) -> ResponseReturnValue:
    with unit_of_work(current_actor()) as work:
        once_done(work, carry_out)
    return "", 204


def _import(carry_out: Callable[..., Outcome], organisation_id: UUID) -> ResponseReturnValue:
    if request.mimetype != "text/csv":
        raise UnsupportedMediaType("send the file as text/csv")
    content = request.get_data()
    with unit_of_work(current_actor()) as work:

        def done() -> dict[str, Any]:
            outcome = carry_out(work, organisation_id=organisation_id, content=content)
            body: dict[str, Any] = OutcomeOut().dump(outcome)
            return body

        body = once(work, done)
    return body, 201
