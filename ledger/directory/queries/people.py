"""Reads of people who sign in."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.core import privacy
from ledger.core.actor import Role
from ledger.directory.entries import IDENTITY
from ledger.directory.models import Membership, Person, PersonLookup
from ledger.directory.rules import names
from ledger.directory.rules.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRole:
    """One role of somebody on a staff list."""

    membership_id: UUID
    role: Role
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """Somebody on an organisation's staff list. No name: they are erased."""

    person_id: UUID
    name: str | None
    email: str | None
    accepted: bool
    roles: tuple[StaffRole, ...]


def person_names(session: Session, ids: Iterable[UUID]) -> dict[UUID, str | None]:
    """Return the names of people by their ids; None of who is erased. Strangers are left out."""
    return {
        person_id: fields["name"] if fields else None
        for person_id, fields in _identities(session, ids).items()
    }


def person_by_email(session: Session, email: str) -> UUID | None:
    """Return who has an e-mail address. For sign-in and import, never to answer a stranger."""
    fingerprint = privacy.lookup_hmac("e-mail", names.email(email))
    found = select(PersonLookup.subject_id).where(PersonLookup.email_hmac == fingerprint)
    return session.scalar(found)


def staff(session: Session, organisation_id: UUID) -> list[StaffMember]:
    """Return everybody who has or had a role at an organisation, by name."""
    rows = session.scalars(
        select(Membership)
        .where(Membership.organisation_id == organisation_id)
        .order_by(Membership.from_on, Membership.id)
    ).all()
    ids = {row.person_id for row in rows}
    identities = _identities(session, ids)
    accepted = set(
        session.scalars(
            select(Person.id).where(Person.id.in_(ids), Person.accepted_at.is_not(None))
        )
    )
    members = []
    for person_id in ids:
        fields = identities.get(person_id)
        members.append(
            StaffMember(
                person_id=person_id,
                name=fields["name"] if fields else None,
                email=fields["email"] if fields else None,
                accepted=person_id in accepted,
                roles=tuple(
                    StaffRole(membership_id=row.id, role=row.role, period=row.period)
                    for row in rows
                    if row.person_id == person_id
                ),
            )
        )
    return sorted(
        members, key=lambda member: (names.key(member.name or "\uffff"), member.person_id)
    )


def _identities(session: Session, ids: Iterable[UUID]) -> dict[UUID, dict[str, str] | None]:
    people = set(ids)
    if not people:
        return {}
    wanted = select(Person.id, Person.identity_entry_id).where(Person.id.in_(people))
    entry_ids = {row.id: row.identity_entry_id for row in session.execute(wanted)}
    opened = privacy.opened(session, entry_ids.values())
    return {
        person_id: opened.get(entry_id, {}).get(IDENTITY)
        for person_id, entry_id in entry_ids.items()
    }
