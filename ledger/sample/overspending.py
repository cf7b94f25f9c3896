"""The chapter about an overspend: noted, told, planned for, accepted by one of three partners."""

from datetime import timedelta
from typing import Final

from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.funding.overspend import clock as overspend_clock
from ledger.funding.overspend import queries as overspends
from ledger.funding.overspend import service
from ledger.funding.overspend.rules.days import Action, Cause
from ledger.sample.scene import Scene
from ledger.sample.waiting import OVERSPENT

PLAN: Final = (
    ("trust", 14, "Review every package after ten days at home, not after twenty-eight"),
    ("council", 28, "Move people who need longer help to reablement, which has room"),
    ("board", 42, "Agree one price a week with the two providers"),
)
"""Who does what in how many days."""
WHAT_IF: Final = ("Learning disability, Leeds", 40_000_000)
"""Of which scheme, by how many pounds, it is asked who would pay."""


def tell(scene: Scene) -> None:
    """Let the clock note it, and the partners be told why, and what is done about it."""
    clock_ = Actor.system("clock")
    with unit_of_work(clock_) as work:
        overspend_clock.note(work, limit=100)
    pool = scene.pool()
    with unit_of_work(clock_) as work:
        overspend_clock.warn(work, pool.id)
    scheme_id = next(one.id for one in pool.schemes if one.label == OVERSPENT)
    found = {one.scheme_id for one in overspends.overspends(db.session(), pool)}
    db.session.remove()
    scene.pages["overspends"] = f"/pools/{pool.id}/overspends"
    scene.pages["overspend"] = f"/pools/{pool.id}/overspends/{scheme_id}"
    asked_of = next(one.id for one in pool.schemes if one.label == WHAT_IF[0])
    asked = f"scheme={asked_of}&amount={WHAT_IF[1]}"
    scene.pages["what-if"] = f"/pools/{pool.id}/overspends/what-if?{asked}"
    if scheme_id not in found:
        return
    manager = scene.actor("paul.pool", Role.POOL_MANAGER)
    with unit_of_work(manager) as work:
        service.explain(
            work,
            pool.id,
            scheme_id=scheme_id,
            cause=Cause.DEMAND,
            reference="Letter to the partners, 3",
        )
    with unit_of_work(manager) as work:
        actions = tuple(
            Action(
                what=what,
                organisation_id=scene.organisation(key),
                by=work.today + timedelta(days=days),
            )
            for key, days, what in PLAN
        )
        plan_id = service.give_plan(work, pool.id, scheme_id=scheme_id, actions=actions)
    with unit_of_work(scene.actor("cyril.finance", Role.FINANCE_LEAD)) as work:
        service.accept_plan(work, pool.id, scheme_id=scheme_id, plan_id=plan_id)
    scene.say("an overspend: noted, explained, with a plan that one of three partners accepts")
