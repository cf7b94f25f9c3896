"""What time brings about agreements: suspensions end, and last days pass."""

from datetime import timedelta
from typing import Final

from ledger.agreements import service
from ledger.core.actor import Actor
from ledger.core.scheduler import Job
from ledger.core.work import unit_of_work

_AT_ONCE: Final = 100


def lapse() -> int:
    """Record what is over, some at a time; return how many.

    What may be shared follows the days by itself; this makes states and readers agree with it.
    """
    done = 0
    while True:
        with unit_of_work(Actor.system("clock")) as work:
            found = service.lapse(work, limit=_AT_ONCE)
        done += found
        if found < _AT_ONCE:
            return done


JOBS: Final = (Job("agreements lapse", every=timedelta(minutes=1), run=lapse),)
