"""What returns, their answers and their signatures are made by."""

from sqlalchemy.orm import Session

from audit import Record
from ledger.core.projection import Opened, changes_nothing, projects
from ledger.funding.returns.entries import (
    ReturnAnswered,
    ReturnCompleted,
    ReturnOpened,
    ReturnPassedOn,
    ReturnReminded,
    ReturnSentBack,
    ReturnSigned,
    ReturnSubmitted,
    ReturnWithdrawn,
)
from ledger.funding.returns.models import (
    PoolReturn,
    ReturnAnswer,
    ReturnReminder,
    ReturnSentBackRow,
    ReturnSignature,
)
from ledger.funding.returns.rules.steps import Stage


@projects(ReturnOpened)
def opened(session: Session, record: Record[ReturnOpened], _: Opened) -> None:
    """There is a draft more."""
    entry = record.entry
    session.add(
        PoolReturn(
            id=entry.return_id,
            pool_id=entry.pool_id,
            entry_id=record.id,
            form=entry.form,
            form_version=entry.form_version,
            kind=entry.return_kind,
            number=entry.number,
            version=entry.return_version,
            year_first_day=entry.year_first_day,
            first_day=entry.first_day,
            last_day=entry.last_day,
            due_on=entry.due_on,
            replaces=entry.replaces,
            opened_at=record.at,
            stage=Stage.DRAFT,
            round=0,
        )
    )


@projects(ReturnAnswered)
def answered(session: Session, record: Record[ReturnAnswered], _: Opened) -> None:
    """Something stands in a cell, or nothing any more."""
    entry = record.entry
    session.add(
        ReturnAnswer(
            entry_id=record.id,
            return_id=entry.return_id,
            cell=entry.cell,
            value=entry.value,
            answered_at=record.at,
            by=record.actor,
        )
    )


@projects(ReturnSubmitted)
def submitted(session: Session, record: Record[ReturnSubmitted], _: Opened) -> None:
    """It waits for signatures, and is frozen."""
    entry = record.entry
    row = session.get_one(PoolReturn, entry.return_id)
    row.stage, row.round, row.preparer_id = Stage.SIGNING, entry.round, entry.preparer_id
    row.log_size, row.digest = entry.log_size, entry.digest


@projects(ReturnSigned)
def signed(session: Session, record: Record[ReturnSigned], _: Opened) -> None:
    """There is a signature more."""
    entry = record.entry
    session.add(
        ReturnSignature(
            return_id=entry.return_id,
            round=entry.round,
            step=entry.step,
            organisation_id=entry.organisation_id,
            person_id=entry.person_id,
            signed_at=record.at,
            entry_id=record.id,
        )
    )


changes_nothing(ReturnPassedOn, because="whose turn it is follows from the signatures")


@projects(ReturnCompleted)
def completed(session: Session, record: Record[ReturnCompleted], _: Opened) -> None:
    """It is the return for its days."""
    row = session.get_one(PoolReturn, record.entry.return_id)
    row.stage, row.completed_entry_id = Stage.SIGNED, record.id


@projects(ReturnSentBack)
def sent_back(session: Session, record: Record[ReturnSentBack], _: Opened) -> None:
    """It is a draft again."""
    entry = record.entry
    session.get_one(PoolReturn, entry.return_id).stage = Stage.DRAFT
    session.add(
        ReturnSentBackRow(
            entry_id=record.id,
            return_id=entry.return_id,
            round=entry.round,
            organisation_id=entry.organisation_id,
            person_id=entry.person_id,
            reason=entry.reason,
            cells=list(entry.cells),
            sent_at=record.at,
        )
    )


@projects(ReturnWithdrawn)
def withdrawn(session: Session, record: Record[ReturnWithdrawn], _: Opened) -> None:
    """It is given up."""
    session.get_one(PoolReturn, record.entry.return_id).stage = Stage.WITHDRAWN


@projects(ReturnReminded)
def reminded(session: Session, record: Record[ReturnReminded], _: Opened) -> None:
    """Nobody is reminded of it in this way again."""
    entry = record.entry
    session.add(
        ReturnReminder(
            pool_id=entry.pool_id,
            kind=entry.return_kind,
            first_day=entry.first_day,
            overdue=entry.overdue,
        )
    )
