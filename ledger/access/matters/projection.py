"""What the entries about matters change."""

from uuid import UUID

from sqlalchemy.orm import Session

from audit import Entry, Record
from ledger.access.matters import entries as facts
from ledger.access.matters.models import LookMatter, MatterStep
from ledger.core.projection import Opened, projects


@projects(facts.MatterRaised)
def raised(session: Session, record: Record[facts.MatterRaised], _: Opened) -> None:
    """It waits, and its days run."""
    entry = record.entry
    session.add(
        LookMatter(
            id=entry.matter_id,
            patient_id=entry.patient_id,
            look_id=entry.look_id,
            looked_by=entry.looked_by,
            asking_id=entry.asking_id,
            owner_id=entry.owner_id,
            sort=entry.sort,
            raised_by=record.on_behalf_of or record.actor,
            raised_at=record.at,
            acknowledge_by=entry.acknowledge_by,
            answer_by=entry.answer_by,
        )
    )
    _step(session, record, entry.matter_id)


@projects(facts.MatterAcknowledged)
def acknowledged(session: Session, record: Record[facts.MatterAcknowledged], _: Opened) -> None:
    """The patient sees that it was read."""
    session.get_one(LookMatter, record.entry.matter_id).acknowledged_at = record.at
    _step(session, record, record.entry.matter_id)


@projects(facts.MatterAnswered)
def answered(session: Session, record: Record[facts.MatterAnswered], _: Opened) -> None:
    """It waits for nobody. An answer acknowledges, too."""
    row = session.get_one(LookMatter, record.entry.matter_id)
    row.answered_at, row.outcome = record.at, record.entry.outcome
    row.acknowledged_at = row.acknowledged_at or record.at
    _step(session, record, row.id)


@projects(facts.MatterReopened)
def reopened(session: Session, record: Record[facts.MatterReopened], _: Opened) -> None:
    """It waits again, with new days."""
    entry = record.entry
    row = session.get_one(LookMatter, entry.matter_id)
    row.acknowledge_by, row.answer_by = entry.acknowledge_by, entry.answer_by
    row.acknowledged_at = row.answered_at = row.outcome = None
    _step(session, record, row.id)


@projects(facts.MatterEscalated)
def escalated(session: Session, record: Record[facts.MatterEscalated], _: Opened) -> None:
    """Others look at it, too."""
    session.get_one(LookMatter, record.entry.matter_id).escalated_to = record.entry.to_id
    _step(session, record, record.entry.matter_id)


def _step(session: Session, record: Record[Entry], matter_id: UUID) -> None:
    kind = record.entry.kind.removeprefix("access.matter-")
    session.add(MatterStep(entry_id=record.id, matter_id=matter_id, kind=kind, at=record.at))
