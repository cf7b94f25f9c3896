"""Who has stepped aside for a patient has for the record that is begun anew, too."""

from uuid import UUID

from sqlalchemy import select

from ledger.access.keeping.entries import WORDS, Recused
from ledger.access.keeping.models import Epoch, Recusal
from ledger.access.keeping.projection import STANDING
from ledger.access.keeping.rules import RecusalReason
from ledger.core import privacy
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.identity.effects import carried_over
from ledger.directory.identity.held import of_patient


@carried_over
def carry_recusals(work: UnitOfWork, old_id: UUID, new_id: UUID) -> None:
    """Record anew, for the new record alone, who does not look at it. Words stay where they are."""
    mine = select(Recusal).where(Recusal.patient_id == old_id).order_by(Recusal.person_id)
    rows = work.session.scalars(mine).all()
    if not rows:
        return
    n = work.load(Epoch, STANDING).n
    on = of_patient(work, new_id)
    opened = privacy.opened(work.session, [row.entry_id for row in rows])
    for number, row in enumerate(rows, start=n + 1):
        why = opened.get(row.entry_id, {}).get(WORDS) or {}
        work.authorise(Permission.PATIENT_RESTRICTED, on=on)
        work.record(
            Recused(
                person_id=row.person_id,
                patient_id=new_id,
                organisation_id=row.organisation_id,
                n=number,
                reason_code=RecusalReason(code) if (code := why.get("reason_code")) else None,
                words=None,
            )
        )
