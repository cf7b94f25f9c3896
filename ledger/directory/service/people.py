"""Commands on people who sign in, and on the roles they have."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select

from ledger.core import privacy
from ledger.core.actor import Role
from ledger.core.authority import Resource
from ledger.core.errors import Conflict, NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.acting.models import PowerRow
from ledger.directory.entries import (
    EndReason,
    InvitationAccepted,
    PersonInvited,
    PersonRegistered,
    RoleEnded,
    RoleGiven,
)
from ledger.directory.models import Membership, PatientLink, Person, PersonLookup
from ledger.directory.rules import names
from ledger.directory.rules.memberships import check_end, check_role, last_day
from ledger.directory.rules.periods import Period
from ledger.directory.service.held import of_organisation, unless_taken
from ledger.directory.succession.queries import must_stand


class InvitationAlreadyAccepted(Conflict):
    """The person signs in already. A new invitation would let its holder in as them."""

    slug = "invitation-already-accepted"
    title = "This person already signs in"


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody who may sign in.

    Attributes:
        membership_id: The role they were given; None for a patient.
        needs_invitation: Whether they still have to choose how they sign in, and it is this
            organisation that invites them. If not, they were here before, and nobody may
            choose for them.
    """

    person_id: UUID
    membership_id: UUID | None
    needs_invitation: bool


def invite(
    work: UnitOfWork,
    *,
    name: str,
    email: str,
    organisation_id: UUID,
    role: Role,
    from_on: date | None = None,
    until_on: date | None = None,
) -> Invited:
    """Give somebody a role in an organisation, and register them if they are new here.

    The one-time invitation itself is made by the caller, once this is committed, and only
    if it is needed: see `ledger.edge.accounts`.

    The first day is today, unless *from_on* is another.

    Raises:
        NotFound: there is no such organisation.
        Invalid, RoleAlreadyHeld: see `rules.names` and `rules.memberships.check_role`.
    """
    resource = of_organisation(work, organisation_id)
    work.authorise(Permission.PERSON_INVITE, on=resource, records=2)
    email, name = names.email(email), names.name(name)
    person = by_email(work, email)
    if person is None:
        person = _register(work, name=name, email=email)
    if needs_invitation := person.accepted_at is None and is_ours(work, person.id, organisation_id):
        work.record(PersonInvited(person_id=person.id, organisation_id=organisation_id))
    membership_id = give_role(
        work,
        person_id=person.id,
        organisation_id=organisation_id,
        role=role,
        from_on=from_on,
        until_on=until_on,
    )
    return Invited(person.id, membership_id, needs_invitation)


def invite_again(work: UnitOfWork, *, person_id: UUID, organisation_id: UUID) -> None:
    """Record that somebody who has not signed in yet gets another invitation.

    Raises:
        NotFound: there is no such person at that organisation.
        InvitationAlreadyAccepted: they sign in already, or are somebody elsewhere too.
    """
    person = _living(work, person_id)
    resource = of_organisation(work, organisation_id)
    work.authorise(Permission.PERSON_INVITE, on=resource)
    member = select(Membership.id).where(
        Membership.person_id == person_id, Membership.organisation_id == organisation_id
    )
    if work.session.scalar(member.limit(1)) is None:
        raise NotFound("no such person")
    if person.accepted_at is not None:
        raise InvitationAlreadyAccepted("they have chosen how they sign in; nobody else may")
    if not is_ours(work, person_id, organisation_id):
        raise InvitationAlreadyAccepted("they are here for somebody else too, who invites them")
    work.record(PersonInvited(person_id=person_id, organisation_id=organisation_id))


def accept_invitation(work: UnitOfWork, *, person_id: UUID) -> None:
    """Record that an invited person has chosen how they sign in. Again changes nothing.

    Raises:
        NotFound: there is no such person.
    """
    person = _living(work, person_id)
    work.authorise(Permission.PERSON_INVITE, on=Resource(person_id=person_id))
    if person.accepted_at is None:
        work.record(InvitationAccepted(person_id=person_id))


