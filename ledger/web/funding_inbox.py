"""What waits for a finance lead: money that somebody else has prepared."""

from datetime import date

from flask import url_for
from sqlalchemy.orm import Session

from ledger.core.actor import Actor, Role
from ledger.core.authority import in_force, permits
from ledger.core.permissions import Permission
from ledger.funding.queries import pools, proposals
from ledger.funding.queries.proposals import ProposalView
from ledger.web.tasks import Sort, Task


def waiting(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Return for each pool how much waits for the reader's approval."""
    if Role.FINANCE_LEAD not in actor.roles:
        return []
    tasks = []
    for pool in pools.pools(session, actor):
        if not permits(in_force(), actor, Permission.POOL_APPROVE, pool.resource):
            continue
        count = sum(_asks(one, actor) for one in proposals.waiting(session, pool))
        if count:
            href = url_for("pools.waiting", pool_id=pool.id)
            hint = "Look at what somebody else has prepared"
            tasks.append(Task(pool.title, href, hint, f"{count} to approve", sort=Sort.APPROVE))
    return tasks


def _asks(one: ProposalView, actor: Actor) -> bool:
    """Say whether a proposal still wants the reader's word: not its maker, nor one who gave it."""
    given = {each.organisation_id for each in one.approvals}
    return one.maker_id != actor.id and actor.organisation_id not in given
