"""Contributions that fall due by a schedule."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from ledger.core.errors import Conflict, Invalid
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.models import Pool
from ledger.funding.payment_entries import InstalmentsScheduled
from ledger.funding.payment_tables import Instalment
from ledger.funding.rules import events
from ledger.funding.rules.events import Event
from ledger.funding.rules.sharing import share
from ledger.funding.service.money import MoreThanAgreed, not_yet_due
from ledger.funding.service.posting import (
    HeldPool,
    Outcome,
    hold_pool,
    new_transaction,
    write,
)

MOST = 366
"""So many instalments a contribution may have."""


class ScheduledAlready(Conflict):
    """A contribution has one schedule."""

    slug = "instalments-scheduled-already"
    title = "This contribution has a schedule already"


def schedule(work: UnitOfWork, pool_id: UUID, *, key: str, due_on: Sequence[date]) -> None:
    """Set the days on which a contribution falls due, in equal parts to the penny.

    The pence that cannot be divided are in the first instalments.

    Raises:
        NotFound: the agreement names no such contribution.
        ScheduledAlready: it has a schedule.
        Invalid: no days, days out of order, or outside the contribution's own.
    """
    work.load(Pool, pool_id)  # To change: one contribution gets one schedule.
    pool = hold_pool(work, pool_id)
    work.authorise(Permission.POOL_ALLOCATE, on=pool.resource)
    agreed = pool.fund.contribution(key)
    if not 0 < len(due_on) <= MOST or sorted(set(due_on)) != list(due_on):
        raise Invalid("give the days in their order, each once")
    if not agreed.first_day <= due_on[0] <= due_on[-1] <= agreed.last_day:
        raise Invalid(f"the contribution is for {agreed.first_day} to {agreed.last_day}")
    if work.session.get(Instalment, (pool_id, key, 1)) is not None:
        raise ScheduledAlready("nothing was changed")
    parts = share(agreed.amount_minor, dict.fromkeys(range(len(due_on)), 1))
    work.record(
        InstalmentsScheduled(
            pool_id=pool_id,
            partner_id=agreed.partner_id,
            key=key,
            due_on=tuple(due_on),
            amounts_minor=tuple(parts.values()),
        )
    )


def bring_due(work: UnitOfWork, pool_id: UUID, *, until: date | None = None) -> list[Outcome]:
    """Record every instalment that has fallen due by *until* (today), each on its own day.

    Raises:
        MoreThanAgreed: the contribution is not in the budget, or more fell due by hand.
        PeriodNotOpen: the period of such a day is closed, or there is none.
    """
    pool = hold_pool(work, pool_id)
    last = min(until or work.today, work.today)
    due = work.session.scalars(
        select(Instalment)
        .where(
            Instalment.pool_id == pool_id,
            Instalment.due_on <= last,
            Instalment.transaction_id.is_(None),
        )
        .order_by(Instalment.due_on, Instalment.key)
    ).all()
    work.authorise(Permission.POOL_SPEND, on=pool.resource, records=len(due))
    locked = [work.load(Instalment, (pool_id, one.key, one.number)) for one in due]
    return [_due(work, pool, one) for one in locked if one.transaction_id is None]


def _due(work: UnitOfWork, pool: HeldPool, row: Instalment) -> Outcome:
    if row.amount_minor > not_yet_due(work, pool, row.partner_id):
        raise MoreThanAgreed(f"instalment {row.number} of {row.key} is more than is not yet due")
    transaction = new_transaction(
        pool,
        work,
        effective_on=row.due_on,
        clause=pool.fund.clause_of(Event.INSTALMENT_FALLEN_DUE),
        reference=f"{row.key}, instalment {row.number}",
        postings=events.fall_due(row.partner_id, row.amount_minor),
    )
    details = {"key": row.key, "number": row.number}
    return write(work, pool, Event.INSTALMENT_FALLEN_DUE, transaction, details=details)
