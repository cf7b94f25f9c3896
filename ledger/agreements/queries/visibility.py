"""Which agreements, and which versions of them, a reader may see: said once, in SQL."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, true

from ledger.agreements.models import Agreement, AgreementParty, AgreementVersion
from ledger.agreements.rules.lifecycle import State
from ledger.core import authority, clock
from ledger.core.actor import Actor
from ledger.core.authority import Resource
from ledger.core.policy import Permission
from ledger.directory.succession.queries import stands_for


def readable(actor: Actor) -> ColumnElement[bool]:
    """Say in SQL which agreements an actor may read: all, those of their organisation, none."""
    policy, read = authority.in_force(), Permission.AGREEMENT_READ
    if authority.permits(policy, actor, read, Resource()):
        return true()
    own = frozenset({actor.organisation_id}) if actor.organisation_id else frozenset[UUID]()
    may = authority.permits(policy, actor, read, Resource(organisation_ids=own))
    if actor.organisation_id is None or not may:
        return ~true()
    party = AgreementParty
    return Agreement.id.in_(
        select(party.agreement_id).where(
            party.organisation_id.in_(stands_for(actor.organisation_id, clock.today()))
        )
    )


def seen_by(actor: Actor) -> ColumnElement[bool]:
    """Say in SQL which versions an actor may see of an agreement that is readable for them.

    Not another's draft; and none that came after the last one that was put to their
    organisation: who declined to join, or has left, is shown no more.
    """
    row, party = AgreementVersion, AgreementParty
    if authority.permits(authority.in_force(), actor, Permission.AGREEMENT_READ, Resource()):
        return true()
    if actor.organisation_id is None:
        return ~true()
    mine = stands_for(actor.organisation_id, clock.today())
    put_to_them = (
        select(party.agreement_id)
        .where(party.agreement_id == row.agreement_id, party.organisation_id.in_(mine))
        .where(party.through >= row.number)
    )
    own_or_put = or_(row.state != State.DRAFT, row.drafter_id == actor.organisation_id)
    return and_(own_or_put, put_to_them.exists())
