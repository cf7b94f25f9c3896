"""What the entries about powers, capacity and death change."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit import Entry, Record
from ledger.core.projection import Opened, changes_nothing, projects
from ledger.directory.acting import entries as facts
from ledger.directory.acting.models import CapacityFinding, Death, PowerRow, PowerStep
from ledger.directory.acting.rules import PowerEnd, Step, SuspendReason
from ledger.directory.acting.telling import changed


@projects(facts.PowerRecorded)
def recorded(session: Session, record: Record[facts.PowerRecorded], _: Opened) -> None:
    """There is one power more."""
    entry = record.entry
    session.add(
        PowerRow(
            id=entry.power_id,
            patient_id=entry.patient_id,
            person_id=entry.person_id,
            organisation_id=entry.organisation_id,
            power=entry.power,
            basis=entry.basis,
            scope=[each.value for each in entry.scope],
            from_on=entry.from_on,
            until_on=entry.until_on,
            recorded_by=record.on_behalf_of or record.actor,
            verified_by=None,
            end_reason=None,
            entry_id=record.id,
        )
    )
    session.flush()  # Its steps refer to it.
    _step(session, record, entry.power_id, Step.RECORDED)


@projects(facts.PowerVerified)
def verified(session: Session, record: Record[facts.PowerVerified], _: Opened) -> None:
    """The power may be used, if it was not before."""
    row = _step(session, record, record.entry.power_id, Step.VERIFIED)
    row.verified_by = record.on_behalf_of or record.actor


@projects(facts.PowerSuspended)
def suspended(session: Session, record: Record[facts.PowerSuspended], _: Opened) -> None:
    """The power does not hold until it is resumed."""
    _step(session, record, record.entry.power_id, Step.SUSPENDED, record.entry.reason)


@projects(facts.PowerResumed)
def resumed(session: Session, record: Record[facts.PowerResumed], _: Opened) -> None:
    """The power holds again."""
    _step(session, record, record.entry.power_id, Step.RESUMED)


@projects(facts.PowerEnded)
def ended(session: Session, record: Record[facts.PowerEnded], _: Opened) -> None:
    """The power is over; a mistake never was one."""
    mistake = record.entry.reason is PowerEnd.MISTAKE
    row = _step(session, record, record.entry.power_id, Step.VOIDED if mistake else Step.ENDED)
    row.end_reason = record.entry.reason


changes_nothing(facts.PowerUsed, because="what was said is recorded by the entry before it")


@projects(facts.CapacityFound)
def found(session: Session, record: Record[facts.CapacityFound], _: Opened) -> None:
    """The latest finding counts."""
    entry = record.entry
    mine = CapacityFinding.patient_id == entry.patient_id
    before = session.scalar(select(func.count()).select_from(CapacityFinding).where(mine)) or 0
    session.add(
        CapacityFinding(
            entry_id=record.id,
            patient_id=entry.patient_id,
            n=before + 1,
            organisation_id=entry.organisation_id,
            finding=entry.finding,
            found_on=entry.found_on,
            review_on=entry.review_on,
            at=record.at,
        )
    )
    changed(session, entry.patient_id, record.at)


@projects(facts.DeathRecorded)
def died(session: Session, record: Record[facts.DeathRecorded], _: Opened) -> None:
    """Every power over the patient is over."""
    patient_id = record.entry.patient_id
    session.add(Death(patient_id=patient_id, entry_id=record.id, recorded_at=record.at))
    changed(session, patient_id, record.at)


def _step(
    session: Session,
    record: Record[Entry],
    power_id: UUID,
    step: Step,
    reason: SuspendReason | None = None,
) -> PowerRow:
    row = session.get_one(PowerRow, power_id)
    mine = PowerStep.power_id == power_id
    before = session.scalar(select(func.count()).select_from(PowerStep).where(mine)) or 0
    session.add(
        PowerStep(
            power_id=power_id,
            n=before + 1,
            step=step,
            reason=reason,
            at=record.at,
            entry_id=record.id,
        )
    )
    changed(session, row.patient_id, record.at)
    return row
