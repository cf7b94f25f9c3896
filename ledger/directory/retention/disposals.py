"""Disposal by two people: one proposes what is due, another approves, and only then it goes."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.core import blobs, destroying, retention
from ledger.core.authority import Resource
from ledger.core.db import Sealed, sort_of
from ledger.core.destroying import Part
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.retention import Ends, RetentionClass, Schedule
from ledger.core.work import UnitOfWork
from ledger.directory import erasing
from ledger.directory.entries import PersonRegistered
from ledger.directory.retention.entries import (
    DisposalApproved,
    DisposalDeclined,
    DisposalProposed,
)
from ledger.directory.retention.held import all_held
from ledger.directory.retention.models import Disposal
from ledger.directory.retention.rules import (
    PARTS_MAX,
    SUBJECTS_MAX,
    DisposalDecided,
    NotDisposable,
    NothingDue,
    SamePerson,
    due,
)

_ROWS_AT_ONCE: Final = 1_000


def what_is_due(
    session: Session, schedule: Schedule, its: RetentionClass, *, today: date
) -> Iterator[Part]:
    """Return every part of a class whose period is over by *today* and that no hold keeps.

    Reads a thousand parts at a time, oldest first; memory does not grow with their number.
    """
    groups, began = schedule.groups_of(its.name), its.began_by(today)
    if not groups or began is None:
        return
    held, after = all_held(session), None
    before = _end_of(began)
    while True:
        kinds = {kind for kind, _ in groups}
        rows = destroying.parts_of_kinds(
            session, kinds, before=before, after=after, limit=_ROWS_AT_ONCE
        )
        if not rows:
            return
        parts = [part for part in rows if (part.kind, part.group) in groups]
        events = erasing.days_of(its.runs, session, parts)
        yield from due(parts, its, events=events, held=held, today=today)
        after = (rows[-1].entry_id, rows[-1].group)


def propose_disposal(work: UnitOfWork, *, retention_class: str) -> UUID:
    """Propose to destroy what is due of a class: the oldest, as much as one disposal takes.

    Raises:
        NotDisposable: no such class, or nobody disposes of it.
        NothingDue: no period is over, or holds keep all of it.
        Forbidden: the actor may not.
    """
    work.authorise(Permission.RETENTION_PROPOSE, on=Resource())
    schedule = retention.schedule(work.policy)
    its = schedule.classes.get(retention_class)
    if its is None or its.ends is not Ends.TWO_PEOPLE:
        raise NotDisposable("choose a class that two people dispose of")
    parts, subjects = list[Part](), set[UUID]()
    for part in what_is_due(work.session, schedule, its, today=work.today):
        if len(parts) == PARTS_MAX or len(subjects | {part.subject_id}) > SUBJECTS_MAX:
            break
        parts.append(part)
        subjects.add(part.subject_id)
    if not parts:
        raise NothingDue("no period of this class is over, or holds keep what is due")
    disposal_id = new_id()
    work.record(
        DisposalProposed(
            disposal_id=disposal_id,
            retention_class=retention_class,
            parts=len(parts),
            due_by=work.today,
            list_sha256=blobs.keep(work.session, destroying.listing(parts), "text/plain"),
        )
    )
    return disposal_id


def approve_disposal(work: UnitOfWork, *, disposal_id: UUID) -> int:
    """Destroy what somebody else proposed, but what a hold keeps by now. Returns how many parts.

    Raises:
        NotFound: there is no such disposal.
        SamePerson: the actor proposed it.
        DisposalDecided: it was decided before.
        NothingDue: holds keep all of it by now.
    """
    row = _to_decide(work, disposal_id)
    schedule = retention.schedule(work.policy)
    its = schedule.classes[row.retention_class]
    listed = set(destroying.listed(work.session, row.list_sha256))
    parts = [
        part
        for part in what_is_due(work.session, schedule, its, today=work.today)
        if (part.entry_id, part.group) in listed
    ]
    if not parts:
        raise NothingDue("holds keep all of it by now, or it is gone already")
    subjects = {part.subject_id for part in parts}
    named = {one for part in parts for one in part.about}
    work.record(
        DisposalApproved(
            disposal_id=disposal_id,
            retention_class=row.retention_class,
            parts=len(parts),
            list_sha256=blobs.keep(work.session, destroying.listing(parts), "text/plain"),
            sealed_tables=_sealed_with(schedule, its),
            patient_ids=tuple(sorted(each for each in subjects if f"patient:{each}" in named)),
            person_ids=tuple(sorted(each for each in subjects if f"person:{each}" in named)),
        )
    )
    for part in parts:
        if part.kind == PersonRegistered.kind:  # Nobody signs in who is not known any more.
            erasing.forget_all(work.session, part.subject_id)
    return len(parts)


def decline_disposal(work: UnitOfWork, *, disposal_id: UUID) -> None:
    """Leave what somebody else proposed as it is.

    Raises:
        NotFound, SamePerson, DisposalDecided: see `approve_disposal`.
    """
    row = _to_decide(work, disposal_id)
    work.record(DisposalDeclined(disposal_id=disposal_id, retention_class=row.retention_class))


def _to_decide(work: UnitOfWork, disposal_id: UUID) -> Disposal:
    row = work.load(Disposal, disposal_id)
    work.authorise(Permission.RETENTION_APPROVE, on=Resource())
    if row.proposer == work.actor.principal:
        raise SamePerson
    if row.decided_at is not None:
        raise DisposalDecided("somebody has decided it; nothing was changed")
    return row


def _sealed_with(schedule: Schedule, its: RetentionClass) -> tuple[str, ...]:
    """Return the sealed tables of a class: what was made from its values goes with them."""
    return tuple(name for name in schedule.tables_of(its.name) if sort_of(name) is Sealed)


def _end_of(day: date) -> datetime:
    """Return the moment at which *day* is over everywhere the service could be."""
    return datetime.combine(day + timedelta(days=2), time(), tzinfo=UTC)
