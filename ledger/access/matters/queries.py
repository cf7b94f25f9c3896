"""Reads of matters: for the patient who raised them, and for who answers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ledger.access.matters.entries import WORDS
from ledger.access.matters.models import LookMatter, MatterStep
from ledger.access.matters.rules import Outcome, Sort, is_overdue
from ledger.core import authority, privacy
from ledger.core.actor import Actor
from ledger.core.authority import Resource
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.directory import queries as directory


@dataclass(frozen=True, slots=True)
class StepView:
    """Something that happened: ``raised``, ``acknowledged``, ``answered``, and so on.

    Attributes:
        words: What was said with it; None if nothing was, or it is erased.
    """

    kind: str
    at: datetime
    words: str | None
    entry_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterView:
    """A question or complaint about one look. `steps` are empty in lists."""

    id: UUID
    patient_id: UUID
    look_id: UUID
    looked_by: UUID | None
    asking_id: UUID
    owner_id: UUID
    escalated_to: UUID | None
    sort: Sort
    raised_by: str
    raised_at: datetime
    acknowledge_by: date
    answer_by: date
    acknowledged_at: datetime | None
    answered_at: datetime | None
    outcome: Outcome | None
    steps: tuple[StepView, ...] = ()

    def overdue(self, today: date) -> bool:
        """Say whether one of its days has passed without it."""
        return is_overdue(
            today,
            acknowledge_by=self.acknowledge_by,
            acknowledged=self.acknowledged_at is not None,
            answer_by=self.answer_by,
            answered=self.answered_at is not None,
        )


def answers(row: LookMatter | MatterView) -> Resource:
    """Return what the right to answer a matter hangs on."""
    owners = {row.owner_id, row.escalated_to} - {None}
    return Resource(organisation_ids=frozenset(one for one in owners if one is not None))


def waiting(session: Session, actor: Actor, *, limit: int = 100) -> Sequence[MatterView]:
    """Return what waits for an answer at the actor's organisation, what is due first on top.

    Not what is about the actor: somebody else answers that.
    """
    own, row = actor.organisation_id, LookMatter
    on = Resource(organisation_ids=frozenset() if own is None else frozenset({own}))
    if not authority.permits(authority.in_force(), actor, Permission.MATTER_ANSWER, on):
        return []
    query = (
        select(row)
        .where(or_(row.owner_id == own, row.escalated_to == own), row.answered_at.is_(None))
        .where(or_(row.looked_by.is_(None), row.looked_by != actor.person_id))
        .order_by(row.answer_by, row.raised_at, row.id)
        .limit(limit)
    )
    return [_view(one) for one in session.scalars(query)]


def of_patient(
    session: Session, actor: Actor, patient_id: UUID, *, look_ids: Iterable[UUID] | None = None
) -> Sequence[MatterView]:
    """Return what was raised about a patient's looks, the latest first; about some, if given.

    Raises:
        NotFound: the actor may raise none for this patient.
    """
    root = directory.root_of(session, patient_id)
    on = Resource(patient_id=root)
    if not authority.permits(authority.in_force(), actor, Permission.MATTER_RAISE, on):
        raise NotFound("no such patient")
    row = LookMatter
    query = select(row).where(row.patient_id.in_(directory.records_of(session, root)))
    if look_ids is not None:
        query = query.where(row.look_id.in_(list(look_ids)))
    if actor.patient_id != root:  # Somebody who speaks for them sees what they raised themselves.
        query = query.where(row.raised_by == f"person:{actor.person_id}")
    return [_view(one) for one in session.scalars(query.order_by(row.raised_at.desc(), row.id))]


def matter(session: Session, actor: Actor, matter_id: UUID) -> MatterView:
    """Return one matter with all that was said, to who answers it or raised it.

    Raises:
        NotFound: there is none that the actor may see.
    """
    row = session.get(LookMatter, matter_id, populate_existing=True)
    if row is None or not may_see(session, actor, row):
        raise NotFound("no such question or complaint")
    steps = session.scalars(
        select(MatterStep).where(MatterStep.matter_id == matter_id).order_by(MatterStep.at)
    ).all()
    opened = privacy.opened(session, [one.entry_id for one in steps])
    told = [
        StepView(
            one.kind,
            one.at,
            (opened.get(one.entry_id, {}).get(WORDS) or {}).get("words"),
            one.entry_id,
        )
        for one in steps
    ]
    return _view(row, tuple(told))


def may_see(session: Session, actor: Actor, row: LookMatter) -> bool:
    """Say whether somebody answers a matter, or raised it, or is the patient."""
    policy = authority.in_force()
    if row.looked_by is not None and row.looked_by == actor.person_id:
        return False
    if authority.permits(policy, actor, Permission.MATTER_ANSWER, answers(row)):
        return True
    root = directory.root_of(session, row.patient_id)
    if not authority.permits(policy, actor, Permission.MATTER_RAISE, Resource(patient_id=root)):
        return False
    return actor.patient_id == root or row.raised_by == f"person:{actor.person_id}"


def _view(row: LookMatter, steps: tuple[StepView, ...] = ()) -> MatterView:
    return MatterView(
        id=row.id,
        patient_id=row.patient_id,
        look_id=row.look_id,
        looked_by=row.looked_by,
        asking_id=row.asking_id,
        owner_id=row.owner_id,
        escalated_to=row.escalated_to,
        sort=Sort(row.sort),
        raised_by=row.raised_by,
        raised_at=row.raised_at,
        acknowledge_by=row.acknowledge_by,
        answer_by=row.answer_by,
        acknowledged_at=row.acknowledged_at,
        answered_at=row.answered_at,
        outcome=Outcome(row.outcome) if row.outcome else None,
        steps=steps,
    )
