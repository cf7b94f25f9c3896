"""Reads of possible breaches: for who has to settle them, and for whose data it was."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Record
from ledger.access.breaches.entries import BreachSuspected, BreachSuspectedV1
from ledger.access.breaches.models import PossibleBreach
from ledger.core import authority, blobs
from ledger.core.actor import Actor
from ledger.core.authority import Resource
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.trail import LogEntry
from ledger.directory import queries as directory


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachView:
    """A possible breach. `entry_ids` are the decisions that it lists; empty in lists."""

    id: UUID
    patient_id: UUID
    consent_id: UUID | None
    organisation_id: UUID
    decisions: int
    found_at: datetime
    due_at: datetime
    settled_at: datetime | None
    notified: bool | None
    entry_ids: tuple[UUID, ...] = ()


def waiting(session: Session, actor: Actor, *, limit: int = 100) -> tuple[BreachView, ...]:
    """Return what the actor's organisation has to find out, what is due first at the top."""
    row = PossibleBreach
    own = actor.organisation_id
    on = Resource(organisation_ids=frozenset() if own is None else frozenset({own}))
    if not authority.permits(authority.in_force(), actor, Permission.PATIENT_CORRECT, on):
        return ()
    query = select(row).where(row.organisation_id == own, row.settled_at.is_(None))
    return tuple(map(_view, session.scalars(query.order_by(row.due_at, row.id).limit(limit))))


def of_patient(session: Session, patient_id: UUID) -> tuple[BreachView, ...]:
    """Return those about a patient, the latest first; the caller knows that they may read it."""
    row = PossibleBreach
    mine = row.patient_id.in_(directory.records_of(session, patient_id))
    return tuple(map(_view, session.scalars(select(row).where(mine).order_by(row.id.desc()))))


def breach(session: Session, actor: Actor, breach_id: UUID) -> BreachView:
    """Return one, with the decisions that it lists.

    Raises:
        NotFound: there is none that is the actor's organisation's to settle.
    """
    row = session.get(PossibleBreach, breach_id, populate_existing=True)
    if row is None:
        raise NotFound("no such possible breach")
    on = Resource(organisation_ids=frozenset({row.organisation_id}))
    if not authority.permits(authority.in_force(), actor, Permission.PATIENT_CORRECT, on):
        raise NotFound("no such possible breach")
    body = session.scalars(select(LogEntry.body).where(LogEntry.id == row.entry_id)).one()
    entry = Record.from_bytes(body).entry
    assert isinstance(entry, BreachSuspected | BreachSuspectedV1)
    lines = blobs.read(session, entry.list_sha256).decode().split()
    return _view(row, tuple(map(UUID, lines)))


def _view(row: PossibleBreach, entry_ids: tuple[UUID, ...] = ()) -> BreachView:
    return BreachView(
        id=row.id,
        patient_id=row.patient_id,
        consent_id=row.consent_id,
        organisation_id=row.organisation_id,
        decisions=row.decisions,
        found_at=row.found_at,
        due_at=row.due_at,
        settled_at=row.settled_at,
        notified=row.notified,
        entry_ids=entry_ids,
    )
