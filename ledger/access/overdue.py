"""What time brings to broken glass: a review that nobody did in time is somebody's to do."""

from contextlib import suppress
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from ledger.access.entries import AccessOverrideOverdue
from ledger.access.models import Override
from ledger.access.ruleset import in_force
from ledger.core.actor import Actor
from ledger.core.authority import Resource
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.scheduler import Job
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.directory import queries as directory

_AT_ONCE: Final = 100


def note_overdue(work: UnitOfWork, *, limit: int = _AT_ONCE) -> int:
    """Record which broken glass nobody reviewed in time, some at a time; return how many.

    Each is noted once. Its owner is the organisation whose person broke it; the organisation
    that runs the service is told too.
    """
    row, latest = Override, work.now - in_force().review_lasts
    due = (
        select(row.id, row.patient_id)
        .where(row.reviewed_at.is_(None), row.overdue_at.is_(None), row.opened_at < latest)
        .order_by(row.patient_id, row.id)
        .limit(limit)
    )
    return sum(_noted(work, *found) for found in work.session.execute(due).all())


def _noted(work: UnitOfWork, override_id: UUID, patient_id: UUID) -> bool:
    with suppress(NotFound):  # Of somebody erased too, whoever broke it answers for it.
        directory.hold_roster(work, patient_id)
    override = work.load(Override, override_id)
    if override.reviewed_at is not None or override.overdue_at is not None:
        return False
    owner_id, host_id = override.organisation_id, directory.host(work.session)
    work.authorise(Permission.MATTER_ESCALATE, on=Resource(organisation_ids=frozenset({owner_id})))
    work.record(
        AccessOverrideOverdue(
            override_id=override_id,
            patient_id=override.patient_id,
            owner_id=owner_id,
            host_id=None if host_id == owner_id else host_id,
        )
    )
    return True


def run() -> int:
    """Note all that is overdue; return how many."""
    done = 0
    while True:
        with unit_of_work(Actor.system("clock")) as work:
            found = note_overdue(work)
        db.session().expunge_all()
        done += found
        if not found:
            return done


JOBS: Final = (Job("reviews of broken glass fall due", every=timedelta(hours=1), run=run),)
