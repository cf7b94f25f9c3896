"""While an agreement stands: suspend, resume, leave, end, link. What time brings is in `time`."""

from datetime import date, timedelta
from uuid import UUID

from ledger.agreements.entries import (
    AgreementLinked,
    AgreementPartyWithdrawn,
    AgreementResumed,
    AgreementSuspended,
    AgreementTerminated,
)
from ledger.agreements.lines import bound_by, terms_of
from ledger.agreements.models import Agreement, AgreementLink, AgreementVersion
from ledger.agreements.queries.signing import exercised
from ledger.agreements.rules.leaving import (
    Ground,
    check_notice,
    check_suspension,
    ends_with,
    return_due_on,
)
from ledger.agreements.rules.lifecycle import Command
from ledger.agreements.rules.terms import Kind, Terms
from ledger.agreements.service.loading import allows, leaving, load, load_standing
from ledger.agreements.service.obligations import arisen
from ledger.core.authority import Resource
from ledger.core.errors import Bug, Conflict, Invalid
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.succession.queries import hold_successions


class AlreadyLinked(Conflict):
    """Two agreements are linked once."""

    slug = "agreement-already-linked"
    title = "These agreements are linked already"


def suspend(
    work: UnitOfWork, agreement_id: UUID, *, ground: Ground, to: date, words: str = ""
) -> None:
    """Stop everything that an agreement allows, until the end of the day *to*.

    Of an agreement that is suspended already: until another day, with its reason given again.

    Raises:
        NothingStands, NotInThisState: there is nothing to stop.
        Forbidden: the actor may not for any of its parties.
        BadSuspension: its end is past or too far away.
    """
    version = load_standing(work, load(work, agreement_id))
    organisation_id = _authorise(work, Permission.AGREEMENT_SUSPEND, version)
    allows(version, Command.SUSPEND)
    check_suspension(to=to, today=work.today)
    work.record(
        AgreementSuspended(
            agreement_id=agreement_id,
            number=version.number,
            organisation_id=organisation_id,
            person_id=work.actor.id,
            ground=ground,
            to=to,
            words=words or None,
        )
    )


def resume(work: UnitOfWork, agreement_id: UUID) -> None:
    """End a suspension before its day.

    Raises:
        NothingStands, NotInThisState: it is not suspended.
        Forbidden: the actor may not for any of its parties.
    """
    version = load_standing(work, load(work, agreement_id))
    _authorise(work, Permission.AGREEMENT_SUSPEND, version)
    allows(version, Command.RESUME)
    work.record(AgreementResumed(agreement_id=agreement_id, number=version.number))


def withdraw(work: UnitOfWork, agreement_id: UUID, *, leaves_on: date) -> date:
    """Give notice for the actor's organisation. Returns the agreement's last day after that.

    *leaves_on* is the first day on which it is no party.

    Raises:
        NothingStands, AlreadyLeaving: there is nothing to leave.
        NoticeTooShort: the parties agreed on a longer notice.
        Forbidden, NoAuthority, AuthorityEnded: the actor may not bind a party.
    """
    version = load_standing(work, load(work, agreement_id))
    organisation_id = _authorise(
        work, Permission.AGREEMENT_SIGN, version, records=2, signed_or_not=True
    )
    allows(version, Command.WITHDRAW)
    terms, gone = terms_of(version), leaving(work, agreement_id)
    _exercise(work, terms)
    check_notice(
        terms, organisation_id=organisation_id, leaves_on=leaves_on, today=work.today, gone=gone
    )
    last_day = ends_with(terms, gone={**gone, organisation_id: leaves_on})
    last_day = min(last_day, version.last_day)
    left = min(leaves_on - timedelta(days=1), last_day)
    work.record(
        AgreementPartyWithdrawn(
            agreement_id=agreement_id,
            number=version.number,
            organisation_id=organisation_id,
            leaves_on=leaves_on,
            last_day=last_day,
            return_due_on=return_due_on(terms, ended_on=left),
        )
    )
    if owed := arisen(
        work.session, agreement_id, terms, ended_on=left, only=frozenset({organisation_id})
    ):
        work.record(owed)
    return last_day


