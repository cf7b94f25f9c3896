"""What the entries of keeping and forgetting change."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from audit import Record
from ledger.core import destroying, privacy
from ledger.core.db import Base
from ledger.core.projection import Opened, changes_nothing, projects
from ledger.directory.models import Patient, Person
from ledger.directory.retention import entries as facts
from ledger.directory.retention.models import Disposal, ErasureRequest, RetentionHold


def forget(
    session: Session, at: datetime, patient_id: UUID | None, person_id: UUID | None
) -> list[UUID]:
    """Mark whoever is erased, so that nothing finds them; return their ids."""
    if patient_id is not None:
        subject = session.get_one(Patient, patient_id)
        subject.erased_at, subject.care_version = at, subject.care_version + 1
    if person_id is not None:
        somebody = session.get_one(Person, person_id)
        somebody.erased_at, somebody.version = at, somebody.version + 1
    session.flush()
    return [each for each in (patient_id, person_id) if each is not None]


@projects(facts.Erased)
def erased(session: Session, record: Record[facts.Erased], _: Opened) -> None:
    """Their key is gone; what the law wants kept is under another; open requests are answered."""
    entry = record.entry
    gone = destroying.listed(session, entry.list_sha256)
    subjects = forget(session, record.at, entry.patient_id, entry.person_id)
    destroying.erase(session, subjects, gone)
    destroying.note(session, gone, by=record.id)
    if entry.patient_id is not None:
        waits = select(ErasureRequest).where(
            ErasureRequest.patient_id == entry.patient_id, ErasureRequest.answered_at.is_(None)
        )
        for request in session.scalars(waits):
            _answer(request, record.at, "erased", record.id)


@projects(facts.ErasureAsked)
def asked(session: Session, record: Record[facts.ErasureAsked], _: Opened) -> None:
    """A request waits for an answer."""
    entry = record.entry
    session.add(
        ErasureRequest(
            id=entry.request_id,
            patient_id=entry.patient_id,
            asked_at=record.at,
            entry_id=record.id,
            answered_at=None,
            outcome=None,
            answer_entry_id=None,
        )
    )


@projects(facts.ErasureDeclined)
def erasure_declined(session: Session, record: Record[facts.ErasureDeclined], _: Opened) -> None:
    """The request is answered, and nothing was erased."""
    request = session.get_one(ErasureRequest, record.entry.request_id)
    _answer(request, record.at, record.entry.ground, record.id)


changes_nothing(facts.ErasureRefused, because="a hold stood against it, so everything stayed")


@projects(facts.HoldPlaced)
def placed(session: Session, record: Record[facts.HoldPlaced], _: Opened) -> None:
    """There is one hold more."""
    entry = record.entry
    session.add(
        RetentionHold(
            id=entry.hold_id,
            subject=entry.about()[0],
            subject_id=entry.subject_id,
            reason=entry.reason,
            review_on=entry.review_on,
            placed_at=record.at,
            placed_by=record.actor,
            entry_id=record.id,
            lifted_at=None,
        )
    )


@projects(facts.HoldLifted)
def lifted(session: Session, record: Record[facts.HoldLifted], _: Opened) -> None:
    """The hold is over."""
    session.get_one(RetentionHold, record.entry.hold_id).lifted_at = record.at


@projects(facts.DisposalProposed)
def proposed(session: Session, record: Record[facts.DisposalProposed], _: Opened) -> None:
    """A disposal waits for somebody else."""
    entry = record.entry
    session.add(
        Disposal(
            id=entry.disposal_id,
            retention_class=entry.retention_class,
            parts=entry.parts,
            list_sha256=entry.list_sha256,
            due_by=entry.due_by,
            proposer=record.on_behalf_of or record.actor,  # Not the program that a person uses.
            proposed_at=record.at,
            decided_at=None,
            decider=None,
            approved=None,
        )
    )


@projects(facts.DisposalApproved)
def approved(session: Session, record: Record[facts.DisposalApproved], _: Opened) -> None:
    """The values are gone, and what was made from them; the rest of their subjects' stay."""
    entry = record.entry
    gone = destroying.listed(session, entry.list_sha256)
    privacy.destroy(session, gone)
    destroying.note(session, gone, by=record.id)
    _unseal(session, entry.sealed_tables, {*entry.patient_ids, *entry.person_ids})
    _decide(session, entry.disposal_id, record, approved=True)


@projects(facts.DisposalDeclined)
def declined(session: Session, record: Record[facts.DisposalDeclined], _: Opened) -> None:
    """The values stay."""
    _decide(session, record.entry.disposal_id, record, approved=False)


def _answer(request: ErasureRequest, at: datetime, outcome: str, entry_id: UUID) -> None:
    request.answered_at, request.outcome, request.answer_entry_id = at, outcome, entry_id


def _unseal(session: Session, tables: Iterable[str], subject_ids: set[UUID]) -> None:
    for name in tables:
        table = Base.metadata.tables[name]
        session.execute(delete(table).where(table.c.subject_id.in_(subject_ids)))


def _decide(
    session: Session,
    disposal_id: UUID,
    record: Record[facts.DisposalApproved] | Record[facts.DisposalDeclined],
    *,
    approved: bool,
) -> None:
    row = session.get_one(Disposal, disposal_id)
    row.decided_at, row.approved = record.at, approved
    row.decider = record.on_behalf_of or record.actor