def give_role(
    work: UnitOfWork,
    *,
    person_id: UUID,
    organisation_id: UUID,
    role: Role,
    from_on: date | None = None,
    until_on: date | None = None,
) -> UUID:
    """Give a person a role in an organisation. Returns the id of the membership.

    Raises:
        NotFound: there is no such person or organisation.
        NotAStaffRole, BadPeriod, RoleAlreadyHeld: see `rules.memberships.check_role`.
        OrganisationSucceeded: another organisation takes its place in that period.
    """
    _living(work, person_id)
    resource = of_organisation(work, organisation_id, person_id=person_id)
    work.authorise(Permission.MEMBERSHIP_GIVE, on=resource)
    period = Period(from_on or work.today, until_on)
    same = select(Membership).where(
        Membership.person_id == person_id,
        Membership.organisation_id == organisation_id,
        Membership.role == role,
    )
    held = tuple(row.period for row in work.session.scalars(same))
    check_role(role, period=period, held=held, today=work.today)
    must_stand(work, organisation_id, from_on=period.from_on, until_on=period.until_on)
    membership_id = new_id()
    work.record(
        RoleGiven(
            membership_id=membership_id,
            person_id=person_id,
            organisation_id=organisation_id,
            role=role,
            from_on=period.from_on,
            until_on=period.until_on,
        )
    )
    return membership_id


def end_role(
    work: UnitOfWork, *, membership_id: UUID, reason: EndReason, until_on: date | None = None
) -> None:
    """End a role: at once, or after the day *until_on*.

    Raises:
        NotFound: there is no such membership.
        RoleAlreadyEnded, BadPeriod: see `rules.memberships.check_end`.
    """
    membership = work.load(Membership, membership_id)
    work.load(Person, membership.person_id)
    resource = of_organisation(work, membership.organisation_id, person_id=membership.person_id)
    work.authorise(Permission.MEMBERSHIP_GIVE, on=resource)
    until_on = until_on or last_day(work.today)
    check_end(membership.period, until_on=until_on, today=work.today)
    work.record(
        RoleEnded(
            membership_id=membership_id,
            person_id=membership.person_id,
            organisation_id=membership.organisation_id,
            until_on=until_on,
            reason=reason,
        )
    )


def by_email(work: UnitOfWork, email: str) -> Person | None:
    """Return the person with an address, locked; None if nobody here has it."""
    fingerprint = privacy.lookup_hmac("e-mail", names.email(email))
    found = select(PersonLookup.subject_id).where(PersonLookup.email_hmac == fingerprint)
    person_id = work.session.scalar(found)
    return None if person_id is None else work.load(Person, person_id)


def _register(work: UnitOfWork, *, name: str, email: str) -> Person:
    person_id = new_id()
    with unless_taken("registering a person"):
        work.record(PersonRegistered(person_id=person_id, name=name, email=email))
    return work.session.get_one(Person, person_id)


def register_for_link(work: UnitOfWork, *, name: str, email: str) -> Person:
    """Return the person with an address, registered if they are new. Authorised by the caller."""
    return by_email(work, email) or _register(work, name=name, email=names.email(email))


def is_ours(work: UnitOfWork, person_id: UUID, organisation_id: UUID | None) -> bool:
    """Say whether a person is nobody here but for this organisation.

    Whoever holds an invitation may become the person. So no organisation gets one for somebody
    who has a role at another, a record of their own, or a power over a patient that another
    recorded, and who has not signed in yet.
    """
    elsewhere = select(Membership.id).where(
        Membership.person_id == person_id,
        Membership.organisation_id != organisation_id,
        or_(Membership.until_on.is_(None), Membership.until_on >= work.today),
    )
    linked = select(PatientLink.person_id).where(PatientLink.person_id == person_id)
    acts = select(PowerRow.id).where(
        PowerRow.person_id == person_id, PowerRow.organisation_id != organisation_id
    )
    return all(work.session.scalar(each.limit(1)) is None for each in (elsewhere, linked, acts))


def _living(work: UnitOfWork, person_id: UUID) -> Person:
    person = work.load(Person, person_id)
    if person.erased_at is not None:
        raise NotFound("no such person")
    return person
