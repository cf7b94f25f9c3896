"""What the keeping of registers, standing and settlements changes."""

from datetime import datetime
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from audit import Record
from ledger.access.keeping import entries as facts
from ledger.access.keeping.models import (
    ConflictMet,
    Epoch,
    OptOutRegister,
    Recusal,
    Suspension,
    Withholding,
)
from ledger.core.projection import Opened, projects

REGISTER: Final = "register"
STANDING: Final = "standing"


@projects(facts.RegisterImported)
def imported(session: Session, record: Record[facts.RegisterImported], _: Opened) -> None:
    """The new copy counts."""
    entry = record.entry
    session.add(
        OptOutRegister(
            n=entry.n,
            entry_id=record.id,
            lists=entry.lists,
            digest=entry.digest,
            listed=entry.listed,
            unknown=entry.unknown,
            opted_out=entry.opted_out,
            changed=entry.changed,
            checked_at=entry.checked_at,
            imported_at=record.at,
        )
    )
    _epoch(session, REGISTER).n = entry.n


@projects(facts.Recused)
def recused(session: Session, record: Record[facts.Recused], _: Opened) -> None:
    """They do not look at this patient any more."""
    entry = record.entry
    session.add(
        Recusal(
            person_id=entry.person_id,
            patient_id=entry.patient_id,
            organisation_id=entry.organisation_id,
            entry_id=record.id,
            recorded_at=record.at,
        )
    )
    _epoch(session, STANDING).n = record.entry.n


@projects(facts.RecusalEnded)
def recusal_ended(session: Session, record: Record[facts.RecusalEnded], _: Opened) -> None:
    """They may look again."""
    key = (record.entry.person_id, record.entry.patient_id)
    session.delete(session.get_one(Recusal, key))
    _epoch(session, STANDING).n = record.entry.n


@projects(facts.Suspended)
def suspended(session: Session, record: Record[facts.Suspended], _: Opened) -> None:
    """They see nothing any more."""
    entry = record.entry
    session.add(
        Suspension(
            id=entry.suspension_id,
            organisation_id=entry.organisation_id,
            person_id=entry.person_id,
            entry_id=record.id,
            recorded_at=record.at,
        )
    )
    _epoch(session, STANDING).n = record.entry.n


@projects(facts.SuspensionLifted)
def lifted(session: Session, record: Record[facts.SuspensionLifted], _: Opened) -> None:
    """They see what everything else lets them."""
    session.delete(session.get_one(Suspension, record.entry.suspension_id))
    _epoch(session, STANDING).n = record.entry.n


@projects(facts.ConflictSettled)
def settled(session: Session, record: Record[facts.ConflictSettled], _: Opened) -> None:
    """Nobody has to look at it, until a decision meets it again."""
    waiting = ConflictMet.id == record.entry.conflict_id
    session.query(ConflictMet).where(waiting).update({"closed_at": record.at})


@projects(facts.TellingWithheld)
def withheld(session: Session, record: Record[facts.TellingWithheld], _: Opened) -> None:
    """The newest decision counts, for as long as one person alone may decide it."""
    _withhold(session, record, min(record.entry.alone_until, record.entry.ends_at))


@projects(facts.TellingWithheldV1)
def withheld_v1(session: Session, record: Record[facts.TellingWithheldV1], _: Opened) -> None:
    """As the version after it, before it took a second person."""
    _withhold(session, record, record.entry.ends_at)


@projects(facts.WithholdingConfirmed)
def confirmed(session: Session, record: Record[facts.WithholdingConfirmed], _: Opened) -> None:
    """It counts for as long as was asked."""
    row = session.get_one(Withholding, record.entry.override_id)
    row.confirmed_by = record.entry.person_id
    row.ends_at = row.asked_until or row.ends_at


def _withhold(
    session: Session,
    record: Record[facts.TellingWithheld] | Record[facts.TellingWithheldV1],
    ends_at: datetime,
) -> None:
    entry = record.entry
    session.execute(delete(Withholding).where(Withholding.override_id == entry.override_id))
    session.add(
        Withholding(
            override_id=entry.override_id,
            patient_id=entry.patient_id,
            ground=entry.ground,
            entry_id=record.id,
            decided_by=entry.person_id,
            decided_at=record.at,
            ends_at=ends_at,
            asked_until=entry.ends_at,
        )
    )


def _epoch(session: Session, of: str) -> Epoch:
    row = session.get(Epoch, of)
    if row is None:
        row = Epoch(of=of, n=0)
        session.add(row)
    return row
