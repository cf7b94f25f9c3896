"""What time brings about returns: one that is due soon, and one that is overdue."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.scheduler import Job
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.funding.models import Pool
from ledger.funding.queries import pools
from ledger.funding.returns.entries import ReturnReminded
from ledger.funding.returns.queries import DueView, missing, reminded
from ledger.funding.returns.rules.forms import newest

_TOLD_FOR: Final = timedelta(days=120)
"""What was due longer ago than this is not told of any more: a pool may have a past."""


def remind() -> int:
    """Record each return that is due soon or overdue, once each; return how many."""
    clock = Actor.system("clock")
    ids = list(db.session().scalars(select(Pool.id).order_by(Pool.id)))
    done = 0
    for pool_id in ids:
        with unit_of_work(clock) as work:
            done += remind_of(work, pool_id)
    return done


def remind_of(work: UnitOfWork, pool_id: UUID) -> int:
    """Record what is due soon or overdue of one pool; return how many."""
    work.load(Pool, pool_id, to_change=False)
    pool = pools.pool(work.session, work.actor, pool_id)
    told = reminded(work.session, pool_id)
    due = [
        (one, one.due_on < work.today)
        for one in missing(work.session, pool, work.today)
        if _is_due(one, work) and (one.kind, one.first_day, one.due_on < work.today) not in told
    ]
    if due:
        work.authorise(Permission.POOL_LAPSE, on=pool.resource, records=len(due))
    for one, overdue in due:
        work.record(
            ReturnReminded(
                pool_id=pool_id,
                partner_ids=pool.partner_ids,
                return_kind=one.kind,
                first_day=one.first_day,
                last_day=one.last_day,
                due_on=one.due_on,
                overdue=overdue,
            )
        )
    return len(due)


def _is_due(one: DueView, work: UnitOfWork) -> bool:
    before = timedelta(days=newest("pooled-fund").remind_days_before)
    return one.due_on - before <= work.today <= one.due_on + _TOLD_FOR


JOBS: Final = (Job("returns fall due", every=timedelta(hours=1), run=remind),)
