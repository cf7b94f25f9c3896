"""What somebody who has signed in may be: memberships, and the actor of the one they chose."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.errors import NotFound
from ledger.directory.identity.models import PatientRecord
from ledger.directory.identity.queries import root_of
from ledger.directory.models import (
    Membership,
    Organisation,
    PatientLink,
    Person,
    TeamMembership,
)
from ledger.directory.rules.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What a way of signing in leads to: none but these roles, and the record if it may.

    Attributes:
        ods_codes: The organisations that one may act for; empty, any.
        roles: The roles that one may act in; empty, any.
    """

    as_patient: bool = True
    as_staff: bool = True
    ods_codes: frozenset[str] = frozenset()
    roles: frozenset[Role] = frozenset()

    def opens(self, role: Role, ods_code: str | None) -> bool:
        """Say whether one may act in *role* for the organisation with that code."""
        here = not self.ods_codes or ods_code in self.ods_codes
        return self.as_staff and here and (not self.roles or role in self.roles)


_WIDE_OPEN = Door()


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipView:
    """One role of one person in one organisation."""

    id: UUID
    person_id: UUID
    organisation_id: UUID
    organisation_name: str
    ods_code: str | None
    role: Role
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonState:
    """What a decision knows of a person. Nothing of it changes while the version stands.

    Attributes:
        roles: By organisation and period; see `roles_on`.
        teams: The teams that they are in, and when.
    """

    person_id: UUID
    version: int
    memberships: tuple[tuple[UUID, Role, Period], ...]
    teams: tuple[tuple[UUID, Period], ...]
    patient_id: UUID | None

    def roles_on(self, organisation_id: UUID, on: date) -> frozenset[Role]:
        """Return the roles that the person has at an organisation on that day."""
        return frozenset(
            role
            for at, role, period in self.memberships
            if at == organisation_id and period.holds(on)
        )

    def teams_on(self, on: date) -> frozenset[UUID]:
        """Return the teams that the person is in on that day."""
        return frozenset(team_id for team_id, period in self.teams if period.holds(on))


def memberships(
    session: Session, person_id: UUID, *, on: date | None = None
) -> tuple[MembershipView, ...]:
    """Return the roles of a person, the longest held first; with *on*, those of that day."""
    rows = session.execute(
        select(Membership, Organisation.name, Organisation.ods_code)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.person_id == person_id)
        .order_by(Membership.from_on, Membership.id)
    )
    return tuple(
        MembershipView(
            id=row.id,
            person_id=row.person_id,
            organisation_id=row.organisation_id,
            organisation_name=name,
            ods_code=ods_code,
            role=row.role,
            period=row.period,
        )
        for row, name, ods_code in rows
        if on is None or row.period.holds(on)
    )


def actor_for(
    session: Session,
    person_id: UUID,
    membership_id: UUID | None,
    *,
    on: date | None = None,
    door: Door = _WIDE_OPEN,
) -> Actor:
    """Return who somebody is who has signed in and chosen a role.

    Whoever chose none is the patient that their sign-in is linked to, if there is one, or
    else has the role that they have had longest. A role that is over, or is another's, is
    as if none were chosen. Whose record is whose is always known: somebody who looks at
    their own record at work is still looking at their own. What *door* does not open they
    are not; a rule against it counts all the same.

    Raises:
        NotFound: there is no such person, or they are erased.
    """
    today = on or clock.today()
    rows = session.execute(_WHO, {"person_id": person_id}).all()
    if not rows:
        raise NotFound("no such person")
    patient_id: UUID | None = rows[0].patient_id
    held = [row for row in rows if row.id and Period(row.from_on, row.until_on).holds(today)]
    every = frozenset(row.role for row in held)
    offered = [row for row in held if door.opens(row.role, row.ods_code)]
    as_patient = patient_id is not None and door.as_patient
    chosen = next((each for each in offered if each.id == membership_id), None)
    if chosen is None and not as_patient and offered:
        chosen = offered[0]
    if chosen is None:
        roles = frozenset({Role.PATIENT}) if as_patient else frozenset[Role]()
        return Actor.person(person_id, roles=roles, held=every, patient_id=patient_id)
    return Actor.person(
        person_id,
        roles=frozenset({chosen.role}),
        held=every,
        organisation_id=chosen.organisation_id,
        membership_id=chosen.id,
        patient_id=patient_id,
    )


# One statement, since every request of somebody who is signed in begins with it.
_WHO = (
    select(
        func.coalesce(PatientRecord.root_id, PatientLink.patient_id).label("patient_id"),
        Membership.id,
        Membership.organisation_id,
        Membership.role,
        Membership.from_on,
        Membership.until_on,
        Organisation.ods_code,
    )
    .select_from(Person)
    .outerjoin(PatientLink, PatientLink.person_id == Person.id)
    .outerjoin(PatientRecord, PatientRecord.patient_id == PatientLink.patient_id)
    .outerjoin(Membership, Membership.person_id == Person.id)
    .outerjoin(Organisation, Organisation.id == Membership.organisation_id)
    .where(Person.id == bindparam("person_id"), Person.erased_at.is_(None))
    .order_by(Membership.from_on, Membership.id)
)


def person_state(session: Session, person_id: UUID) -> PersonState | None:
    """Return what a decision knows of a person; None if there is no such person."""
    person = session.get(Person, person_id, populate_existing=True)
    if person is None or person.erased_at is not None:
        return None
    roles = session.scalars(select(Membership).where(Membership.person_id == person_id))
    teams = session.scalars(select(TeamMembership).where(TeamMembership.person_id == person_id))
    linked = select(PatientLink.patient_id).where(PatientLink.person_id == person_id)
    patient_id = session.scalar(linked)
    return PersonState(
        person_id=person_id,
        version=person.version,
        memberships=tuple((row.organisation_id, row.role, row.period) for row in roles),
        teams=tuple((row.team_id, row.period) for row in teams),
        patient_id=None if patient_id is None else root_of(session, patient_id),
    )
