"""What keeping the grounds of payments changes, and scheduling a reversal."""

from typing import Any

from sqlalchemy.orm import Session

from audit import Record
from ledger.core.projection import Opened, projects
from ledger.funding.evidence.entries import EvidenceKept, ReversalScheduled
from ledger.funding.evidence.models import CorrectedMonth, PoolEvidence, PoolReversal
from ledger.funding.payment_entries import RosterCorrected


@projects(EvidenceKept)
def kept(session: Session, record: Record[EvidenceKept], _: Opened) -> None:
    """Some bytes are the grounds of payments."""
    entry = record.entry
    session.add(
        PoolEvidence(
            pool_id=entry.pool_id,
            digest=entry.digest,
            purpose=entry.purpose,
            media_type=entry.media_type,
            size=entry.size,
            reference=entry.reference,
            kept_at=record.at,
            entry_id=record.id,
        )
    )


@projects(ReversalScheduled)
def scheduled(session: Session, record: Record[ReversalScheduled], _: Opened) -> None:
    """A transaction is to be undone on a day."""
    entry = record.entry
    session.add(
        PoolReversal(
            transaction_id=entry.transaction_id, pool_id=entry.pool_id, due_on=entry.due_on
        )
    )


def roster_corrected(session: Session, record: Record[Any]) -> None:
    """Months have another roster now; a reversal leaves the rows, and is found through them."""
    entry = record.entry
    if isinstance(entry, RosterCorrected):
        session.add_all(
            CorrectedMonth(
                transaction_id=entry.transaction.transaction_id,
                month=month,
                scheme_id=entry.scheme_id,
                roster_digest=entry.roster_digest,
            )
            for month in entry.months
        )
