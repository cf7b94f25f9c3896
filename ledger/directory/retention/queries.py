"""Reading holds, requests and disposals, for those who may see them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from ledger.core import authority, privacy, retention
from ledger.core.actor import Actor
from ledger.core.authority import Resource
from ledger.core.destroying import Part, parts_of
from ledger.core.policy import Permission
from ledger.core.retention import Ends, RetentionClass
from ledger.directory.retention.disposals import what_is_due
from ledger.directory.retention.held import reached, standing
from ledger.directory.retention.models import (
    Disposal,
    ErasureRequest,
    RetentionDue,
    RetentionHold,
)
from ledger.directory.retention.rules import HoldReason


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldView:
    """A hold. *words* are None where they are gone."""

    id: UUID
    subject: str
    reason: HoldReason
    words: str | None
    review_on: date | None
    placed_at: datetime
    placed_by: str
    lifted_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """A patient's request to be erased. *held* says whether a hold stands against it."""

    id: UUID
    patient_id: UUID
    asked_at: datetime
    words: str | None
    answered_at: datetime | None
    outcome: str | None
    answer: str | None
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposalView:
    """A disposal that was proposed, and what was decided."""

    id: UUID
    retention_class: str
    parts: int
    due_by: date
    proposer: str
    proposed_at: datetime
    decided_at: datetime | None
    decider: str | None
    approved: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DueView:
    """What is due of a class."""

    retention_class: RetentionClass
    parts: int
    subjects: int
    looked_at: datetime | None


def holds(session: Session, actor: Actor, *, over: bool = False) -> list[HoldView]:
    """Return the holds that stand, or (*over*) those that were lifted; newest first."""
    if not _may_read(actor):
        return []
    row = RetentionHold
    which = row.lifted_at.is_not(None) if over else row.lifted_at.is_(None)
    rows = session.scalars(select(row).where(which).order_by(row.placed_at.desc(), row.id)).all()
    said = _words(session, [each.entry_id for each in rows])
    return [
        HoldView(
            id=each.id,
            subject=each.subject,
            reason=each.reason,
            words=said.get(each.entry_id),
            review_on=each.review_on,
            placed_at=each.placed_at,
            placed_by=each.placed_by,
            lifted_at=each.lifted_at,
        )
        for each in rows
    ]


def requests(session: Session, actor: Actor, *, answered: bool = False) -> list[RequestView]:
    """Return the requests that wait, oldest first, or (*answered*) those that were answered."""
    if not _may_read(actor):
        return []
    row = ErasureRequest
    which = row.answered_at.is_not(None) if answered else row.answered_at.is_(None)
    return _requests(session, select(row).where(which).order_by(row.asked_at, row.id))


def requests_of(session: Session, actor: Actor, patient_id: UUID) -> list[RequestView]:
    """Return the requests of a patient whom the actor may ask for, newest first."""
    on = Resource(patient_id=patient_id)
    if not authority.permits(authority.in_force(), actor, Permission.ERASURE_ASK, on):
        return []
    row = ErasureRequest
    mine = select(row).where(row.patient_id == patient_id)
    return _requests(session, mine.order_by(row.asked_at.desc(), row.id))


def disposals(session: Session, actor: Actor, *, decided: bool = False) -> list[DisposalView]:
    """Return the disposals that wait for a decision, or (*decided*) the others; newest first."""
    if not _may_read(actor):
        return []
    row = Disposal
    which = row.decided_at.is_not(None) if decided else row.decided_at.is_(None)
    names = DisposalView.__dataclass_fields__
    return [
        DisposalView(**{name: getattr(each, name) for name in names})
        for each in session.scalars(select(row).where(which).order_by(row.proposed_at.desc()))
    ]


def due(session: Session, actor: Actor, *, today: date) -> list[DueView]:
    """Look through every class that two people dispose of, and count what is due."""
    return count_due(session, today=today) if _may_read(actor) else []


