"""Whose a record is comes into doubt, and is found out."""

from uuid import UUID

from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.identity import entries as facts
from ledger.directory.identity.queries import in_doubt
from ledger.directory.identity.rules import (
    AlreadyInDoubt,
    NotInDoubt,
    Outcome,
    checked_evidence,
)
from ledger.directory.service.held import unless_taken, visible_patient


def raise_doubt(work: UnitOfWork, *, patient_id: UUID, evidence: str) -> None:
    """Record that a record may hold what is another's. At once: one person is enough.

    What was agreed to in it permits nothing but direct care until the doubt is settled; what
    was refused in it stays refused.

    Raises:
        NotFound: there is no such patient, or the actor may not know of them.
        Forbidden: the actor may not put right whose a record is.
        AlreadyInDoubt, NoEvidence: see `identity.rules`.
    """
    on = visible_patient(work, patient_id, Permission.PATIENT_CORRECT)
    work.authorise(Permission.PATIENT_CORRECT, on=on)
    known = checked_evidence(evidence)
    if in_doubt(work.session, patient_id):
        raise AlreadyInDoubt("settle that doubt first")
    with unless_taken("raising a doubt"):
        work.record(facts.DoubtRaised(patient_id=patient_id, evidence=known))


def settle_doubt(work: UnitOfWork, *, patient_id: UUID, outcome: Outcome, evidence: str) -> None:
    """Record whose the record is found to be, once what is another's was moved there.

    Raises:
        NotFound: there is no such patient, or the actor may not know of them.
        Forbidden: the actor may not put right whose a record is.
        NotInDoubt, NoEvidence: see `identity.rules`.
    """
    on = visible_patient(work, patient_id, Permission.PATIENT_CORRECT)
    work.authorise(Permission.PATIENT_CORRECT, on=on)
    known = checked_evidence(evidence)
    if not in_doubt(work.session, patient_id):
        raise NotInDoubt("nothing is to be settled")
    entry = facts.DoubtSettled(patient_id=patient_id, outcome=outcome, evidence=known)
    work.record(entry)
