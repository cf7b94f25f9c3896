"""Who holds a role where, and how they are reached: for whoever has to tell them something."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.core import privacy
from ledger.core.actor import Role
from ledger.directory.entries import IDENTITY
from ledger.directory.models import Membership, Person


def holders(
    session: Session, organisation_ids: Collection[UUID], roles: Collection[Role], *, on: date
) -> dict[UUID, UUID]:
    """Return the people who hold one of *roles* at one of the organisations on a day.

    Only those who have accepted their invitation and are not erased. By the person's id; the
    value is the membership, the one held longest where there are several.
    """
    rows = session.scalars(
        select(Membership)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.organisation_id.in_(organisation_ids),
            Membership.role.in_(roles),
            Person.accepted_at.is_not(None),
            Person.erased_at.is_(None),
        )
        .order_by(Membership.from_on.desc(), Membership.id.desc())
    )
    return {row.person_id: row.id for row in rows if row.period.holds(on)}


def email_of(session: Session, person_id: UUID) -> str | None:
    """Return where somebody gets e-mail; None if they are erased. For sending, never to show."""
    entry_id = session.scalar(select(Person.identity_entry_id).where(Person.id == person_id))
    if entry_id is None:
        return None
    fields = privacy.opened(session, [entry_id]).get(entry_id, {}).get(IDENTITY)
    return fields["email"] if fields else None
