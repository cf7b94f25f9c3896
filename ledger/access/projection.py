"""What the access area's entries change."""

from sqlalchemy.orm import Session

from audit import Record
from ledger.access.entries import AccessDecided, AccessOverrideOpened, AccessOverrideReviewed
from ledger.access.models import Override
from ledger.core.projection import Opened, changes_nothing, projects

changes_nothing(AccessDecided, because="it is an answer; the access log is where it is kept")


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
