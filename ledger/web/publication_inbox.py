"""What waits for somebody about publishing: a year that another partner asks to publish."""

from datetime import date

from flask import url_for
from sqlalchemy.orm import Session

from ledger.core.actor import Actor
from ledger.core.authority import in_force, permits
from ledger.core.policy import Permission
from ledger.funding.publication.queries import PublicationView, publications
from ledger.funding.queries import pools
from ledger.web.shell import day
from ledger.web.tasks import Sort, Task


def waiting(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Return the years that are published when the reader agrees."""
    return [
        Task(
            f"Publish what was spent, {day(one.first_day)} to {day(one.last_day)}",
            url_for("pool_publication.show", pool_id=pool.id),
            f"{pool.title}: another partner asks that everybody may see it",
            "Agree",
            sort=Sort.APPROVE,
        )
        for pool in pools.pools(session, actor)
        if permits(in_force(), actor, Permission.POOL_PUBLISH, pool.resource)
        for one in publications(session, pool.id, published=False)
        if may_agree(one, actor)
    ]


def may_agree(one: PublicationView, actor: Actor) -> bool:
    """Say whether somebody who may publish is of another partner than who asked."""
    return (
        one.published_at is None
        and actor.organisation_id != one.asked_for
        and actor.person_id != one.asked_by
    )
