"""What joins, separations and doubts of records change in consents, and what settles them.

All records of one patient count their changes together from the join on: one number, raised in
each, identifies what all of them say. So a decision about either names the version of both.
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import product
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from audit import Record
from ledger.consent.correction_entries import ConflictSettled
from ledger.consent.models import DoubtedRecord, JoinedRecord, PatientState, SettledConflict
from ledger.consent.queries.joined import records_of
from ledger.core.projection import Opened, projects
from ledger.directory.identity.effects import Change, when_whose_changes


@when_whose_changes
def whose_changed(session: Session, change: Change) -> None:
    """What was said counts otherwise from now on, for each of the records concerned."""
    row = JoinedRecord
    if change.doubted is True:
        session.add_all(DoubtedRecord(patient_id=one) for one in change.one)
    if change.doubted is False:
        session.execute(delete(DoubtedRecord).where(DoubtedRecord.patient_id.in_(change.one)))
    if change.joined is None:
        for one in change.one:
            bump(session, records_of(session, one), change.at)
        return
    since = bump(session, change.one | change.other, change.at)
    for one, other in product(sorted(change.one), sorted(change.other)):
        if change.joined:
            session.add(row(patient_id=one, other_id=other, since=since))
            session.add(row(patient_id=other, other_id=one, since=since))
        else:
            pair = (one, other)
            both = row.patient_id.in_(pair) & row.other_id.in_(pair)
            session.execute(delete(row).where(both))
    session.flush()


@projects(ConflictSettled)
def conflict_settled(session: Session, record: Record[ConflictSettled], _: Opened) -> None:
    """The yes counts, whatever another record says."""
    entry = record.entry
    order = bump(session, records_of(session, entry.patient_id), record.at)
    row = session.get(SettledConflict, entry.consent_id)
    if row is None:
        row = SettledConflict(consent_id=entry.consent_id)
        session.add(row)
    row.entry_id, row.at_order = record.id, order
    session.flush()


def bump(session: Session, patient_ids: Iterable[UUID], at: datetime) -> int:
    """Count one change more in each of one patient's records, and return the number of all.

    The rows are locked here, in one order: not everything that counts holds the patient, and
    two changes with one number would be one to whoever keeps what it stands for.
    """
    states = []
    for patient_id in sorted(patient_ids):
        state = session.get(PatientState, patient_id, with_for_update=True, populate_existing=True)
        if state is None:
            state = PatientState(patient_id=patient_id, version=0, changed_at=at)
            session.add(state)
        states.append(state)
    number = max(state.version for state in states) + 1
    changed_at = max(at, *(state.changed_at for state in states))
    for state in states:
        state.version, state.changed_at = number, changed_at
    session.flush()
    return number
