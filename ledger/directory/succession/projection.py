"""What the entries about successions change."""

from datetime import date
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from audit import Record
from ledger.core.projection import Opened, projects
from ledger.directory.models import Membership, Person
from ledger.directory.succession import entries as facts
from ledger.directory.succession.models import OrganisationSuccession, SuccessionsEpoch


@projects(facts.OrganisationSucceeded)
def succeeded(session: Session, record: Record[facts.OrganisationSucceeded], _: Opened) -> None:
    """Another stands in the place from the day; roles there end before it."""
    entry = record.entry
    session.add(
        OrganisationSuccession(
            predecessor_id=entry.predecessor_id,
            successor_id=entry.successor_id,
            succession=entry.succession,
            effective_on=entry.effective_on,
            order=entry.order,
            entry_id=record.id,
        )
    )
    for row in memberships_after(session, entry.predecessor_id, entry.roles_until_on):
        row.cut_by_succession, row.was_until_on = True, row.until_on
        row.until_on = entry.roles_until_on
    _count(session, entry.predecessor_id)


@projects(facts.SuccessionSetAside)
def set_aside(session: Session, record: Record[facts.SuccessionSetAside], _: Opened) -> None:
    """Nobody stands in the place; the roles that ended by it last as long as before."""
    session.delete(session.get_one(OrganisationSuccession, record.entry.predecessor_id))
    for row in cut_memberships(session, record.entry.predecessor_id):
        row.cut_by_succession, row.until_on, row.was_until_on = False, row.was_until_on, None
    _count(session, record.entry.predecessor_id)


def memberships_after(session: Session, organisation_id: UUID, day: date) -> list[Membership]:
    """Return the roles at an organisation that last longer than *day*."""
    row = Membership
    later = row.until_on.is_(None) | (row.until_on > day)
    return list(
        session.scalars(
            select(row).where(row.organisation_id == organisation_id, later).order_by(row.id)
        )
    )


def cut_memberships(session: Session, organisation_id: UUID) -> list[Membership]:
    """Return the roles at an organisation that its succession ended."""
    row = Membership
    return list(
        session.scalars(
            select(row)
            .where(row.organisation_id == organisation_id, row.cut_by_succession.is_(True))
            .order_by(row.id)
        )
    )


def _count(session: Session, organisation_id: UUID) -> None:
    """Count the change, for whoever keeps in memory who stands for whom, or who may be what."""
    session.flush()
    session.execute(update(SuccessionsEpoch).values(n=SuccessionsEpoch.n + 1))
    members = select(Membership.person_id).where(Membership.organisation_id == organisation_id)
    session.execute(update(Person).where(Person.id.in_(members)).values(version=Person.version + 1))
