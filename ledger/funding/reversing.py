"""What time brings to pools at a period's end, as a job: reversing accruals are undone."""

import logging
from datetime import timedelta
from typing import Final

from ledger.core.actor import Actor
from ledger.core.scheduler import Job
from ledger.core.work import unit_of_work
from ledger.funding.service.adjustments import reverse_due

logger = logging.getLogger(__name__)


def run() -> int:
    """Undo what is due; return how many. What cannot be is said, and tried again."""
    with unit_of_work(Actor.system("clock")) as work:
        done, refused = reverse_due(work)
    for why in refused:
        logger.warning("a reversing accrual is due and could not be undone: %s", why)
    return done


JOBS: Final = (Job("pools accruals are reversed", every=timedelta(hours=1), run=run),)
