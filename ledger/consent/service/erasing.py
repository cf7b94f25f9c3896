"""Before a patient is erased, what they agreed to is withdrawn: nothing goes on without them."""

from uuid import UUID

from sqlalchemy import and_, select

from ledger.consent.models import Consent, ConsentVersion
from ledger.consent.rules.choices import Source
from ledger.consent.rules.lifecycle import Status
from ledger.consent.rules.model import Effect
from ledger.consent.service.ending import withdraw
from ledger.consent.service.granting import Said
from ledger.core.work import UnitOfWork
from ledger.directory.erasing import before_erasing


@before_erasing
def withdraw_all(work: UnitOfWork, patient_id: UUID) -> None:
    """Withdraw every permit of a patient that is in force. A no stays as it is."""
    newest = and_(ConsentVersion.consent_id == Consent.id, ConsentVersion.number == Consent.number)
    permits = (
        select(Consent.id)
        .join(ConsentVersion, newest)
        .where(
            Consent.patient_id == patient_id,
            Consent.status == Status.ACTIVE,
            ConsentVersion.base == Effect.PERMIT,
        )
        .order_by(Consent.order)
    )
    for consent_id in work.session.scalars(permits).all():
        withdraw(work, consent_id, said=Said(source=Source.SPOKEN))
