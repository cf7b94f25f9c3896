"""A patient's NHS number was wrong, or was replaced by another."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from ledger.core.errors import Conflict, NotFound
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.entries import NumberChanged
from ledger.directory.models import PatientLookup
from ledger.directory.projection import fingerprints
from ledger.directory.queries.patients import patient_identities
from ledger.directory.rules.imports import check_identity
from ledger.directory.service.held import installation, unless_taken, visible_patient


class NumberTaken(Conflict):
    """Another record has this number: then two records may be one person, which is no change."""

    slug = "nhs-number-taken"
    title = "Another record has this NHS number"


def change_number(work: UnitOfWork, *, patient_id: UUID, nhs_number: str) -> None:
    """Record the number by which a patient is found from now on. The same changes nothing.

    Nothing leads from the old number to the record any more. Do not use it where old and new
    must never be joined: whoever looks after the patient sees the same record as before.

    Raises:
        NotFound: there is no such patient, or the actor may not know of them.
        Invalid: it is no NHS number, or none that may be used here.
        NumberTaken: another record has it.
    """
    founded = installation(work)
    resource = visible_patient(work, patient_id, Permission.PATIENT_CORRECT)
    work.authorise(Permission.PATIENT_CORRECT, on=resource)
    known = patient_identities(work.session, [patient_id])[patient_id]
    if known is None:
        raise NotFound("no such patient")
    identity = check_identity(
        replace(known, nhs_number=nhs_number),
        today=work.today,
        demonstration=founded.demonstration,
    )
    if identity.nhs_number == known.nhs_number:
        return
    number, _ = fingerprints(identity.nhs_number, str(identity.date_of_birth))
    taken = select(PatientLookup.subject_id).where(PatientLookup.nhs_number_hmac == number)
    if work.session.scalar(taken) is not None:
        raise NumberTaken("compare the two records before anything else is done")
    with unless_taken("changing a number"):
        work.record(
            NumberChanged(
                patient_id=patient_id,
                name=identity.name,
                date_of_birth=identity.date_of_birth,
                nhs_number=identity.nhs_number,
            )
        )
