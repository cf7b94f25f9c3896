"""What the access area's entries change."""

from sqlalchemy.orm import Session

from audit import Record
from ledger.access.entries import (
    AccessDecided,
    AccessDecidedV1,
    AccessDecidedV2,
    AccessOverrideEnded,
    AccessOverrideOpened,
    AccessOverrideOverdue,
    AccessOverrideRefused,
    AccessOverrideReviewed,
    AccessOverrideSeconded,
)
from ledger.access.keeping.models import ConflictMet
from ledger.access.models import AccessAlert, Override
from ledger.access.rules.words import PUT_RIGHT, TO_SETTLE
from ledger.core.projection import Opened, projects


@projects(AccessDecided)
def decided(session: Session, record: Record[AccessDecided], opened: Opened) -> None:
    """An answer is kept in the access log alone; what has to be put right is listed once a day.

    What somebody has to settle is listed once until they have. `ledger.access.desk` applies this
    for decisions that have either, the others change nothing.
    """
    del opened
    _raise_alerts(session, record)
    entry = record.entry
    if entry.consent not in TO_SETTLE or entry.patient_id is None:
        return
    key = (entry.patient_id, entry.holder_id, entry.consent.value)
    row = session.get(ConflictMet, key)
    if row is None:
        row = ConflictMet(patient_id=key[0], organisation_id=key[1], met=key[2])
        session.add(row)
    elif row.closed_at is None:
        return
    row.id, row.purpose, row.raised_at, row.closed_at = record.id, entry.purpose, record.at, None
    session.flush()


@projects(AccessDecidedV2)
def decided_v2(session: Session, record: Record[AccessDecidedV2], opened: Opened) -> None:
    """As the version after it, before there was a list of what to settle."""
    del opened
    _raise_alerts(session, record)


@projects(AccessDecidedV1)
def decided_v1(session: Session, record: Record[AccessDecidedV1], opened: Opened) -> None:
    """As the version after it."""
    del opened
    _raise_alerts(session, record)


def _raise_alerts(
    session: Session,
    record: Record[AccessDecided] | Record[AccessDecidedV2] | Record[AccessDecidedV1],
) -> None:
    entry = record.entry
    for alert in entry.alerts:
        key = (record.at.date(), entry.organisation_id, entry.holder_id, alert)
        if alert in PUT_RIGHT and session.get(AccessAlert, key) is None:
            row = AccessAlert(
                raised_on=key[0], organisation_id=key[1], holder_id=key[2], alert=alert
            )
            session.add(row)
            session.flush()


@projects(AccessOverrideOpened)
def opened_override(
    session: Session, record: Record[AccessOverrideOpened], _opened: Opened
) -> None:
    """One person may override one patient's choices, for a while."""
    entry = record.entry
    session.add(
        Override(
            id=entry.override_id,
            patient_id=entry.patient_id,
            person_id=entry.person_id,
            organisation_id=entry.organisation_id,
            reason_code=entry.reason_code,
            entry_id=record.id,
            opened_at=record.at,
            ends_at=entry.ends_at,
        )
    )


@projects(AccessOverrideEnded)
def ended(session: Session, record: Record[AccessOverrideEnded], _opened: Opened) -> None:
    """Nothing is open from now on; the review still waits."""
    session.get_one(Override, record.entry.override_id).ends_at = record.at


@projects(AccessOverrideOverdue)
def overdue(session: Session, record: Record[AccessOverrideOverdue], _opened: Opened) -> None:
    """It is noted once; the review still waits."""
    session.get_one(Override, record.entry.override_id).overdue_at = record.at


@projects(AccessOverrideReviewed)
def reviewed(session: Session, record: Record[AccessOverrideReviewed], _opened: Opened) -> None:
    """The review is closed."""
    row = session.get_one(Override, record.entry.override_id)
    row.reviewed_at = record.at
    row.reviewer_id = record.entry.person_id
    row.justified = record.entry.justified


@projects(AccessOverrideSeconded)
def seconded(session: Session, record: Record[AccessOverrideSeconded], _opened: Opened) -> None:
    """Two people stand by it."""
    row = session.get_one(Override, record.entry.override_id)
    row.seconded_at = record.at
    row.seconded_by = record.entry.person_id


@projects(AccessOverrideRefused)
def refused(session: Session, record: Record[AccessOverrideRefused], _opened: Opened) -> None:
    """Nothing is open that was not; the entry is what there is of it."""
    del session, record
