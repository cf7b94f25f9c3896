"""What commands of areas above hold before they put right whose something is."""

from uuid import UUID

from ledger.core.authority import Resource
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.service.held import of_patient, patient, visible_patient

__all__ = ["hold_to_correct", "of_patient"]


def hold_to_correct(work: UnitOfWork, *patient_ids: UUID) -> dict[UUID, Resource]:
    """Hold patients, in one order, until *work* ends; return what authority needs for each.

    Raises:
        NotFound: there is no such patient, or the actor may not know of them.
        Forbidden: the actor may not put right whose something of theirs is.
    """
    for one in sorted(patient_ids):
        patient(work, one)
    found = {}
    for one in sorted(patient_ids):
        found[one] = visible_patient(work, one, Permission.PATIENT_CORRECT)
        work.authorise(Permission.PATIENT_CORRECT, on=found[one])
    return found
