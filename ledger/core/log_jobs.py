"""What time brings about the log itself: the ledger holds the access log to what it signed."""

import logging
from datetime import timedelta
from typing import Final

from flask import current_app

from audit.policy import Policy
from ledger.core import clock, log_keeping, log_names
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.scheduler import Job
from ledger.core.signers import Signers
from ledger.core.work import unit_of_work

logger = logging.getLogger(__name__)


def checkpoint_access() -> int:
    """Record what the access log has signed, if that is more than was recorded before."""
    with unit_of_work(Actor.system("clock")) as work:
        return int(log_keeping.checkpoint_access(work))


def rotate_access() -> int:
    """Close the open shard of the access log, if it is large or old enough.

    Not while witnesses are asked that do not know the next one: nothing of it would be
    cosigned, and so nothing published.
    """
    settings = current_app.extensions["settings"]
    signers: Signers = current_app.extensions["signers"]
    policy: Policy | None = current_app.extensions["witness_policy"]
    following = log_names.next_shard(db.session())
    due = log_keeping.shard_is_due(
        db.session(),
        now=clock.now(),
        entries=settings.access_shard_entries,
        days=settings.access_shard_days,
    )
    db.session.rollback()
    if not due:
        return 0
    if policy is not None and signers[following].name not in policy.origins():
        logger.warning(
            "the access log should go on as %s, which the witness policy does not name: give "
            "its key (`ledger log key --log access --next`) to the witnesses, and to the policy",
            following,
        )
        return 0
    with unit_of_work(Actor.system("clock")) as work:
        log_keeping.close_shard(work, signers)
    return 1


JOBS: Final = (
    Job("access log checkpointed", every=timedelta(hours=1), run=checkpoint_access),
    Job("access log shard closed", every=timedelta(minutes=10), run=rotate_access),
)
