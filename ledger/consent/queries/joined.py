"""Which records are one patient's, and what is in doubt, as far as consents hang on it."""

from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.orm import Session

from ledger.consent.models import Consent, DoubtedRecord, JoinedRecord, SettledConflict
from ledger.consent.rules.joined import Joined

_JOINED_OR_DOUBTED: Final = select(
    or_(
        exists().where(JoinedRecord.patient_id == bindparam("patient_id")),
        exists().where(DoubtedRecord.patient_id == bindparam("patient_id")),
    )
)


def records_of(session: Session, patient_id: UUID) -> frozenset[UUID]:
    """Return all records of the patient whose record this is; most have one."""
    row = JoinedRecord
    others = select(row.other_id).where(row.patient_id == patient_id)
    return frozenset({patient_id, *session.scalars(others)})


def joined_with(session: Session, patient_id: UUID) -> Joined | None:
    """Return how a patient's records hang together; None for the one record nobody doubts."""
    if not session.execute(_JOINED_OR_DOUBTED, {"patient_id": patient_id}).scalar_one():
        return None  # As for nearly everybody, in one statement.
    records = records_of(session, patient_id)
    doubted = frozenset(
        session.scalars(
            select(DoubtedRecord.patient_id).where(DoubtedRecord.patient_id.in_(records))
        )
    )
    row = JoinedRecord
    pairs = session.execute(
        select(row.patient_id, row.other_id, row.since).where(row.patient_id.in_(records))
    )
    settled = session.execute(
        select(SettledConflict.consent_id, SettledConflict.at_order)
        .join(Consent, Consent.id == SettledConflict.consent_id)
        .where(Consent.patient_id.in_(records))
    )
    return Joined(
        since={(one.patient_id, one.other_id): one.since for one in pairs},
        doubted=doubted,
        settled={one.consent_id: one.at_order for one in settled},
    )
