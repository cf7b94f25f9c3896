"""What accounts hold, moved in memory as the database will move them, and judge it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from ledger.funding.models import Pool, PoolBalance
from ledger.funding.rules.chart import Account
from ledger.funding.rules.postings import Transaction

HELD: Final = (
    PoolBalance.account_id,
    PoolBalance.balance_minor,
    PoolBalance.postings_count,
    PoolBalance.moved_at,
)
_AT_ONCE: Final = 500


@dataclass(slots=True)
class Held:
    """Balances in minor units, counts of postings and last moments, by the account's id."""

    minor: dict[UUID, int]
    count: dict[UUID, int]
    moved_at: dict[UUID, datetime]
    ids: dict[Account, UUID] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Row[Any]]) -> "Held":
        """Return it from rows that have the columns `HELD`."""
        rows = list(rows)
        return cls(
            minor={row.account_id: row.balance_minor for row in rows},
            count={row.account_id: row.postings_count for row in rows},
            moved_at={row.account_id: row.moved_at for row in rows if row.moved_at},
        )

    def moment(self, transaction: Transaction, pool_id: UUID, at: datetime) -> datetime:
        """Return when it counts as recorded: along an account never before the last.

        Commands wait for one another, so *at* may run backwards.
        """
        accounts = {posting.account for posting in transaction.postings}
        for account in accounts - self.ids.keys():
            self.ids[account] = account.id_in(pool_id)
        return max(at, *(self.moved_at.get(self.ids[one], at) for one in accounts))

    def move(self, transaction: Transaction, pool: Pool, at: datetime) -> list[dict[str, Any]]:
        """Return the rows of a transaction's postings, after `moment`."""
        legs, ids = [], dict[int, UUID]()  # By object: a thousand postings share two accounts.
        for seq, posting in enumerate(transaction.postings):
            account = ids.get(id(posting.account))
            if account is None:
                account = ids[id(posting.account)] = self.ids[posting.account]
            self.minor[account] += posting.amount_minor
            self.count[account] += 1
            self.moved_at[account] = at
            legs.append(
                {
                    "transaction_id": transaction.transaction_id,
                    "seq": seq,
                    "pool_id": pool.id,
                    "account_id": account,
                    "book": posting.account.head.book.value,
                    "currency": pool.currency,
                    "amount_minor": posting.amount_minor,
                    "balance_after_minor": self.minor[account],
                    "account_seq": self.count[account],
                    "recorded_at": at,
                    "source": posting.source,
                    "nature": posting.nature and posting.nature.value,
                    "recurrent": posting.recurrent,
                }
            )
        return legs


def hold(session: Session, pool_id: UUID, transactions: Iterable[Transaction]) -> Held:
    """Return what the accounts hold that *transactions* move."""
    moved = {posting.account for one in transactions for posting in one.postings}
    wanted, rows = sorted(account.id_in(pool_id) for account in moved), list[Row[Any]]()
    for start in range(0, len(wanted), _AT_ONCE):  # Databases take only so many parameters.
        some = PoolBalance.account_id.in_(wanted[start : start + _AT_ONCE])
        rows += session.execute(select(*HELD).where(some))
    return Held.of(rows)
