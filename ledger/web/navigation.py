"""Who sees which pages, and in which words their roles are said.

A person with several roles acts in all of them at once, as the policy has it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flask import request

from ledger.core import authority
from ledger.core.actor import Actor, Role
from ledger.web.places import PLACES, Place


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a header or footer."""

    text: str
    href: str
    current: bool = False


_ROLE_WORDS: Final = {
    Role.PATIENT: "Patient",
    Role.PROXY: "Acting for somebody",
    Role.CARE_COORDINATOR: "Care coordinator",
    Role.SOCIAL_WORKER: "Social worker",
    Role.PRIVACY_OFFICER: "Privacy officer",
    Role.SAFEGUARDING_LEAD: "Safeguarding lead",
    Role.FINANCE_LEAD: "Finance lead",
    Role.CHIEF_FINANCE_OFFICER: "Chief finance officer",
    Role.CHIEF_EXECUTIVE: "Chief executive",
    Role.POOL_MANAGER: "Pool manager",
    Role.BOARD_MEMBER: "Board member",
}


def role_words(role: Role) -> str:
    """Return a role as people say it."""
    return _ROLE_WORDS.get(role, role.value.replace("_", " ").capitalize())


def acting_as(actor: Actor) -> str:
    """Say in which roles somebody acts."""
    return ", ".join(sorted(role_words(role) for role in actor.roles))


def places(actor: Actor) -> Iterable[Place]:
    """Return the pages of *actor*'s work that they may open."""
    policy = authority.in_force()
    for place in PLACES:
        if place.roles & actor.roles and authority.could_ever(policy, actor, place.permission):
            yield place


def links(actor: Actor | None) -> Iterable[Link]:
    """Return the main navigation as *actor* sees it; a visitor sees none."""
    for place in places(actor) if actor else ():
        yield Link(place.text, place.href, current=_is_under(place.href))


def _is_under(href: str) -> bool:
    return request.path == href or request.path.startswith(href.rstrip("/") + "/")
