"""What went before a movement that waits by its size: one thing split into parts is one thing.

Counted are what was posted and not reversed, and what waits for approval, of the same
movement in the last days: the same human being's, or of the same accounts and provider.
Parts on the same accounts wait for one another; see `posting.hold_balances`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased

from audit.values import from_json
from ledger.core.work import UnitOfWork
from ledger.funding.entries import Promise
from ledger.funding.imports.models import PaymentImport
from ledger.funding.models import Commitment, PoolAccount, PoolPosting, PoolTransaction, Proposal
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import Event
from ledger.funding.rules.postings import Posting, Postings, Transaction
from ledger.funding.rules.thresholds import MOVEMENTS, size_minor


@dataclass(frozen=True, slots=True)
class _Part:
    """An earlier movement: whose, to whom, on which accounts, how much, and when."""

    maker: str
    provider: UUID | None
    accounts: frozenset[Account]
    size_minor: int
    at: datetime

    @classmethod
    def of(cls, maker: str, provider: UUID | None, postings: Postings, at: datetime) -> Self:
        accounts = frozenset(leg.account for leg in postings)
        return cls(maker, provider, accounts, size_minor(postings), at)


def earlier_minor(
    work: UnitOfWork,
    pool_id: UUID,
    event: Event,
    accounts: frozenset[Account],
    windows: Collection[int],
    *,
    provider: object,
) -> dict[int, int]:
    """Return what is added to a transaction before it is compared, by the number of days.

    Args:
        work: The unit of work of whoever makes it.
        pool_id: Of which pool.
        event: What happens.
        accounts: What would be moved; nothing where a file of payments is sent as a whole.
        windows: The numbers of days that the agreement adds up.
        provider: To whom it is promised, if that is not in its postings.
    """
    alike = [one for one, name in MOVEMENTS.items() if name == MOVEMENTS[event]]
    since = work.now - timedelta(days=max(windows))
    parts = [*_posted(work, pool_id, alike, since), *_waiting(work, pool_id, alike, since)]
    if event is Event.PAYMENT_MADE:
        parts += _files(work, pool_id, since)
    mine = [
        one
        for one in parts
        if one.maker == work.actor.principal
        or (one.accounts == accounts and one.provider == provider)
    ]
    return {
        days: sum(one.size_minor for one in mine if one.at >= work.now - timedelta(days=days))
        for days in windows
    }


def _posted(
    work: UnitOfWork, pool_id: UUID, alike: Collection[Event], since: datetime
) -> list[_Part]:
    row, undoing = PoolTransaction, aliased(PoolTransaction)
    found = work.session.execute(
        select(row.id, row.actor, row.recorded_at, Proposal.maker_id, Commitment.provider_id)
        .outerjoin(undoing, undoing.reverses == row.id)
        .outerjoin(Proposal, Proposal.id == row.id)
        .outerjoin(Commitment, Commitment.id == row.commitment_id)
        .where(
            row.pool_id == pool_id,
            row.event.in_(alike),
            row.recorded_at >= since,
            undoing.id.is_(None),
        )
    ).all()
    legs = _legs(work, [one.id for one in found])
    return [
        _Part.of(
            f"person:{one.maker_id}" if one.maker_id else one.actor,
            one.provider_id,
            legs[one.id],
            one.recorded_at,
        )
        for one in found
    ]


def _legs(work: UnitOfWork, ids: list[UUID]) -> dict[UUID, Postings]:
    legs: dict[UUID, Postings] = dict.fromkeys(ids, ())
    leg = PoolPosting
    for start in range(0, len(ids), 500):  # Databases take only so many parameters.
        rows = work.session.execute(
            select(leg.transaction_id, leg.amount_minor, PoolAccount.head, PoolAccount.of)
            .join(PoolAccount, PoolAccount.id == leg.account_id)
            .where(leg.transaction_id.in_(ids[start : start + 500]))
        )
        for transaction_id, amount_minor, head, of in rows:
            account = Account(head=Head(head), of=of)
            legs[transaction_id] += (Posting(account=account, amount_minor=amount_minor),)
    return legs


def _waiting(
    work: UnitOfWork, pool_id: UUID, alike: Collection[Event], since: datetime
) -> list[_Part]:
    rows = work.session.scalars(
        select(Proposal).where(
            Proposal.pool_id == pool_id,
            Proposal.state == "waiting",
            Proposal.event.in_(alike),
            Proposal.made_at >= since,
        )
    )
    return [
        _Part.of(
            f"person:{row.maker_id}",
            from_json(Promise, row.promise).provider_id if row.promise else None,
            from_json(Transaction, row.body).postings,
            row.made_at,
        )
        for row in rows
    ]


def _files(work: UnitOfWork, pool_id: UUID, since: datetime) -> list[_Part]:
    """Return the files of payments that are sent and not posted yet, each as one payment."""
    row = PaymentImport
    rows = work.session.scalars(
        select(row).where(
            row.pool_id == pool_id, row.state.in_(("waiting", "approved")), row.made_at >= since
        )
    )
    return [
        _Part(f"person:{one.maker_id}", None, frozenset(), one.total_minor, one.made_at)
        for one in rows
    ]
