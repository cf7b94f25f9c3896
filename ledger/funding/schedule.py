"""What time brings to pools, as jobs: instalments, overspends, forecasts."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Final

from sqlalchemy import select

from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.scheduler import Job
from ledger.core.work import unit_of_work
from ledger.funding.models import Pool
from ledger.funding.overspend import clock as overspend_clock
from ledger.funding.service.instalments import bring_all_due

logger = logging.getLogger(__name__)
_AT_ONCE: Final = 100


def instalments() -> int:
    """Record the instalments that fell due since, however long nobody looked; return how many."""
    with unit_of_work(Actor.system("clock")) as work:
        done, refused = bring_all_due(work)
    for why in refused:
        logger.warning("an instalment is due and could not be recorded: %s", why)
    return done


def carry_out(command: Callable[..., int]) -> int:
    """Record all that *command* finds due, some at a time; return how many."""
    done = 0
    while True:
        with unit_of_work(Actor.system("clock")) as work:
            found = command(work, limit=_AT_ONCE)
        done += found
        if not found:
            return done


def warn() -> int:
    """Raise and clear early warnings, pool by pool; return how many."""
    pools = db.session().scalars(select(Pool.id).order_by(Pool.id)).all()
    done = 0
    for pool_id in pools:
        with unit_of_work(Actor.system("clock")) as work:
            done += overspend_clock.warn(work, pool_id)
    return done


JOBS: Final = (
    Job("pools instalments fall due", every=timedelta(hours=1), run=instalments),
    Job(
        "pools overspends",
        every=timedelta(minutes=1),
        run=partial(carry_out, overspend_clock.note),
    ),
    Job(
        "pools overspend reminders",
        every=timedelta(hours=1),
        run=partial(carry_out, overspend_clock.remind),
    ),
    Job("pools early warnings", every=timedelta(hours=1), run=warn),
)
