"""Acting for somebody else: who is signed in becomes, for this request, who speaks for a patient.

A person chooses on a page, for their session; a program that holds their token says in each
request, by the header ``On-Behalf-Of: <patient id>``. Either way the power is looked up anew each
time, so one that is over at noon does nothing a second later. What the power does not hold the
actor may not do, in the same way in which a token's scopes narrow what its holder may do.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Invalid
from ledger.core.policy import Permission, scope_covers
from ledger.directory.acting import queries
from ledger.directory.acting.queries import Acting
from ledger.directory.acting.rules import NoActing, PowerKind

HEADER: Final = "On-Behalf-Of"
CHOSEN: Final = "acting_for"
"""Where a session keeps for whom its person acts."""


def as_proxy(actor: Actor, patient_id: UUID, now: datetime) -> Actor | None:
    """Return *actor* as they act for a patient *now*; None if no power of theirs holds."""
    person_id = actor.person_id
    found = None if person_id is None else queries.acting(db.session(), person_id, patient_id, now)
    return None if found is None else by(actor, found)


def or_nobody_yet(actor: Actor) -> Actor:
    """Return *actor*; who is nothing here but has a power may choose for whom to act."""
    person_id = actor.person_id
    if actor.roles or person_id is None or not queries.has_powers(db.session(), person_id):
        return actor
    only = frozenset({Permission.PROFILE_READ.value})
    return replace(actor, roles=frozenset({Role.PROXY}), scopes=only)


def by(actor: Actor, power: Acting) -> Actor:
    """Return *actor* as they act by a power: no role of their own, and nothing beyond it."""
    role = Role.ADVOCATE if power.kind is PowerKind.HELPER else Role.PROXY
    may = queries.permissions(power)
    if actor.scopes is not None:
        may = frozenset(each for each in may if scope_covers(actor.scopes, each))
    return replace(
        actor,
        roles=frozenset({role}),
        organisation_id=None,
        membership_id=None,
        proxy_for=frozenset({power.patient_id}),
        scopes=frozenset(each.value for each in may),
    )


def asked(actor: Actor, header: str, now: datetime) -> Actor:
    """Return the holder of a token as the header *On-Behalf-Of* asks.

    Raises:
        Invalid: it is no id. NoActing: no power of theirs over that patient holds.
    """
    try:
        patient_id = UUID(header)
    except ValueError as error:
        raise Invalid(f"{HEADER} names one patient, by their id") from error
    found = as_proxy(actor, patient_id, now)
    if found is None:
        raise NoActing("no power of yours over this patient holds now")
    return found
