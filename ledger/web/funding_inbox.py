"""What waits for a finance lead: money that somebody else has prepared."""

from datetime import date

from flask import url_for
from sqlalchemy.orm import Session

from ledger.core.actor import Actor
from ledger.funding.queries import pools, proposals
from ledger.funding.rules.controls import RANKS
from ledger.web.approver import reader_of
from ledger.web.tasks import Sort, Task


def waiting(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Return how much waits for the reader's approval, in all pools together."""
    if not actor.roles.intersection(RANKS):
        return []
    titles, count = [], 0
    for pool in pools.pools(session, actor):
        reader = reader_of(actor, pool)
        mine = [
            one for one in proposals.waiting(session, pool) if reader.why_not(one, pool) is None
        ]
        if mine:
            titles.append(pool.title)
            count += len(mine)
    if not count:
        return []
    href, hint = url_for("approvals_inbox.show"), f"Prepared by others: {', '.join(titles)}"
    return [Task("Payments and budgets", href, hint, f"{count} to approve", sort=Sort.APPROVE)]
