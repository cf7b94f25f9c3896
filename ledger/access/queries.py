"""Reads of decisions: who looked, and which broken glass waits for a review."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.orm import Session

from audit import Record
from ledger.access.entries import AccessDecided, AccessDecidedV1, AccessDecidedV2
from ledger.access.keeping import queries as keeping
from ledger.access.models import AccessAlert, Override
from ledger.access.rules.words import (
    PATIENT_WORDS,
    PERMITTING,
    Action,
    Alert,
    Outcome,
    OverrideReason,
    Reason,
)
from ledger.core import authority, clock, privacy
from ledger.core.actor import Actor, Role
from ledger.core.authority import Resource
from ledger.core.errors import NotFound
from ledger.core.policy import Permission, Relation
from ledger.core.trail import EntrySubject, LogEntry
from ledger.directory import queries as directory
from ledger.vocabulary.categories import Category


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One decision about a patient, as they may read it.

    Attributes:
        position: Where it is among the entries; the older ones go on before it.
        person_id: Who asked; None if a program asked for itself.
        asked_by: The program that asked, as the log spells it; None if a person did.
        allowed: Whether they were told that they may see something.
        words: Why, in the patient's words.
        regime: Row and version of the regime table that governed.
        lines: The lines of policy that settled it.
        consent_ids: The patient's own choices that bore on it.
        agreement: The agreement, its version and clause, if one was quoted.
    """

    entry_id: UUID
    position: int
    at: datetime
    person_id: UUID | None
    asked_by: str | None
    roles: frozenset[Role]
    organisation_id: UUID
    holder_id: UUID
    purpose: str
    category: Category
    action: Action
    allowed: bool
    outcome: Outcome
    reason: Reason
    words: str
    regime: str
    lines: tuple[str, ...]
    consent_ids: tuple[UUID, ...]
    agreement: tuple[UUID, int | None, str | None] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideView:
    """A broken glass, for those who review it. No reason in words: it was erased."""

    id: UUID
    patient_id: UUID
    person_id: UUID
    organisation_id: UUID
    reason_code: OverrideReason
    reason: str | None
    opened_at: datetime
    ends_at: datetime
    reviewed_at: datetime | None
    justified: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """Something to put right between two organisations, because care went on in spite of it."""

    raised_on: date
    organisation_id: UUID
    holder_id: UUID
    alert: Alert


def looked(
    session: Session,
    actor: Actor,
    patient_id: UUID,
    *,
    before: int | None = None,
    limit: int = 50,
) -> Sequence[Looked]:
    """Return who asked about a patient, newest first; *before* a position, if given.

    Raises:
        NotFound: the actor may not see this patient's history, or there is no such patient.
    """
    may_see_history(session, actor, patient_id)
    hidden = _not_told(session, actor, patient_id)
    found: list[Looked] = []
    while len(found) < limit:
        rows = _newest_of(session, patient_id, before, limit)
        found += [
            one
            for override_id, one in (_looked(position, body) for position, body in rows)
            if override_id is None or not (hidden is None or override_id in hidden)
        ]
        if len(rows) < limit:
            break
        before = rows[-1].position
    return found[:limit]


def look(session: Session, actor: Actor, patient_id: UUID, entry_id: UUID) -> Looked:
    """Return one of those that `looked` lists.

    Raises:
        NotFound: it does not list it for this actor.
    """
    may_see_history(session, actor, patient_id)
    hidden = _not_told(session, actor, patient_id)
    query = _decisions_of(session, patient_id).where(LogEntry.id == entry_id)
    for position, body in session.execute(query):
        override_id, one = _looked(position, body)
        if override_id is None or not (hidden is None or override_id in hidden):
            return one
    raise NotFound("no such look among those that you may see")


def decided(session: Session, entry_id: UUID) -> tuple[UUID | None, Looked]:
    """Return the broken glass that a decision came by, and the decision, to who answers for it."""
    body = session.scalars(select(LogEntry.body).where(LogEntry.id == entry_id)).one()
    return _looked(0, body)


def _decisions_of(session: Session, patient_id: UUID) -> Select[int, bytes]:
    return (
        select(LogEntry.position, LogEntry.body)
        .join(EntrySubject, EntrySubject.position == LogEntry.position)
        .where(EntrySubject.subject.in_(_subjects(session, patient_id)))
        .where(LogEntry.kind == AccessDecided.kind)
    )


def _newest_of(
    session: Session, patient_id: UUID, before: int | None, limit: int
) -> Sequence[Row[int, bytes]]:
    newest = _decisions_of(session, patient_id)
    newest = newest.order_by(EntrySubject.position.desc()).limit(limit)
    if before is not None:
        newest = newest.where(EntrySubject.position < before)
    return session.execute(newest).all()


