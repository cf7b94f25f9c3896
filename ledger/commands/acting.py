"""For whom an operator acts who does somebody's work from a terminal: it is in the log."""

from dataclasses import replace
from uuid import UUID

from ledger.core import clock
from ledger.core.actor import Actor, ActorKind, Role
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.directory import queries as directory
from ledger.funding.queries import pools


def acting_for(
    email: str, pool_id: UUID, roles: tuple[Role, ...], *, of_any_partner: bool = False
) -> Actor:
    """Return the operator acting for somebody of the pool's host, or *of_any_partner*.

    Raises:
        NotFound: there is nobody like this.
    """
    session = db.session()
    pool = pools.any_pool(session, pool_id)
    parties = {pool.host_id, *(pool.partner_ids if of_any_partner else ())}
    person_id = directory.person_by_email(session, email)
    today = clock.today()
    held = () if person_id is None else directory.memberships(session, person_id, on=today)
    for one in held:
        if one.organisation_id in parties and one.role in roles:
            person = directory.actor_for(session, one.person_id, one.id)
            return replace(person, kind=ActorKind.SYSTEM, key="operator", on_behalf_of=person.ref)
    wanted, whose = " or ".join(roles), "partners" if of_any_partner else "host"
    raise NotFound(f"nobody with the e-mail {email} is a {wanted} of the pool's {whose} today")
