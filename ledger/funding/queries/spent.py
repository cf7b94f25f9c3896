"""What was spent, by month, scheme and sort: from the postings of the budget's book.

Imported payments leave one such posting for each day and sort, so that a million payments are
read as some thousands of postings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ledger.funding.models import PoolPosting, PoolTransaction
from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.postings import Nature


@dataclass(frozen=True, slots=True)
class Spent:
    """What one scheme spent in one month, spelled ``2026-04``, on one sort of expenditure."""

    month: str
    scheme_id: UUID
    nature: Nature | None
    amount_minor: int


def spent(session: Session, pool: PoolView) -> Sequence[Spent]:
    """Return what was spent, oldest month first, then in the order of schemes and sorts."""
    accounts = {Account(head=Head.SPENT, of=s.id).id_in(pool.id): s.id for s in pool.schemes}
    rank = {scheme.id: number for number, scheme in enumerate(pool.schemes)}
    sums: dict[tuple[str, UUID, str | None], int] = {}
    rows = session.execute(
        select(
            PoolPosting.account_id,
            PoolPosting.nature,
            PoolTransaction.effective_on,
            func.sum(PoolPosting.amount_minor).label("minor"),
        )
        .join(PoolTransaction, PoolTransaction.id == PoolPosting.transaction_id)
        .where(PoolPosting.account_id.in_(accounts))
        .group_by(PoolPosting.account_id, PoolPosting.nature, PoolTransaction.effective_on)
    )
    for row in rows:
        key = f"{row.effective_on:%Y-%m}", accounts[row.account_id], row.nature
        sums[key] = sums.get(key, 0) + int(row.minor)
    in_order = sorted(sums.items(), key=lambda one: (one[0][0], rank[one[0][1]], one[0][2] or ""))
    return [
        Spent(month, scheme_id, Nature(nature) if nature else None, minor)
        for (month, scheme_id, nature), minor in in_order
    ]
