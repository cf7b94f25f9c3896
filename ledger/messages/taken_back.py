"""Who knows that a patient shares less than before: each party, and since when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.consent import queries as consents
from ledger.consent.queries.taken_back import SHARES_LESS, named_in
from ledger.consent.rules.lifecycle import Event
from ledger.core.actor import Actor
from ledger.messages.queries import acknowledged_by

WITHIN: Final = timedelta(days=3)
"""After this a party that has not said that it knows is overdue. It bends no decision: those
see the withdrawal at once. Three days reach over a weekend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyTold:
    """One party and one entry by which a patient shares less.

    Attributes:
        acknowledged_at: When the party said that it knows; None: not acknowledged yet.
        overdue: It should have said so by now.
    """

    entry_id: UUID
    event: Event
    at: datetime
    organisation_id: UUID
    acknowledged_at: datetime | None
    overdue: bool


def parties_told(
    session: Session, actor: Actor, consent_id: UUID, *, now: datetime
) -> tuple[PartyTold, ...]:
    """Return who has acknowledged that a consent shares less, for whoever may read the consent.

    Raises:
        NotFound: there is none that *actor* may read.
    """
    view = consents.consent(session, actor, consent_id, now=now)
    parties = sorted(named_in(session, [consent_id]).get(consent_id, ()))
    found = []
    for event in view.events:
        if event.event not in SHARES_LESS:
            continue
        said = acknowledged_by(session, event.entry_id)
        found += [
            PartyTold(
                entry_id=event.entry_id,
                event=event.event,
                at=event.at,
                organisation_id=party,
                acknowledged_at=said.get(party),
                overdue=party not in said and now >= event.at + WITHIN,
            )
            for party in parties
        ]
    return tuple(found)
