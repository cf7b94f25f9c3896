"""What somebody's sign-in leads to: what its provider is bound to, and the role chosen there."""

from dataclasses import replace
from typing import Final

from flask import session

from ledger.core.actor import Role
from ledger.directory.queries import Door
from ledger.edge import providers
from ledger.edge.claims import Chosen
from ledger.edge.sessions import Authentication, SignedIn

_SHUT: Final = Door(as_patient=False, as_staff=False)
_CHOSEN: Final = "chosen_there"


def of_session(signed: SignedIn) -> Door:
    """Return the door of this browser's sign-in; shut, if its provider is none any more."""
    provider = providers.providers().get(signed.provider)
    if provider is None:
        return _SHUT
    narrowed = session.get(_CHOSEN)
    return through(provider.door, Chosen(**narrowed)) if narrowed else provider.door


def of_token(proof: Authentication | None) -> Door:
    """Return the door of the sign-in by which a person gave a program leave."""
    if proof is None:
        return Door()
    provider = providers.of_issuer(proof.provider)
    return provider.door if provider else _SHUT


def through(door: Door, chosen: Chosen) -> Door:
    """Return *door* for somebody who chose a role at the provider: for that role and no other."""
    open_at = not door.ods_codes or chosen.ods_code in door.ods_codes
    open_to = chosen.role is None or not door.roles or chosen.role in door.roles
    if not (open_at and open_to):
        return _SHUT
    return replace(
        door,
        as_patient=False,
        ods_codes=frozenset({chosen.ods_code}),
        roles=frozenset({Role(chosen.role)}) if chosen.role else door.roles,
    )


def remember(chosen: Chosen | None) -> None:
    """Keep what was chosen at the provider with this browser's session."""
    session.pop(_CHOSEN, None)
    if chosen is not None:
        session[_CHOSEN] = {"ods_code": chosen.ods_code, "role": chosen.role}
