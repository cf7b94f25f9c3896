"""Commands on teams, and on who looks after whom."""

from datetime import date
from uuid import UUID

from sqlalchemy import select

from ledger.core.errors import Conflict, NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.care_entries import CareBegan, CareEnded, TeamFormed, TeamJoined, TeamLeft
from ledger.directory.entries import EndReason
from ledger.directory.models import Care, Enrolment, Membership, Person, Team, TeamMembership
from ledger.directory.rules import names
from ledger.directory.rules.memberships import check_end, last_day
from ledger.directory.rules.periods import Period, check_period
from ledger.directory.service.held import of_organisation, patient, unless_taken
from ledger.directory.succession.queries import standing_ids


class AlreadyInTeam(Conflict):
    """The person is in the team on some of these days already."""

    slug = "already-in-team"
    title = "This person is already in this team"


def form_team(work: UnitOfWork, *, organisation_id: UUID, name: str) -> UUID:
    """Return the organisation's team of that name, formed if there was none.

    Raises:
        NotFound: there is no such organisation.
        BadName: see `rules.names.name`.
    """
    resource = of_organisation(work, organisation_id)
    work.authorise(Permission.PATIENT_REGISTER, on=resource)
    name = names.name(name, what="team")
    named = select(Team.id).where(
        Team.organisation_id == organisation_id, Team.name_key == names.key(name)
    )
    found = work.session.scalar(named)
    if found is not None:
        return found
    team_id = new_id()
    with unless_taken("forming a team"):
        work.record(TeamFormed(team_id=team_id, organisation_id=organisation_id, name=name))
    return team_id


def join_team(work: UnitOfWork, *, team_id: UUID, person_id: UUID, period: Period) -> UUID:
    """Put a member of the organisation into one of its teams. Returns the id of that.

    Raises:
        NotFound: there is no such team, or the person is not at its organisation.
        BadPeriod: see `rules.periods.check_period`.
        AlreadyInTeam: they are in it on some of these days.
    """
    team = work.load(Team, team_id, to_change=False)
    work.load(Person, person_id)
    resource = of_organisation(work, team.organisation_id, person_id=person_id)
    work.authorise(Permission.PATIENT_REGISTER, on=resource)
    check_period(period, today=work.today)
    _check_member(work, person_id, team.organisation_id)
    same = select(TeamMembership).where(
        TeamMembership.team_id == team_id, TeamMembership.person_id == person_id
    )
    if any(row.period.overlaps(period) for row in work.session.scalars(same)):
        raise AlreadyInTeam("end the time they are in it before you give them another")
    team_membership_id = new_id()
    work.record(
        TeamJoined(
            team_membership_id=team_membership_id,
            team_id=team_id,
            organisation_id=team.organisation_id,
            person_id=person_id,
            from_on=period.from_on,
            until_on=period.until_on,
        )
    )
    return team_membership_id


def leave_team(
    work: UnitOfWork, *, team_membership_id: UUID, reason: EndReason, until_on: date | None = None
) -> None:
    """End somebody's time in a team: at once, or after the day *until_on*.

    Raises:
        NotFound: there is no such thing.
        RoleAlreadyEnded, BadPeriod: see `rules.memberships.check_end`.
    """
    row = work.load(TeamMembership, team_membership_id)
    team = work.load(Team, row.team_id, to_change=False)
    work.load(Person, row.person_id)
    work.authorise(Permission.PATIENT_REGISTER, on=of_organisation(work, team.organisation_id))
    until_on = until_on or last_day(work.today)
    check_end(row.period, until_on=until_on, today=work.today)
    work.record(
        TeamLeft(
            team_membership_id=team_membership_id,
            organisation_id=team.organisation_id,
            person_id=row.person_id,
            until_on=until_on,
            reason=reason,
        )
    )


def begin_care(
    work: UnitOfWork,
    *,
    patient_id: UUID,
    organisation_id: UUID,
    period: Period,
    team_id: UUID | None = None,
    person_id: UUID | None = None,
) -> UUID:
    """Record from a roster that an organisation, a team or a person looks after a patient.

    Raises:
        NotFound: no such organisation; no such patient on its list; no such team or
            member of staff there.
        BadPeriod: see `rules.periods.check_period`.
    """
    resource = of_organisation(work, organisation_id)
    work.authorise(Permission.PATIENT_REGISTER, on=resource)
    check_period(period, today=work.today)
    listed = select(Enrolment.patient_id).where(
        Enrolment.patient_id == patient_id,
        Enrolment.organisation_id.in_(standing_ids(work.session, organisation_id, work.today)),
    )
    if work.session.scalar(listed.limit(1)) is None:
        raise NotFound("no such patient is on this organisation's list")
    patient(work, patient_id)
    if team_id and work.load(Team, team_id, to_change=False).organisation_id != organisation_id:
        raise NotFound("no such team is at this organisation")
    if person_id:
        _check_member(work, person_id, organisation_id)
    relationship_id = new_id()
    work.record(
        CareBegan(
            relationship_id=relationship_id,
            patient_id=patient_id,
            organisation_id=organisation_id,
            team_id=team_id,
            person_id=person_id,
            from_on=period.from_on,
            until_on=period.until_on,
        )
    )
    return relationship_id


def end_care(
    work: UnitOfWork, *, relationship_id: UUID, reason: EndReason, until_on: date | None = None
) -> None:
    """End a care relationship: at once, or after the day *until_on*.

    Raises:
        NotFound: there is no such relationship.
        RoleAlreadyEnded, BadPeriod: see `rules.memberships.check_end`.
    """
    row = work.load(Care, relationship_id)
    patient(work, row.patient_id)
    work.authorise(Permission.PATIENT_REGISTER, on=of_organisation(work, row.organisation_id))
    until_on = until_on or last_day(work.today)
    check_end(row.period, until_on=until_on, today=work.today)
    work.record(
        CareEnded(
            relationship_id=relationship_id,
            patient_id=row.patient_id,
            organisation_id=row.organisation_id,
            until_on=until_on,
            reason=reason,
        )
    )


def member_ids(work: UnitOfWork, organisation_id: UUID) -> frozenset[UUID]:
    """Return everybody who is at an organisation, or will be."""
    at = select(Membership).where(Membership.organisation_id == organisation_id)
    ended = last_day(work.today)
    return frozenset(
        row.person_id
        for row in work.session.scalars(at)
        if row.until_on is None or row.until_on > ended
    )


def _check_member(work: UnitOfWork, person_id: UUID, organisation_id: UUID) -> None:
    at = select(Membership).where(
        Membership.person_id == person_id, Membership.organisation_id == organisation_id
    )
    ended = last_day(work.today)
    if all(row.until_on is not None and row.until_on <= ended for row in work.session.scalars(at)):
        raise NotFound("no such member of staff is at this organisation")
