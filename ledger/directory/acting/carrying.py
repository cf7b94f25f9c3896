"""What of capacity and powers goes on in a record that is begun anew."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from ledger.core.authority import Resource
from ledger.core.errors import NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.acting import entries as facts
from ledger.directory.acting.basis import CODES
from ledger.directory.acting.models import CapacityFinding, PowerRow
from ledger.directory.acting.queries import power_of, steps_of
from ledger.directory.acting.rules import Scope, Step


def carry(
    work: UnitOfWork, old_id: UUID, new_patient_id: UUID, power_ids: Collection[UUID], on: Resource
) -> None:
    """Record the latest finding anew, and the powers that go on, for the new record alone.

    No power goes on by itself: those of birth parents end with an adoption (Adoption and
    Children Act 2002 s.46), and must lead nobody to the child. Words stay where they are, as
    they may name who the patient was. A second person verifies an attorney or deputy again.

    Raises:
        NotFound: one of *power_ids* is no power over the old record that could still be used.
    """
    latest = select(CapacityFinding).where(CapacityFinding.patient_id == old_id)
    row = work.session.scalars(latest.order_by(CapacityFinding.n.desc()).limit(1)).first()
    if row is not None:
        work.authorise(Permission.PATIENT_RESTRICTED, on=on)
        work.record(
            facts.CapacityFound(
                patient_id=new_patient_id,
                organisation_id=row.organisation_id,
                finding=row.finding,
                found_on=row.found_on,
                review_on=row.review_on,
                words=None,
            )
        )
    for power_id in sorted(set(power_ids)):
        work.authorise(Permission.PATIENT_RESTRICTED, on=on)
        work.record(_again(work, power_id, old_id, new_patient_id))


def _again(
    work: UnitOfWork, power_id: UUID, old_id: UUID, new_patient_id: UUID
) -> facts.PowerRecorded:
    row = work.load(PowerRow, power_id)
    power = power_of(row, steps_of(work.session, [power_id], None)[power_id])
    over = any(step in {Step.ENDED, Step.VOIDED} for step, _ in power.steps)
    if row.patient_id != old_id or over or power.suspended(work.now):
        raise NotFound("no such power over this patient that could go on")
    return facts.PowerRecorded(
        power_id=new_id(),
        patient_id=new_patient_id,
        person_id=row.person_id,
        organisation_id=row.organisation_id,
        power=row.power,
        basis=row.basis,
        code=CODES[row.basis],
        scope=tuple(sorted(map(Scope, row.scope))),
        from_on=work.today,
        until_on=row.until_on,
        words=None,
    )
