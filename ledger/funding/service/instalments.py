"""Contributions that fall due by a schedule."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Select, select

from ledger.core.errors import Conflict, Invalid, NotFound
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.models import Pool
from ledger.funding.payment_entries import InstalmentsScheduled
from ledger.funding.payment_tables import Instalment
from ledger.funding.rules import events
from ledger.funding.rules.events import Event
from ledger.funding.rules.sharing import share
from ledger.funding.service.days import closed_to, period_of
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

    Where the period of that day is closed, it is posted today and says which day it is about.

    Raises:
        MoreThanAgreed: the contribution is not in the budget, or more fell due by hand.
        PeriodNotOpen: there is no period for such a day.
    """
    pool = hold_pool(work, pool_id)
    due = work.session.scalars(
        _waiting(min(until or work.today, work.today)).where(Instalment.pool_id == pool_id)
    ).all()
    work.authorise(Permission.POOL_SPEND, on=pool.resource, records=len(due))
    locked = [work.load(Instalment, (pool_id, one.key, one.number)) for one in due]
    return [_due(work, pool, one) for one in locked if one.transaction_id is None]


def bring_all_due(work: UnitOfWork) -> tuple[int, list[str]]:
    """Record, as time does it, every instalment of every pool that has fallen due.

    One that cannot be recorded holds up no other: it is tried again next time.

    Returns:
        How many were recorded; and of those that were not, which and why.
    """
    done, refused = 0, []
    for one in work.session.scalars(_waiting(work.today)).all():
        key = (one.pool_id, one.key, one.number)
        try:
            with work.attempt():
                row = work.load(Instalment, key)
                if row.transaction_id is None:
                    pool = hold_pool(work, row.pool_id)
                    work.authorise(Permission.POOL_LAPSE, on=pool.resource)
                    _due(work, pool, row)
                    done += 1
        except (Conflict, Invalid, NotFound) as why:
            refused.append(f"{key[1]}, instalment {key[2]}, of pool {key[0]}: {why.detail}")
    return done, refused


def _waiting(last: date) -> Select[Instalment]:
    return (
        select(Instalment)
        .where(Instalment.due_on <= last, Instalment.transaction_id.is_(None))
        .order_by(Instalment.due_on, Instalment.pool_id, Instalment.key, Instalment.number)
    )


def _due(work: UnitOfWork, pool: HeldPool, row: Instalment) -> Outcome:
    if row.amount_minor > not_yet_due(work, pool, row.partner_id):
        raise MoreThanAgreed(f"instalment {row.number} of {row.key} is more than is not yet due")
    period = period_of(work, pool.id, row.due_on)
    late = period is not None and closed_to(period, Event.INSTALMENT_FALLEN_DUE)
    transaction = new_transaction(
        pool,
        work,
        effective_on=work.today if late else row.due_on,
        clause=pool.fund.clause_of(Event.INSTALMENT_FALLEN_DUE),
        reference=f"{row.key}, instalment {row.number}",
        relates_to=row.due_on if late else None,
        postings=events.fall_due(row.partner_id, row.amount_minor),
    )
    details = {"key": row.key, "number": row.number}
    return write(work, pool, Event.INSTALMENT_FALLEN_DUE, transaction, details=details)