def count_due(session: Session, *, today: date) -> list[DueView]:
    """Count what is due of every class that two people dispose of."""
    schedule, found = retention.schedule(authority.in_force()), []
    for its in schedule.classes.values():
        if its.ends is not Ends.TWO_PEOPLE:
            continue
        parts, subjects = 0, set[UUID]()
        for part in what_is_due(session, schedule, its, today=today):
            parts += 1
            subjects.add(part.subject_id)
        found.append(
            DueView(retention_class=its, parts=parts, subjects=len(subjects), looked_at=None)
        )
    return found


def keep_due(session: Session, found: Collection[DueView], *, at: datetime) -> None:
    """Keep what a look has found, for the pages."""
    session.execute(delete(RetentionDue))
    session.add_all(
        RetentionDue(
            retention_class=each.retention_class.name,
            parts=each.parts,
            subjects=each.subjects,
            looked_at=at,
        )
        for each in found
    )


def last_due(session: Session, actor: Actor) -> list[DueView]:
    """Return what the last look found to be due, of every class that two people dispose of."""
    if not _may_read(actor):
        return []
    rows = {row.retention_class: row for row in session.scalars(select(RetentionDue))}
    schedule = retention.schedule(authority.in_force())
    return [
        DueView(
            retention_class=its,
            parts=row.parts if row else 0,
            subjects=row.subjects if row else 0,
            looked_at=row.looked_at if row else None,
        )
        for its in schedule.classes.values()
        if its.ends is Ends.TWO_PEOPLE
        for row in [rows.get(its.name)]
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptView:
    """What an erasure of a patient would destroy and keep today, counted by class.

    Attributes:
        gone, kept: Class and how many parts, in the order of the schedule.
        holds: Why it would be refused; empty if it would not.
    """

    gone: tuple[tuple[RetentionClass, int], ...]
    kept: tuple[tuple[RetentionClass, int], ...]
    holds: tuple[HoldReason, ...]


def would_erase(session: Session, patient_id: UUID, *, today: date) -> KeptView:
    """Return what erasing a patient would come to. Whoever calls this has decided who may know."""
    schedule = retention.schedule(authority.in_force())
    gone, kept = reached(session, parts_of(session, [patient_id]), schedule, today)

    def counted(parts: list[Part]) -> tuple[tuple[RetentionClass, int], ...]:
        names = [schedule.of_group(part.kind, part.group) for part in parts]
        return tuple((its, names.count(its)) for its in schedule.classes.values() if its in names)

    return KeptView(
        gone=counted(gone),
        kept=counted(kept),
        holds=tuple(sorted({hold.reason for hold in standing(session, [patient_id])})),
    )


def _requests(session: Session, query: Select[ErasureRequest]) -> list[RequestView]:
    rows: list[ErasureRequest] = list(session.scalars(query))
    ids = {each.patient_id for each in rows}
    entry_ids = [one for each in rows for one in (each.entry_id, each.answer_entry_id) if one]
    said = _words(session, entry_ids)
    held = {hold.subject_id for hold in standing(session, ids)}
    return [
        RequestView(
            id=each.id,
            patient_id=each.patient_id,
            asked_at=each.asked_at,
            words=said.get(each.entry_id),
            answered_at=each.answered_at,
            outcome=each.outcome,
            answer=said.get(each.answer_entry_id) if each.answer_entry_id else None,
            held=each.patient_id in held,
        )
        for each in rows
    ]


def _words(session: Session, entry_ids: Collection[UUID]) -> dict[UUID, str]:
    opened = privacy.opened(session, entry_ids) if entry_ids else {}
    return {
        entry_id: words["words"]
        for entry_id, groups in opened.items()
        if (words := groups.get("words")) and words["words"]
    }


def _may_read(actor: Actor) -> bool:
    return authority.permits(authority.in_force(), actor, Permission.RETENTION_READ, Resource())
