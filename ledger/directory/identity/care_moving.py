"""Who looks after a patient, put right where it was recorded for another one."""

from uuid import UUID

from ledger.core import privacy
from ledger.core.errors import Conflict, NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.care_entries import CareBegan, CareDeclared, CareEnded
from ledger.directory.entries import EndReason
from ledger.directory.identity.held import hold_to_correct
from ledger.directory.identity.queries import records_of
from ledger.directory.models import Care
from ledger.directory.rules.care import CareSource
from ledger.directory.rules.memberships import last_day


class CareSamePatient(Conflict):
    """The right patient is the one it was recorded for."""

    slug = "care-same-patient"
    title = "This care relationship is that patient's already"


class CareOver(Conflict):
    """What is over lets nobody see anything: it stays as it was."""

    slug = "care-relationship-over"
    title = "This care relationship is over"


def move_care(work: UnitOfWork, relationship_id: UUID, *, right_patient_id: UUID) -> UUID:
    """Record whose a care relationship is. Returns the id of the right patient's.

    For the wrong patient it ends at once; for the right one it begins today, with the same last
    day. What somebody had declared is declared for the right one, in their words, under that
    patient's key, and is reviewed anew.

    Raises:
        NotFound: there is no such relationship or patient, or the actor may not know of one.
        Forbidden: the actor may not put right whose something is.
        CareSamePatient, CareOver: see each.
    """
    known = work.session.get(Care, relationship_id)
    if known is None:
        raise NotFound("no such care relationship")
    wrong_id = known.patient_id
    on = hold_to_correct(work, wrong_id, right_patient_id)
    row = work.load(Care, relationship_id)
    if right_patient_id in records_of(work.session, wrong_id):
        raise CareSamePatient("choose the other patient")
    if row.until_on is not None and row.until_on < work.today:
        raise CareOver("there is nothing to put right")
    begun = _begun(work, row, right_patient_id)
    work.authorise(Permission.PATIENT_CORRECT, on=on[wrong_id])
    work.record(
        CareEnded(
            relationship_id=relationship_id,
            patient_id=wrong_id,
            organisation_id=row.organisation_id,
            until_on=last_day(work.today),
            reason=EndReason.MISTAKE,
        )
    )
    work.authorise(Permission.PATIENT_CORRECT, on=on[right_patient_id])
    work.record(begun)
    return begun.relationship_id


def _begun(work: UnitOfWork, row: Care, patient_id: UUID) -> CareBegan | CareDeclared:
    from_on = max(row.from_on, work.today)
    declared = row.declared_reason, row.person_id, row.until_on
    if row.source is CareSource.ROSTER or None in declared:
        return CareBegan(
            relationship_id=new_id(),
            patient_id=patient_id,
            organisation_id=row.organisation_id,
            team_id=row.team_id,
            person_id=row.person_id,
            from_on=from_on,
            until_on=row.until_on,
        )
    reason, person_id, until_on = declared
    assert reason is not None
    assert person_id is not None
    assert until_on is not None
    opened = privacy.opened(work.session, [row.entry_id]).get(row.entry_id, {})
    return CareDeclared(
        relationship_id=new_id(),
        patient_id=patient_id,
        organisation_id=row.organisation_id,
        person_id=person_id,
        from_on=from_on,
        until_on=until_on,
        reason=reason,
        words=(opened.get("words") or {}).get("words"),
    )
