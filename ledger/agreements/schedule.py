"""What time brings about agreements, as jobs: see `service.time`."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Final

from ledger.agreements import service
from ledger.core.actor import Actor
from ledger.core.scheduler import Job
from ledger.core.work import unit_of_work

_AT_ONCE: Final = 100


def carry_out(command: Callable[..., int]) -> int:
    """Record all that *command* finds due, some at a time; return how many."""
    done = 0
    while True:
        with unit_of_work(Actor.system("clock")) as work:
            found = command(work, limit=_AT_ONCE)
        done += found
        if found < _AT_ONCE:
            return done


lapse: Final = partial(carry_out, service.lapse)

JOBS: Final = (
    Job("agreements lapse", every=timedelta(minutes=1), run=lapse),
    Job(
        "agreements parties leave",
        every=timedelta(minutes=1),
        run=partial(carry_out, service.depart),
    ),
    Job(
        "agreements obligations fall overdue",
        every=timedelta(minutes=10),
        run=partial(carry_out, service.fall_overdue),
    ),
    Job("agreements remind", every=timedelta(minutes=10), run=partial(carry_out, service.remind)),
)
