"""A period as it would have been posted, had its later corrections been known.

What is posted to a closed period never changes. A correction is posted to an open one and
names the day that it relates to; here it is counted where it belongs, and nowhere else. So
the restated figures of all periods together are what was posted in all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from ledger.core.errors import NotFound
from ledger.funding.models import PoolAccount, PoolPosting, PoolTransaction
from ledger.funding.queries.pools import PeriodView, PoolView
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import Event

CLOSING: Final = (
    Event.YEAR_CLOSED,
    Event.UNDERSPEND_CARRIED,
    Event.UNDERSPEND_RETURNED,
    Event.FUND_DRAWN,
    Event.BUDGET_LAPSED,
)
"""What ends a year is no figure of it: it would empty the accounts that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A transaction in one period about a day in another."""

    transaction_id: UUID
    effective_on: date
    relates_to: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Restated:
    """What a period's transactions moved, in minor units, debit positive.

    Attributes:
        posted_minor: By account, as it was closed.
        corrected_minor: What later corrections add, less what it corrects of other periods.
        corrections: Those that relate to it, in the order of their days.
    """

    period: PeriodView
    posted_minor: Mapping[Account, int]
    corrected_minor: Mapping[Account, int]
    corrections: Sequence[Correction]

    @property
    def restated_minor(self) -> dict[Account, int]:
        """What each account would have moved by."""
        every = dict.fromkeys((*self.posted_minor, *self.corrected_minor))
        return {
            one: self.posted_minor.get(one, 0) + self.corrected_minor.get(one, 0) for one in every
        }


def restated(session: Session, pool: PoolView, period_id: UUID) -> Restated:
    """Return the figures of a period of *pool*, as posted and as corrected since.

    Raises:
        NotFound: the pool has no such period.
    """
    period = next((one for one in pool.periods if one.id == period_id), None)
    if period is None:
        raise NotFound("no such period in this pool")
    posted: dict[Account, int] = {}
    corrected: dict[Account, int] = {}
    row, leg = PoolTransaction, PoolPosting
    rows = session.execute(
        select(
            PoolAccount.head,
            PoolAccount.of,
            row.period_id,
            row.relates_to,
            func.sum(leg.amount_minor).label("sum"),
        )
        .join(leg, leg.account_id == PoolAccount.id)
        .join(row, row.id == leg.transaction_id)
        .where(
            row.pool_id == pool.id,
            row.event.not_in(CLOSING),
            (row.period_id == period.id) | _about(period),
        )
        .group_by(PoolAccount.head, PoolAccount.of, row.period_id, row.relates_to)
        .order_by(PoolAccount.head, PoolAccount.of)
    )
    for one in rows:
        account, amount_minor = Account(head=Head(one.head), of=one.of), int(one.sum)
        here = one.period_id == period.id
        belongs = period.first_day <= (one.relates_to or period.first_day) <= period.last_day
        if here:
            posted[account] = posted.get(account, 0) + amount_minor
        if here != belongs:
            by_minor = -amount_minor if here else amount_minor
            corrected[account] = corrected.get(account, 0) + by_minor
    return Restated(
        period=period,
        posted_minor=posted,
        corrected_minor={one: n for one, n in corrected.items() if n},
        corrections=_corrections(session, pool, period),
    )


def _about(period: PeriodView) -> ColumnElement[bool]:
    relates_to = PoolTransaction.relates_to
    return relates_to.between(period.first_day, period.last_day)


def _corrections(session: Session, pool: PoolView, period: PeriodView) -> list[Correction]:
    row = PoolTransaction
    found = session.execute(
        select(row.id, row.effective_on, row.relates_to)
        .where(row.pool_id == pool.id, row.period_id != period.id, _about(period))
        .order_by(row.effective_on, row.recorded_at, row.id)
    )
    return [
        Correction(transaction_id=one.id, effective_on=one.effective_on, relates_to=one.relates_to)
        for one in found
        if one.relates_to is not None
    ]
