"""What waits for somebody about returns: a signature, a draft to finish, one that is due."""

from datetime import date
from typing import Final

from flask import url_for
from sqlalchemy.orm import Session

from ledger.core.actor import Actor
from ledger.core.authority import in_force, permits
from ledger.core.errors import LedgerError
from ledger.core.policy import Permission
from ledger.funding.queries import pools
from ledger.funding.queries.pools import PoolView
from ledger.funding.returns import queries as returns
from ledger.funding.returns.queries import ReturnView
from ledger.funding.returns.rules.steps import Signed, Stage, check_signature
from ledger.web.attention import Attention
from ledger.web.return_words import due_words, name_of
from ledger.web.tasks import Sort, Task

_LISTED: Final = 4
"""More returns of a pool than a year has quarters are one line, with how many they are."""
_STATES: Final = {
    Stage.DRAFT: "is incomplete, or not submitted",
    Stage.SIGNING: "waits for signatures",
}


def waiting(session: Session, actor: Actor, today: date) -> list[Task]:
    """Return the returns that wait for the reader's signature, and those that they prepare."""
    policy, tasks = in_force(), list[Task]()
    for pool in pools.pools(session, actor):
        if permits(policy, actor, Permission.RETURN_SIGN, pool.resource):
            for one in returns.returns(session, pool):
                if may_sign(one, pool, actor):
                    href = url_for("return_pages.show", pool_id=pool.id, return_id=one.id)
                    hint = f"{pool.title}: read it, then sign it or send it back"
                    tasks.append(Task(name_of(one), href, hint, "Sign", sort=Sort.SIGN))
        if permits(policy, actor, Permission.RETURN_PREPARE, pool.resource):
            href = url_for("return_pages.index", pool_id=pool.id)
            missing = returns.missing(session, pool, today)
            if len(missing) > _LISTED:
                status, colour = due_words(missing[0].due_on, today)
                hint = f"{len(missing)} are due or late. Fill them in, and have them signed"
                tasks.append(Task(f"Returns of {pool.title}", href, hint, status, colour))
                continue
            for due in missing:
                status, colour = due_words(due.due_on, today)
                text = f"{name_of(due)} of {pool.title}"
                tasks.append(Task(text, href, "Fill it in, and have it signed", status, colour))
    return tasks


def attention(session: Session, pool: PoolView, today: date) -> list[Attention]:
    """Return the returns of a pool that are due and not signed by everybody, for its page."""
    there = {
        (one.kind, one.first_day): one
        for one in reversed(returns.returns(session, pool))
        if one.stage is not Stage.WITHDRAWN
    }
    missing = returns.missing(session, pool, today)
    index = url_for("return_pages.index", pool_id=pool.id)
    new = [due for due in missing if (due.kind, due.first_day) not in there]
    found = []
    if len(new) > _LISTED:  # As of a pool whose earlier years were brought in from files.
        when, _ = due_words(new[0].due_on, today)
        text = f"{len(new)} returns are not begun. The oldest: {when[0].lower()}{when[1:]}."
        found.append(Attention(text, index, pressing=new[0].due_on < today))
    for due in missing:
        one = there.get((due.kind, due.first_day))
        if one is None and len(new) > _LISTED:
            continue
        href, state = index, "is not begun"
        if one is not None:
            href = url_for("return_pages.show", pool_id=pool.id, return_id=one.id)
            state = _STATES[one.stage]
        when, _ = due_words(due.due_on, today)
        text = f"The return of {name_of(due)} {state}. {when}."
        found.append(Attention(text, href, pressing=due.due_on < today))
    return found


def may_sign(one: ReturnView, pool: PoolView, actor: Actor) -> bool:
    """Say whether the reader's signature is asked for now."""
    step = one.step(pool)
    if step is None or not actor.organisation_id or not actor.person_id or not one.preparer_id:
        return False
    try:
        check_signature(
            Signed(step, actor.organisation_id, actor.person_id),
            roles=actor.roles,
            preparer_id=one.preparer_id,
            signed=one.signed,
            partner_ids=pool.partner_ids,
        )
    except LedgerError:
        return False
    return permits(in_force(), actor, Permission.RETURN_SIGN, pool.resource)
