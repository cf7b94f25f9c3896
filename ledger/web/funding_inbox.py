"""What waits for a finance lead: money that somebody else has prepared."""

from datetime import date

from flask import url_for
from sqlalchemy.orm import Session

from ledger.core.actor import Actor
from ledger.funding.queries import pools, proposals
from ledger.funding.rules.controls import RANKS
from ledger.web.funding import reader_of
from ledger.web.tasks import Sort, Task


def waiting(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Return for each pool how much waits for the reader's approval."""
    if not actor.roles.intersection(RANKS):
        return []
    tasks = []
    for pool in pools.pools(session, actor):
        reader = reader_of(actor, pool)
        found = proposals.waiting(session, pool)
        count = sum(reader.why_not(one, pool) is None for one in found)
        if count:
            href = url_for("pools.waiting", pool_id=pool.id)
            hint = "Look at what somebody else has prepared"
            tasks.append(Task(pool.title, href, hint, f"{count} to approve", sort=Sort.APPROVE))
    return tasks
