"""Accruals of a period's end: they count in it, and are undone by themselves in the next."""

from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from ledger.core.errors import Bug, Conflict, Invalid, NotFound
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.evidence.entries import ReversalScheduled
from ledger.funding.evidence.models import PoolReversal
from ledger.funding.models import Period, PoolTransaction
from ledger.funding.service import corrections, spending
from ledger.funding.service.days import period_of
from ledger.funding.service.posting import Outcome, hold_pool

AT_ONCE: Final = 100
"""So many are undone in one unit of work."""


def accrue_reversing(work: UnitOfWork, pool_id: UUID, **said: Any) -> tuple[Outcome, date]:
    """Accrue what came before a period's end, to be undone on the first day of the next.

    So the invoice, when it comes, is accrued in full in the period in which it is paid, and
    neither period counts it twice. Takes what `spending.accrue` takes.

    Returns:
        What was posted, and the day on which it is undone.
    """
    outcome = spending.accrue(work, pool_id, **said)
    pool = hold_pool(work, pool_id)
    period = period_of(work, pool_id, said.get("effective_on") or work.today)
    if period is None:
        raise Bug("an accrual was posted to a day of no period")
    due_on = period.last_day + timedelta(days=1)
    work.authorise(Permission.POOL_SPEND, on=pool.resource)
    work.record(
        ReversalScheduled(pool_id=pool_id, transaction_id=outcome.transaction_id, due_on=due_on)
    )
    return outcome, due_on


def reverse_due(work: UnitOfWork) -> tuple[int, list[str]]:
    """Undo, as time does it, every accrual whose day has come, each on that day.

    One that cannot be undone holds up no other: it is tried again next time.

    Returns:
        How many were undone; and of those that were not, which and why.
    """
    done, refused = 0, []
    for transaction_id in _due(work.session, work.today):
        try:
            with work.attempt():
                row = work.load(PoolReversal, transaction_id)
                corrections.reverse(
                    work,
                    row.pool_id,
                    transaction_id,
                    reference=f"Reversing accrual, {row.due_on}",
                    effective_on=row.due_on,
                    permission=Permission.POOL_LAPSE,
                )
                done += 1
        except (Conflict, Invalid, NotFound) as why:
            refused.append(f"transaction {transaction_id}: {why.detail}")
    return done, refused


def _due(session: Session, today: date) -> list[UUID]:
    """Return the accruals whose day has come, is open, and which were not undone."""
    undoing = aliased(PoolTransaction)
    rows = session.scalars(
        select(PoolReversal.transaction_id)
        .outerjoin(undoing, undoing.reverses == PoolReversal.transaction_id)
        .join(Period, Period.pool_id == PoolReversal.pool_id)
        .where(
            PoolReversal.due_on <= today,
            undoing.id.is_(None),
            Period.first_day <= PoolReversal.due_on,
            Period.last_day >= PoolReversal.due_on,
            Period.closed_at.is_(None),
        )
        .order_by(PoolReversal.due_on, PoolReversal.transaction_id)
        .limit(AT_ONCE)
    )
    return list(rows)
