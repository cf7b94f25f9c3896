"""Commands on requests to be erased: a patient asks; it is declined, or carried out by erasing."""

from uuid import UUID

from sqlalchemy import select

from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.retention.entries import ErasureAsked, ErasureDeclined
from ledger.directory.retention.models import ErasureRequest
from ledger.directory.retention.rules import AlreadyAnswered, AlreadyAsked, Ground, words
from ledger.directory.service.held import of_patient, patient


def ask_erasure(work: UnitOfWork, *, patient_id: UUID, why: str = "") -> UUID:
    """Record that a patient asks to be erased. Returns the id of the request.

    Raises:
        NotFound: there is no such patient.
        Forbidden: it is somebody else's record.
        AlreadyAsked: a request is open.
    """
    patient(work, patient_id)
    work.authorise(Permission.ERASURE_ASK, on=of_patient(work, patient_id))
    row = ErasureRequest
    waits = select(row.id).where(row.patient_id == patient_id, row.answered_at.is_(None))
    if work.session.scalar(waits) is not None:
        raise AlreadyAsked("your request is being looked at; you will see the answer here")
    request_id = new_id()
    said = words(why) if why.strip() else None
    work.record(ErasureAsked(request_id=request_id, patient_id=patient_id, words=said))
    return request_id


def decline_erasure(work: UnitOfWork, *, request_id: UUID, ground: Ground, why: str) -> None:
    """Answer a request with the ground in law on which nothing is erased.

    Raises:
        NotFound: there is no such request.
        Forbidden: the actor may not erase, and so not decline either.
        AlreadyAnswered: somebody has answered it.
    """
    row = work.load(ErasureRequest, request_id)
    patient_id = row.patient_id
    if row.answered_at is not None:
        raise AlreadyAnswered("somebody has answered it; nothing was changed")
    patient(work, patient_id)
    work.authorise(Permission.PATIENT_ERASE, on=of_patient(work, patient_id))
    work.record(
        ErasureDeclined(
            request_id=request_id, patient_id=patient_id, ground=ground, words=words(why)
        )
    )
