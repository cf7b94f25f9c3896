"""Who may sign for an organisation: given by its steward, delegated by a signatory."""

from datetime import date
from uuid import UUID

from ledger.agreements.duty_entries import SignatoryAppointed, SignatoryEnded
from ledger.agreements.models import SigningAuthority
from ledger.agreements.queries.signing import authority_of
from ledger.agreements.rules.authority import (
    CHAIN_MAX,
    Authority,
    BadAuthority,
    check_days,
    check_delegation,
)
from ledger.agreements.rules.terms import Kind
from ledger.core.authority import Resource
from ledger.core.errors import Conflict
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory


class AuthorityAlreadyEnded(Conflict):
    """Authority is taken away once."""

    slug = "authority-already-ended"
    title = "This authority has already ended"


def appoint(
    work: UnitOfWork,
    *,
    person_id: UUID,
    organisation_id: UUID,
    position: str,
    first_day: date,
    last_day: date | None = None,
    kinds: frozenset[Kind] = frozenset(),
    limit_minor: int | None = None,
) -> UUID:
    """Give a person authority to sign for an organisation. Returns its id.

    Raises:
        NotFound: there is no such organisation.
        Forbidden: the actor keeps no such lists for it.
        BadAuthority: the person has no role there, or it would end before it starts.
    """
    directory.organisation(work.session, organisation_id)
    organisation = frozenset({organisation_id})
    work.authorise(Permission.SIGNATORY_APPOINT, on=Resource(organisation_ids=organisation))
    authority = Authority(
        id=new_id(),
        person_id=person_id,
        organisation_id=organisation_id,
        position=position.strip(),
        first_day=first_day,
        last_day=last_day,
        kinds=kinds,
        limit_minor=limit_minor,
    )
    return _give(work, authority)


def delegate(
    work: UnitOfWork,
    authority_id: UUID,
    *,
    person_id: UUID,
    position: str,
    first_day: date,
    last_day: date,
    kinds: frozenset[Kind] = frozenset(),
    limit_minor: int | None = None,
) -> UUID:
    """Let a colleague sign by one's own authority, for some days. Returns the new one's id.

    Raises:
        NotFound: there is no such authority.
        Forbidden: it is somebody else's.
        BadAuthority: it would be wider, longer or for more money than the authority behind it,
            or was delegated twice already.
    """
    behind = authority_of(work.load(SigningAuthority, authority_id, to_change=False))
    work.authorise(Permission.SIGNATORY_APPOINT, on=Resource(person_id=behind.person_id))
    authority = Authority(
        id=new_id(),
        person_id=person_id,
        organisation_id=behind.organisation_id,
        position=position.strip(),
        first_day=first_day,
        last_day=last_day,
        kinds=kinds or behind.kinds,
        limit_minor=behind.limit_minor if limit_minor is None else limit_minor,
        from_authority_id=behind.id,
    )
    check_delegation(authority, behind=behind, depth=_depth(work, behind))
    return _give(work, authority)


def end_authority(work: UnitOfWork, authority_id: UUID) -> None:
    """Take authority away, from today on. What was signed by it stays signed.

    Raises:
        NotFound: there is no such authority.
        Forbidden: the actor neither keeps these lists nor delegated it.
        AuthorityAlreadyEnded: it was ended before.
    """
    row = work.load(SigningAuthority, authority_id)
    source = (
        work.load(SigningAuthority, row.from_authority_id, to_change=False)
        if row.from_authority_id
        else None
    )
    work.authorise(
        Permission.SIGNATORY_APPOINT,
        on=Resource(
            organisation_ids=frozenset({row.organisation_id}),
            person_id=source.person_id if source else row.person_id,
        ),
    )
    if row.ended_on is not None:
        raise AuthorityAlreadyEnded(f"it ended on {row.ended_on}")
    work.record(
        SignatoryEnded(
            authority_id=authority_id,
            person_id=row.person_id,
            organisation_id=row.organisation_id,
            ended_on=work.today,
        )
    )


def _depth(work: UnitOfWork, authority: Authority) -> int:
    """Return how far an authority is from the original one, which is 1; and share-lock those."""
    depth = 1
    while authority.from_authority_id is not None and depth < CHAIN_MAX:
        row = work.load(SigningAuthority, authority.from_authority_id, to_change=False)
        authority, depth = authority_of(row), depth + 1
    return depth


def _give(work: UnitOfWork, authority: Authority) -> UUID:
    check_days(authority)
    if not authority.position:
        raise BadAuthority("say in what capacity: a post, such as Chief executive")
    roles = directory.memberships(work.session, authority.person_id, on=work.today)
    if authority.organisation_id not in {each.organisation_id for each in roles}:
        raise BadAuthority("this person has no role in that organisation: give one first")
    work.record(
        SignatoryAppointed(
            authority_id=authority.id,
            person_id=authority.person_id,
            organisation_id=authority.organisation_id,
            position=authority.position,
            first_day=authority.first_day,
            last_day=authority.last_day,
            kinds=authority.kinds,
            limit_minor=authority.limit_minor,
            from_authority_id=authority.from_authority_id,
        )
    )
    return authority.id