def _not_told(session: Session, actor: Actor, patient_id: UUID) -> frozenset[UUID] | None:
    """Return the broken glass that the actor is not told of; None for any.

    A proxy is never told by itself: whoever broke it may have had to keep them out.
    """
    root = directory.root_of(session, patient_id)
    if actor.patient_id == root:
        return keeping.withheld(session, patient_id, clock.now())
    return None if root in actor.proxy_for else frozenset()


def overrides(session: Session, actor: Actor, *, limit: int = 50) -> Sequence[OverrideView]:
    """Return the broken glass of the actor's organisation: what waits for a review first."""
    own = reviewed_by(actor)
    if own is None:
        return []
    rows = session.scalars(
        select(Override)
        .where(Override.organisation_id == own)
        .order_by(Override.reviewed_at.is_not(None), Override.opened_at.desc())
        .limit(limit)
    ).all()
    opened = privacy.opened(session, [row.entry_id for row in rows])
    return [
        OverrideView(
            id=row.id,
            patient_id=row.patient_id,
            person_id=row.person_id,
            organisation_id=row.organisation_id,
            reason_code=OverrideReason(row.reason_code),
            reason=(opened.get(row.entry_id, {}).get("words") or {}).get("reason"),
            opened_at=row.opened_at,
            ends_at=row.ends_at,
            reviewed_at=row.reviewed_at,
            justified=row.justified,
        )
        for row in rows
    ]


def conflicts(session: Session, actor: Actor, *, limit: int = 50) -> Sequence[keeping.ConflictView]:
    """Return what decisions met and somebody has to settle, at the actor's organisation."""
    own = reviewed_by(actor)
    return [] if own is None else keeping.conflicts(session, own, limit=limit)


def alerts(session: Session, actor: Actor, *, limit: int = 50) -> Sequence[AlertView]:
    """Return what has to be put right at the actor's organisation, the newest day first."""
    own, row = reviewed_by(actor), AccessAlert
    if own is None:
        return []
    rows = session.scalars(
        select(row)
        .where(or_(row.organisation_id == own, row.holder_id == own))
        .order_by(row.raised_on.desc(), row.organisation_id, row.holder_id, row.alert)
        .limit(limit)
    )
    return [
        AlertView(
            raised_on=each.raised_on,
            organisation_id=each.organisation_id,
            holder_id=each.holder_id,
            alert=each.alert,
        )
        for each in rows
    ]


def reviewed_by(actor: Actor) -> UUID | None:
    """Return the organisation whose reviews are the actor's to do, if any is."""
    own = actor.organisation_id
    on = Resource(organisation_ids=frozenset() if own is None else frozenset({own}))
    may = authority.permits(authority.in_force(), actor, Permission.ACCESS_REVIEW, on)
    return own if may else None


def _subjects(session: Session, patient_id: UUID) -> list[str]:
    """Return what the log calls a patient, by each of their records."""
    return [f"patient:{one}" for one in sorted(directory.records_of(session, patient_id))]


def may_see_history(session: Session, actor: Actor, patient_id: UUID) -> None:
    """Let somebody go on who may see who looked at a patient.

    Raises:
        NotFound: they may not, or there is no such patient.
    """
    held: frozenset[Relation] = frozenset()
    if actor.organisation_id is not None:
        cares = directory.care_relationship(
            session,
            patient_id=patient_id,
            organisation_id=actor.organisation_id,
            person_id=None,
            on=clock.today(),
        )
        held = frozenset({Relation.CARE}) if cares is not None else held
    root = directory.root_of(session, patient_id)
    on = Resource(patient_id=root, held=held)
    if not authority.permits(authority.in_force(), actor, Permission.ACCESS_HISTORY, on):
        raise NotFound("no such patient among those whose history you may see")


def _looked(position: int, body: bytes) -> tuple[UUID | None, Looked]:
    """Return a decision, and the override that it came by."""
    record = Record.from_bytes(body)
    entry = record.entry
    assert isinstance(entry, AccessDecided | AccessDecidedV2 | AccessDecidedV1)
    quoted = entry.agreement_id
    return entry.override_id, Looked(
        entry_id=record.id,
        position=position,
        at=record.at,
        person_id=entry.person_id,
        asked_by=record.actor if record.actor.startswith("client:") else None,
        roles=entry.roles,
        organisation_id=entry.organisation_id,
        holder_id=entry.holder_id,
        purpose=entry.purpose,
        category=entry.category,
        action=entry.action,
        allowed=entry.outcome in PERMITTING,
        outcome=entry.outcome,
        reason=entry.reason,
        words=PATIENT_WORDS[entry.reason],
        regime=entry.regime,
        lines=entry.lines,
        consent_ids=tuple(bearing.consent_id for bearing in entry.consents),
        agreement=None if quoted is None else (quoted, entry.agreement_version, entry.clause),
    )
