"""The smaller pages of a patient, in the order in which "your choices" lists them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flask import url_for

from ledger.core import authority
from ledger.core.actor import Actor
from ledger.core.policy import Permission


@dataclass(frozen=True, slots=True)
class Place:
    """A page, and who is led there.

    Attributes:
        own: It is about oneself: whoever acts for somebody else is not led there.
    """

    text: str
    endpoint: str
    permission: Permission
    own: bool = False

    @property
    def href(self) -> str:
        """The page's address."""
        return url_for(self.endpoint)


PLACES: Final = (
    Place("Who has asked about you", "looks_pages.show", Permission.ACCESS_HISTORY),
    Place("Your receipts", "my_receipts.show", Permission.CONSENT_READ),
    Place(
        "What staff are told when something is kept back", "hiding.show", Permission.CONSENT_GRANT
    ),
    Place("Where we tell you", "my_contact.show", Permission.PROFILE_READ, own=True),
    Place("Who can act for you", "acting_for.mine", Permission.POWER_READ, own=True),
    Place("Connected systems, and what we cannot stop", "my_systems.show", Permission.CONSENT_READ),
    Place("Mistakes with your information", "mistakes.show", Permission.ACCESS_HISTORY),
    Place("Everything that was recorded about you", "trail.own_page", Permission.LOG_RECEIPT),
    Place("Ask to erase your data", "erasure.show", Permission.ERASURE_ASK),
)


def places(actor: Actor) -> Iterable[Place]:
    """Return the pages that *actor* may open."""
    policy = authority.in_force()
    for place in PLACES:
        for_them = not (place.own and actor.proxy_for)
        if for_them and authority.could_ever(policy, actor, place.permission):
            yield place
