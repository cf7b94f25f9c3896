"""Commands on what bears on every power: findings about capacity, and a death."""

from datetime import date
from uuid import UUID

from ledger.core.errors import NotFound
from ledger.core.permissions import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.acting import entries as facts
from ledger.directory.acting.checks import check_finding
from ledger.directory.acting.entries import Capable
from ledger.directory.acting.queries import life
from ledger.directory.acting.rules import BadFinding
from ledger.directory.acting.service import check_alive, resource
from ledger.directory.queries import hold_records, patient_identities

_OF_CHILDREN = frozenset({Capable.COMPETENT, Capable.NOT_COMPETENT})


def record_capacity(
    work: UnitOfWork,
    *,
    patient_id: UUID,
    finding: Capable,
    found_on: date,
    review_on: date,
    words: str,
) -> None:
    """Record what a clinician who cares for a patient found. It counts from now on.

    Raises:
        NotFound: there is no such patient, or the actor may not know of them.
        Forbidden: the actor does not care for them.
        BadFinding: no words, impossible days, or the words of another age.
        PatientDied: see it.
    """
    hold_records(work, patient_id, to_change=True)
    on = resource(work, patient_id)
    if not work.may(Permission.POWER_READ, on=on):
        raise NotFound("no such patient")
    work.authorise(Permission.CAPACITY_RECORD, on=on)
    at = work.actor.organisation_id
    if at is None:
        raise BadFinding("choose the role in which you found this, and try again")
    check_alive(work, patient_id)
    check_finding(words, found_on=found_on, review_on=review_on, today=work.today)
    presumed_from = life(work.session, patient_id).presumed_from
    child = presumed_from is not None and work.now < presumed_from
    if child is not (finding in _OF_CHILDREN):
        raise BadFinding(
            "before the 16th birthday it is found whether a child is competent (Gillick); after "
            "it, whether somebody has capacity (Mental Capacity Act 2005)"
        )
    work.record(
        facts.CapacityFound(
            patient_id=patient_id,
            organisation_id=at,
            finding=finding,
            found_on=found_on,
            review_on=review_on,
            words=words.strip(),
        )
    )


def record_death(work: UnitOfWork, *, patient_id: UUID, died_on: date) -> None:
    """Record that a patient has died: every power over them ended with it.

    What the patient chose goes on to be honoured: confidence outlives them.

    Raises:
        NotFound: there is no such patient, or the actor may not know of them.
        PatientDied: it is recorded already. BadFinding: the day is in the future.
    """
    hold_records(work, patient_id, to_change=True)
    on = resource(work, patient_id)
    if not work.may(Permission.POWER_READ, on=on):
        raise NotFound("no such patient")
    work.authorise(Permission.DEATH_RECORD, on=on)
    check_alive(work, patient_id)
    identity = patient_identities(work.session, [patient_id])[patient_id]
    if died_on > work.today or (identity is not None and died_on < identity.date_of_birth):
        raise BadFinding("check the day: it is in the future, or before they were born")
    work.record(facts.DeathRecorded(patient_id=patient_id, died_on=died_on))
