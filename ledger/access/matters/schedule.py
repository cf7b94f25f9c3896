"""What time brings to matters: those whose days passed are looked at by others, too."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import and_, or_, select

from ledger.access.matters.entries import MatterEscalated
from ledger.access.matters.models import LookMatter
from ledger.access.matters.rules import is_overdue
from ledger.core.actor import Actor
from ledger.core.authority import Resource
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.scheduler import Job
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.directory import queries as directory

_AT_ONCE: Final = 100


def escalate(work: UnitOfWork, *, limit: int = _AT_ONCE) -> int:
    """Record that days passed, some at a time; return how many. Each is escalated once."""
    host_id = directory.host(work.session)
    if host_id is None:
        return 0
    row = LookMatter
    late = and_(row.acknowledged_at.is_(None), row.acknowledge_by < work.today)
    due = (
        select(row.id, row.patient_id)
        .where(row.answered_at.is_(None), row.escalated_to.is_(None))
        .where(or_(late, row.answer_by < work.today))
        .order_by(row.patient_id, row.id)
        .limit(limit)
    )
    return sum(
        _escalated(work, matter_id, patient_id, host_id)
        for matter_id, patient_id in work.session.execute(due).all()
    )


def _escalated(work: UnitOfWork, matter_id: UUID, patient_id: UUID, host_id: UUID) -> bool:
    try:
        directory.hold_roster(work, patient_id)
    except NotFound:  # They are erased, and so is what they asked.
        return False
    found = work.load(LookMatter, matter_id)
    if found.escalated_to is not None or not is_overdue(
        work.today,
        acknowledge_by=found.acknowledge_by,
        acknowledged=found.acknowledged_at is not None,
        answer_by=found.answer_by,
        answered=found.answered_at is not None,
    ):
        return False
    work.authorise(Permission.MATTER_ESCALATE, on=Resource(organisation_ids=frozenset({host_id})))
    work.record(MatterEscalated(matter_id=matter_id, patient_id=patient_id, to_id=host_id))
    return True


def run() -> int:
    """Escalate all that is due; return how many."""
    done = 0
    while True:
        with unit_of_work(Actor.system("clock")) as work:
            found = escalate(work)
        db.session().expunge_all()
        done += found
        if not found:
            return done


JOBS: Final = (Job("questions about looks fall due", every=timedelta(hours=1), run=run),)
