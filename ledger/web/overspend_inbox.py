"""What waits for pool managers and finance leads while a scheme is beyond its budget."""

from datetime import date

from flask import url_for
from sqlalchemy.orm import Session

from ledger.core.actor import Actor
from ledger.core.authority import in_force, permits
from ledger.core.policy import Permission
from ledger.funding.overspend import queries as overspends
from ledger.funding.overspend.queries import OverspendView
from ledger.funding.overspend.rules.days import State
from ledger.funding.queries import pools
from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.controls import RANKS
from ledger.web.shell import day
from ledger.web.tasks import Sort, Task


def waiting(session: Session, actor: Actor, today: date) -> list[Task]:
    """Return what the reader has to do about each overspend that runs."""
    tasks = []
    for pool in pools.pools(session, actor):
        manages = permits(in_force(), actor, Permission.POOL_ALLOCATE, pool.resource)
        for one in overspends.overspends(session, pool):
            if one.state is State.RESOLVED or one.noted_at is None:
                continue
            if manages:
                tasks += _of_manager(pool, one, today)
            if actor.roles.intersection(RANKS):
                tasks += _of_partner(pool, one, actor)
    return tasks


def _of_manager(pool: PoolView, one: OverspendView, today: date) -> list[Task]:
    tasks, href = [], _href(one)
    if one.cause is None and one.notice_by:
        text = f"{_scheme(pool, one)}: say why it is beyond its budget"
        tasks.append(_task(text, href, one.notice_by, today))
    if one.plan is None and one.plan_by:
        text = f"{_scheme(pool, one)}: give an action plan"
        tasks.append(_task(text, href, one.plan_by, today))
    return tasks


def _of_partner(pool: PoolView, one: OverspendView, actor: Actor) -> list[Task]:
    if one.plan is None or actor.organisation_id not in set(pool.partner_ids):
        return []
    if actor.organisation_id in one.plan.accepted_by:
        return []
    text, hint = f"{_scheme(pool, one)}: action plan", "Read what is planned, and accept it"
    return [Task(text, _href(one), hint, "Needs an answer", sort=Sort.APPROVE)]


def _task(text: str, href: str, due: date, today: date) -> Task:
    late = today > due
    status = f"Was due on {day(due)}" if late else f"By {day(due)}"
    return Task(text, href, "A scheme is overspent", status, "red" if late else "orange")


def _scheme(pool: PoolView, one: OverspendView) -> str:
    return next(each.label for each in pool.schemes if each.id == one.scheme_id)


def _href(one: OverspendView) -> str:
    return url_for("overspends.show", pool_id=one.pool_id, scheme_id=one.scheme_id)
