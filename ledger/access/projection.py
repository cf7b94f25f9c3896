"""What the access area's entries change."""

from sqlalchemy.orm import Session

from audit import Record
from ledger.access.entries import (
    AccessDecided,
    AccessDecidedV1,
    AccessOverrideOpened,
    AccessOverrideReviewed,
)
from ledger.access.models import AccessAlert, Override
from ledger.access.rules.words import PUT_RIGHT
from ledger.core.projection import Opened, projects


@projects(AccessDecided)
def decided(session: Session, record: Record[AccessDecided], opened: Opened) -> None:
    """An answer is kept in the access log alone; what has to be put right is listed once a day.

    `ledger.access.desk` applies this for decisions that have alerts, the others change nothing.
    """
    del opened
    _raise_alerts(session, record)


@projects(AccessDecidedV1)
def decided_v1(session: Session, record: Record[AccessDecidedV1], opened: Opened) -> None:
    """As the version after it."""
    del opened
    _raise_alerts(session, record)


def _raise_alerts(
    session: Session, record: Record[AccessDecided] | Record[AccessDecidedV1]
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


@projects(AccessOverrideReviewed)
def reviewed(session: Session, record: Record[AccessOverrideReviewed], _opened: Opened) -> None:
    """The review is closed."""
    row = session.get_one(Override, record.entry.override_id)
    row.reviewed_at = record.at
    row.reviewer_id = record.entry.person_id
    row.justified = record.entry.justified
