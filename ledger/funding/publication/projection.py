"""What publications are made by."""

from sqlalchemy.orm import Session

from audit import Record
from ledger.core.projection import Opened, projects
from ledger.funding.publication.entries import SpendPublicationAsked, SpendPublished
from ledger.funding.publication.models import Publication


@projects(SpendPublicationAsked)
def asked(session: Session, record: Record[SpendPublicationAsked], _: Opened) -> None:
    """Some days wait for somebody of another partner."""
    entry = record.entry
    session.add(
        Publication(
            id=entry.publication_id,
            pool_id=entry.pool_id,
            first_day=entry.first_day,
            last_day=entry.last_day,
            asked_by=entry.person_id,
            asked_for=entry.organisation_id,
        )
    )


@projects(SpendPublished)
def published(session: Session, record: Record[SpendPublished], _: Opened) -> None:
    """Everybody may see them."""
    row = session.get_one(Publication, record.entry.publication_id)
    row.published_at = record.at
    row.log_size, row.floor = record.entry.log_size, record.entry.floor
