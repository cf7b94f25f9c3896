"""Who sees which pages: one table, read from top to bottom.

A line names the page's endpoint and the permission that opens it, so that nobody is shown a
link that refuses them. A person with several roles acts in all of them at once, as the policy
has it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flask import current_app, request, url_for

from ledger.core import authority
from ledger.core.actor import Actor, Role
from ledger.core.policy import Permission


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a header or footer."""

    text: str
    href: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A page in the main navigation: shown to roles that have one of the permissions.

    Attributes:
        roles: Whose work this is; others reach the page by links, if they may.
    """

    text: str
    endpoint: str
    roles: frozenset[Role]
    permission: Permission | None = None


STAFF: Final = frozenset(Role) - {Role.PATIENT, Role.PROXY, Role.SERVICE}

PLACES: Final[tuple[Place, ...]] = ()

ROLE_WORDS: Final[dict[Role, str]] = {
    role: role.value.replace("_", " ").capitalize() for role in Role
}


def links(actor: Actor | None) -> Iterable[Link]:
    """Return the main navigation as *actor* sees it; nobody signed in sees none."""
    if actor is None:
        return
    policy = authority.in_force()
    for place in PLACES:
        mine = bool(place.roles & actor.roles)
        if mine and (
            place.permission is None or authority.could_ever(policy, actor, place.permission)
        ):
            href = url_for(place.endpoint)
            yield Link(place.text, href, current=_is_under(href))


def _is_under(href: str) -> bool:
    return request.path == href or request.path.startswith(href.rstrip("/") + "/")


def known_endpoints() -> set[str]:
    """Return every endpoint of this application."""
    return set(current_app.view_functions)
