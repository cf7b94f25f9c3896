"""What people did about a patient without a decision: looked them up, declared their care."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Entry, Record
from ledger.core import privacy, together
from ledger.core.trail import EntrySubject, LogEntry
from ledger.directory.care_entries import CareDeclared
from ledger.directory.entries import PatientLookedUp
from ledger.directory.models import Care
from ledger.directory.rules.care import CareSource, DeclaredReason

_KINDS: Final = (PatientLookedUp.kind, CareDeclared.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticedView:
    """Somebody looked a patient up, or declared that they care for them.

    Attributes:
        position: For the next page.
        actor: As the log spells it.
        answered: Of a look-up: whether they were told who it is.
        reason: Of a declaration: why, by its code.
    """

    position: int
    at: datetime
    actor: str
    organisation_id: UUID | None
    answered: bool | None
    reason: DeclaredReason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclarationView:
    """A declared care relationship; *words* are None where they are erased."""

    id: UUID
    patient_id: UUID
    person_id: UUID
    from_on: date
    reason: DeclaredReason
    words: str | None
    reviewed_at: datetime | None
    justified: bool | None


def noticed(
    session: Session, patient_id: UUID, *, before: int | None = None, limit: int = 50
) -> list[NoticedView]:
    """Return who looked a patient up or declared their care, newest first.

    For the patient themselves, and for who may see the history of a patient.
    """
    query = (
        select(LogEntry.position, LogEntry.body)
        .join(EntrySubject, EntrySubject.position == LogEntry.position)
        .where(
            EntrySubject.subject.in_(together.subjects(session, patient_id)),
            LogEntry.kind.in_(_KINDS),
        )
        .order_by(LogEntry.position.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(LogEntry.position < before)
    return [_noticed(row.position, Record.from_bytes(row.body)) for row in session.execute(query)]


def declarations(
    session: Session, organisation_id: UUID, *, limit: int = 100
) -> list[DeclarationView]:
    """Return what was declared at an organisation: first what waits for a review, oldest first."""
    rows = session.scalars(
        select(Care)
        .where(Care.organisation_id == organisation_id, Care.source == CareSource.DECLARED)
        .order_by(Care.reviewed_at.is_not(None), Care.id)
        .limit(limit)
    ).all()
    opened = privacy.opened(session, [row.entry_id for row in rows])
    return [
        DeclarationView(
            id=row.id,
            patient_id=row.patient_id,
            person_id=row.person_id,
            from_on=row.from_on,
            reason=row.declared_reason,
            words=(opened.get(row.entry_id, {}).get("words") or {}).get("words"),
            reviewed_at=row.reviewed_at,
            justified=row.justified,
        )
        for row in rows
        if row.person_id is not None and row.declared_reason is not None
    ]


def _noticed(position: int, record: Record[Entry]) -> NoticedView:
    entry = record.entry
    return NoticedView(
        position=position,
        at=record.at,
        actor=record.actor,
        organisation_id=record.org,
        answered=entry.answered if isinstance(entry, PatientLookedUp) else None,
        reason=entry.reason if isinstance(entry, CareDeclared) else None,
    )