def terminate(work: UnitOfWork, agreement_id: UUID, *, ground: Ground, words: str = "") -> None:
    """End an agreement at once, for all: another party broke it, or it became unlawful.

    Raises:
        NothingStands: it has not begun or has ended.
        Forbidden, NoAuthority, AuthorityEnded: the actor may not bind a party.
        Invalid: the ground is none for ending at once.
    """
    version = load_standing(work, load(work, agreement_id))
    organisation_id = _authorise(work, Permission.AGREEMENT_SIGN, version, records=2)
    allows(version, Command.TERMINATE)
    terms = terms_of(version)
    _exercise(work, terms)
    if ground not in _AT_ONCE:
        choices = ", ".join(sorted(_AT_ONCE))
        raise Invalid(f"only these end an agreement at once: {choices}; otherwise give notice")
    last_day = work.today - timedelta(days=1)
    work.record(
        AgreementTerminated(
            agreement_id=agreement_id,
            number=version.number,
            organisation_id=organisation_id,
            person_id=work.actor.id,
            ground=ground,
            last_day=last_day,
            words=words or None,
        )
    )
    if owed := arisen(work.session, agreement_id, terms, ended_on=last_day):
        work.record(owed)


_AT_ONCE = frozenset({Ground.BREACH, Ground.BROKEN, Ground.UNLAWFUL})


def link(work: UnitOfWork, agreement_id: UUID, *, linked_id: UUID) -> None:
    """Say that a pooled fund and a data-sharing agreement belong together.

    Raises:
        Invalid: they are not one of each kind.
        AlreadyLinked: they are.
        Forbidden: the actor may not draft for parties of both.
    """
    fund, data = load(work, agreement_id), work.load(Agreement, linked_id, to_change=False)
    for each in (fund, data):
        number = each.standing or each.newest
        version = work.session.get_one(AgreementVersion, (each.id, number))
        parties = terms_of(version).party_ids
        work.authorise(Permission.AGREEMENT_DRAFT, on=Resource(organisation_ids=parties))
    if (fund.kind, data.kind) != (Kind.POOLED_FUND, Kind.DATA_SHARING):
        raise Invalid("link a pooled fund to a data sharing agreement: the fund first")
    if work.session.get(AgreementLink, (agreement_id, linked_id)) is not None:
        raise AlreadyLinked("there is nothing left to do")
    work.record(AgreementLinked(agreement_id=agreement_id, linked_id=linked_id))


def _authorise(
    work: UnitOfWork,
    permission: Permission,
    version: AgreementVersion,
    *,
    records: int = 1,
    signed_or_not: bool = False,
) -> UUID:
    """Authorise for a party that has not left, or whoever stands in its place; return which.

    A party that has yet to sign (pairwise, hub) stops nothing between those who have; *signed
    or not* it may leave. Who stands in several places acts for their own first, then for one
    that gave no notice.
    """
    gone, parties = leaving(work, version.agreement_id), terms_of(version).party_ids
    if not signed_or_not:
        parties &= bound_by(work.session, version)
    still = {one for one in parties if one not in gone or gone[one] > work.today}
    known = hold_successions(work)
    now = {one: known.current(one, work.today) for one in still}
    on = Resource(organisation_ids=frozenset(now.values()))
    work.authorise(permission, on=on, records=records)
    acting = work.actor.organisation_id
    if acting is None:
        raise Bug("only a party's people are permitted, and a party is an organisation")
    places = [one for one, stands in now.items() if stands == acting]
    return min(places, key=lambda one: (one in gone, one != acting, one), default=acting)


def _exercise(work: UnitOfWork, terms: Terms) -> None:
    """Check the actor's authority: for their own organisation, not for its predecessor."""
    acting = work.actor.organisation_id
    if acting is None:
        raise Bug("only a party's people are permitted, and a party is an organisation")
    exercised(work.session, work.actor.id, acting, terms.kind, work.today)
