"""That an opening position comes before anything else."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased

from ledger.core.errors import Conflict
from ledger.core.work import UnitOfWork
from ledger.funding.models import PoolTransaction
from ledger.funding.rules.postings import Transaction


class NotFirst(Conflict):
    """A position is brought in before anything else, and once."""

    slug = "opening-not-first"
    title = "A pool's opening position comes before anything else"


def check_first(work: UnitOfWork, pool_id: UUID, transaction: Transaction) -> None:
    """Check that nothing was posted before but what was undone. Raises `NotFirst`."""
    undoing = aliased(PoolTransaction)
    standing = (
        select(PoolTransaction.id)
        .outerjoin(undoing, undoing.reverses == PoolTransaction.id)
        .where(
            PoolTransaction.pool_id == pool_id,
            PoolTransaction.id != transaction.transaction_id,
            PoolTransaction.reverses.is_(None),
            undoing.id.is_(None),
        )
    )
    if work.session.scalar(standing.limit(1)) is not None:
        raise NotFirst("something was posted to this pool: correct that by ordinary transactions")
