"""Commands on successions: record one, set one aside, and move the roles that it ended."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from ledger.core.authority import Resource
from ledger.core.errors import NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.entries import RoleGiven
from ledger.directory.models import Care, Enrolment, Membership, Organisation, Person, Team
from ledger.directory.rules.memberships import RoleAlreadyHeld, check_role
from ledger.directory.rules.periods import Period
from ledger.directory.service.held import of_organisation
from ledger.directory.succession.entries import OrganisationSucceeded, SuccessionSetAside
from ledger.directory.succession.models import OrganisationSuccession, SuccessionsEpoch
from ledger.directory.succession.projection import cut_memberships, memberships_after
from ledger.directory.succession.queries import must_stand, successions
from ledger.directory.succession.rules import (
    SetAsideReason,
    SuccessionKind,
    check_succession,
    checked_order,
    roles_end_on,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """What a succession would do in the directory, for whoever is about to confirm it.

    Attributes:
        roles: That end the day before, and are moved by `move_roles` only.
        patients, care, teams: That are the successor's from the day, by themselves.
    """

    roles: int
    patients: int
    care: int
    teams: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """How many roles were given at the successor, and how many it had or were over anyway."""

    moved: int
    left: int


def preview(
    work: UnitOfWork, *, predecessor_id: UUID, successor_id: UUID, effective_on: date
) -> Moves:
    """Say what `succeed` would do, by the same checks. Records nothing.

    Raises: as `succeed`.
    """
    work.authorise(Permission.ORGANISATION_SUCCEED, on=_host(work, predecessor_id))
    of_organisation(work, successor_id)
    check_succession(
        successions(work.session),
        predecessor=predecessor_id,
        successor=successor_id,
        effective_on=effective_on,
        today=work.today,
    )
    session = work.session

    def count(kind: type[Enrolment | Care | Team]) -> int:
        mine = kind.organisation_id == predecessor_id
        return session.scalar(select(func.count()).select_from(kind).where(mine)) or 0

    until_on = roles_end_on(effective_on, today=work.today)
    return Moves(
        roles=len(memberships_after(session, predecessor_id, until_on)),
        patients=count(Enrolment),
        care=count(Care),
        teams=count(Team),
    )


def succeed(
    work: UnitOfWork,
    *,
    predecessor_id: UUID,
    successor_id: UUID,
    kind: SuccessionKind,
    effective_on: date,
    order: str,
) -> None:
    """Record that by an *order* one organisation takes another's place from a day on.

    Authority to sign does not move: it is given anew. Money, pools and seats do not move
    either: who keeps them asks `queries.successors`.

    Raises:
        NotFound: there is no such organisation.
        SucceedsItself, AlreadySucceeded, SuccessionInACircle, BadSuccessionDay, NoOrder: see
            `succession.rules`.
    """
    _hold(work, predecessor_id)
    work.authorise(Permission.ORGANISATION_SUCCEED, on=_host(work, predecessor_id))
    work.load(Organisation, successor_id, to_change=False)
    check_succession(
        successions(work.session),
        predecessor=predecessor_id,
        successor=successor_id,
        effective_on=effective_on,
        today=work.today,
    )
    work.record(
        OrganisationSucceeded(
            predecessor_id=predecessor_id,
            successor_id=successor_id,
            succession=kind,
            effective_on=effective_on,
            order=checked_order(order),
            roles_until_on=roles_end_on(effective_on, today=work.today),
        )
    )


def set_aside(work: UnitOfWork, *, predecessor_id: UUID, reason: SetAsideReason) -> None:
    """Record that a succession counts no more; what was decided by it stays decided.

    Roles that it ended last again as long as before. Roles that were moved stay where they
    are: end them there.

    Raises:
        NotFound: nobody takes the place of this organisation.
    """
    _hold(work, predecessor_id)
    work.authorise(Permission.ORGANISATION_SUCCEED, on=_host(work, predecessor_id))
    row = work.load(OrganisationSuccession, predecessor_id)
    work.record(
        SuccessionSetAside(
            predecessor_id=predecessor_id, successor_id=row.successor_id, reason=reason
        )
    )


def move_roles(
    work: UnitOfWork, *, predecessor_id: UUID, membership_ids: Collection[UUID] | None = None
) -> Moved:
    """Give people the roles at the successor that the succession ended; None for all of them.

    From the day of the succession, or today if that is past, until the day that was agreed.

    Raises:
        NotFound: nobody takes the place, or one of *membership_ids* was not ended by that.
        Forbidden: the actor may not give roles there; nobody moves their own.
    """
    _hold_members(work, predecessor_id)
    work.load(SuccessionsEpoch, 1, to_change=False)
    succession = work.load(OrganisationSuccession, predecessor_id, to_change=False)
    cut = cut_memberships(work.session, predecessor_id)
    wanted = {row.id for row in cut} if membership_ids is None else set(membership_ids)
    if not wanted <= {row.id for row in cut}:
        raise NotFound("no such role among those that the succession ended")
    moved = 0
    for row in (row for row in cut if row.id in wanted):
        moved += _move(work, row, succession)
    return Moved(moved=moved, left=len(wanted) - moved)


def _move(work: UnitOfWork, row: Membership, succession: OrganisationSuccession) -> bool:
    person = work.load(Person, row.person_id)
    at = succession.successor_id
    on = of_organisation(work, at, person_id=row.person_id)
    work.authorise(Permission.MEMBERSHIP_GIVE, on=on)
    period = Period(max(succession.effective_on, work.today, row.from_on), row.was_until_on)
    over = period.until_on is not None and period.until_on < period.from_on
    if over or person.erased_at is not None:
        return False
    same = select(Membership).where(
        Membership.person_id == row.person_id,
        Membership.organisation_id == at,
        Membership.role == row.role,
    )
    held = tuple(each.period for each in work.session.scalars(same))
    try:
        check_role(row.role, period=period, held=held, today=work.today)
    except RoleAlreadyHeld:
        return False
    must_stand(work, at, from_on=period.from_on, until_on=period.until_on)
    work.record(
        RoleGiven(
            membership_id=new_id(),
            person_id=row.person_id,
            organisation_id=at,
            role=row.role,
            from_on=period.from_on,
            until_on=period.until_on,
        )
    )
    return True


def _hold(work: UnitOfWork, organisation_id: UUID) -> None:
    """Lock what a succession changes: people first, as whoever gives a role locks them."""
    _hold_members(work, organisation_id)
    work.load(Organisation, organisation_id)
    work.load(SuccessionsEpoch, 1)


def _hold_members(work: UnitOfWork, organisation_id: UUID) -> None:
    """Lock everybody who ever had a role there, in one order: what they may be changes."""
    members = select(Membership.person_id).where(Membership.organisation_id == organisation_id)
    query = select(Person).where(Person.id.in_(members)).order_by(Person.id).with_for_update()
    work.session.scalars(query).all()


def _host(work: UnitOfWork, organisation_id: UUID) -> Resource:
    """Return what a decision about the whole directory hangs on: only the host's people may."""
    on = of_organisation(work, organisation_id)
    return Resource(host_id=on.host_id)
