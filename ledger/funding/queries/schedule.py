"""Instalments: when contributions fall due, and how far each has got."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.funding.models import PoolAccount, PoolBalance
from ledger.funding.payment_tables import Instalment
from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.chart import Head


class InstalmentState(StrEnum):
    """How far an instalment has got."""

    TO_COME = "to-come"
    NOT_RECORDED = "not-recorded"
    OWED = "owed"
    PART_RECEIVED = "part-received"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalmentView:
    """One part of a contribution.

    Attributes:
        left_minor: What of it has not been paid in; all of it until it has fallen due.
        transaction_id: The transaction that made it due.
    """

    key: str
    number: int
    partner_id: UUID
    due_on: date
    amount_minor: int
    left_minor: int
    state: InstalmentState
    transaction_id: UUID | None

    def late_days(self, today: date) -> int:
        """Return for how many days it should have been paid in; 0 if it is not late."""
        over = self.state in {InstalmentState.RECEIVED, InstalmentState.TO_COME}
        return 0 if over else max(0, (today - self.due_on).days)


def instalments(session: Session, pool: PoolView, *, today: date) -> list[InstalmentView]:
    """Return every instalment of a pool by its day.

    Payments do not name what they pay: a partner's are set against what it owed first, so that
    what it owes now is the newest of what fell due.
    """
    rows = session.scalars(
        select(Instalment)
        .where(Instalment.pool_id == pool.id)
        .order_by(Instalment.due_on, Instalment.key, Instalment.number)
    ).all()
    owed = _owed(session, pool)
    views = []
    for row in reversed(rows):
        left_minor = row.amount_minor
        if row.transaction_id is not None:
            left_minor = min(row.amount_minor, owed.get(row.partner_id, 0))
            owed[row.partner_id] = owed.get(row.partner_id, 0) - left_minor
        views.append(
            InstalmentView(
                key=row.key,
                number=row.number,
                partner_id=row.partner_id,
                due_on=row.due_on,
                amount_minor=row.amount_minor,
                left_minor=left_minor,
                state=_state(row, left_minor, today),
                transaction_id=row.transaction_id,
            )
        )
    return views[::-1]


def _state(row: Instalment, left_minor: int, today: date) -> InstalmentState:
    if row.transaction_id is None:
        return InstalmentState.TO_COME if row.due_on >= today else InstalmentState.NOT_RECORDED
    if left_minor == 0:
        return InstalmentState.RECEIVED
    whole = left_minor == row.amount_minor
    return InstalmentState.OWED if whole else InstalmentState.PART_RECEIVED


def _owed(session: Session, pool: PoolView) -> dict[UUID, int]:
    rows = session.execute(
        select(PoolAccount.of, PoolBalance.balance_minor)
        .join(PoolBalance, PoolBalance.account_id == PoolAccount.id)
        .where(PoolAccount.pool_id == pool.id, PoolAccount.head == Head.RECEIVABLE)
    )
    return {row.of: row.balance_minor for row in rows if row.of}
