"""Somebody who writes a pool's rows past every command, by SQL."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, select

from ledger.funding.models import (
    Period,
    PoolBalance,
    PoolPosting,
    PoolSeal,
    PoolTransaction,
)
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import Event
from tests.conftest import NOW
from tests.given.funding import GivenPool


class Forger:
    """Writes rows past every command: as the application's own role, by SQL."""

    def __init__(self, connection: Connection, given: GivenPool) -> None:
        self.connection, self.given = connection, given
        self.run = connection.execute

    def account(self, head: Head, of: UUID | None = None) -> UUID:
        return Account(head=head, of=of).id_in(self.given.id)

    def transaction(self, **chosen: Any) -> UUID:
        period = self.run(select(Period.id).where(Period.pool_id == self.given.id)).scalar_one()
        row = {
            "id": uuid4(),
            "pool_id": self.given.id,
            "entry_id": uuid4(),
            "event": Event.RESERVE_SET,
            "effective_on": date(2026, 3, 2),
            "recorded_at": NOW,
            "period_id": period,
            "agreement_version": 1,
            "clause": "1.1",
            "actor": "person:nobody",
            "liability": False,
            **chosen,
        }
        self.run(insert(PoolTransaction.__table__), row)  # type: ignore[arg-type]
        identity: UUID = row["id"]
        return identity

    def leg(
        self,
        transaction: UUID,
        head: Head,
        amount_minor: Any,
        *,
        of: UUID | None = None,
        **chosen: Any,
    ) -> None:
        account = self.account(head, of)
        held = self.run(
            select(PoolBalance.balance_minor, PoolBalance.postings_count).where(
                PoolBalance.account_id == account
            )
        ).one()
        seq = self.run(
            select(PoolPosting.seq).where(PoolPosting.transaction_id == transaction)
        ).all()
        row = {
            "transaction_id": transaction,
            "seq": len(seq),
            "pool_id": self.given.id,
            "account_id": account,
            "book": head.book,
            "currency": "GBP",
            "amount_minor": amount_minor,
            "balance_after_minor": held.balance_minor + int(amount_minor),
            "account_seq": held.postings_count + 1,
            "recorded_at": NOW,
            **chosen,
        }
        self.run(insert(PoolPosting.__table__), row)  # type: ignore[arg-type]

    def seal(self, transaction: UUID, postings_count: int = 2) -> None:
        row = {"transaction_id": transaction, "postings_count": postings_count}
        self.run(insert(PoolSeal.__table__), row)  # type: ignore[arg-type]

    def balanced(self, amount_minor: int = 1, **chosen: Any) -> UUID:
        made = self.transaction(**chosen)
        self.leg(made, Head.UNALLOCATED, -amount_minor)
        self.leg(made, Head.RESERVE, amount_minor)
        return made

    def newest(self, event: Event) -> UUID:
        found = self.run(select(PoolTransaction.id).where(PoolTransaction.event == event))
        return found.scalars().all()[-1]
