"""What is known of a patient goes on in a record that is begun anew: an opt-out is never lost."""

from uuid import UUID

from ledger.consent.marks.entries import HidingChosen, OptOutCarried
from ledger.consent.marks.queries import marks
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.identity.effects import carried_over
from ledger.directory.identity.held import of_patient


@carried_over
def carry_marks(work: UnitOfWork, old_id: UUID, new_id: UUID) -> None:
    """Record in the new record what the old one was marked by."""
    known, on = marks(work.session, old_id), of_patient(work, new_id)
    if known.opted_out:
        work.authorise(Permission.PATIENT_RESTRICTED, on=on)
        work.record(OptOutCarried(patient_id=new_id, opted_out=True))
    if known.hidden:
        work.authorise(Permission.PATIENT_RESTRICTED, on=on)
        work.record(HidingChosen(patient_id=new_id, hidden=True))
