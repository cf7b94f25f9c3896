"""Who knows that a patient shares less than before: each party, and since when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.consent import queries as consents
from ledger.consent.queries.taken_back import SHARES_LESS, named_in
from ledger.consent.rules.lifecycle import Event
from ledger.core.actor import Actor
from ledger.core.trail import LogEntry
from ledger.messages.audience import concerned
from ledger.messages.queries import acknowledged_by, acknowledgements

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


@dataclass(frozen=True, slots=True)
class ToAcknowledge:
    """An entry by which a patient shares less with an organisation, which has not said so yet."""

    entry_id: UUID
    kind: str
    at: datetime
    overdue: bool


def to_acknowledge(
    session: Session, organisation_id: UUID, *, now: datetime, within: int = 500
) -> list[ToAcknowledge]:
    """Return what an organisation has not acknowledged, the oldest first.

    Out of the newest *within* entries by which anybody shares less. Whoever calls this may
    acknowledge for the organisation.
    """
    kinds = {f"consent.{event}" for event in SHARES_LESS}
    newest = select(LogEntry).where(LogEntry.kind.in_(kinds))
    rows = session.scalars(newest.order_by(LogEntry.position.desc()).limit(within)).all()
    told = concerned(session, rows)
    said = acknowledgements(session, organisation_id, [row.id for row in rows])
    return [
        ToAcknowledge(row.id, row.kind, row.at, overdue=now >= row.at + WITHIN)
        for row in reversed(rows)
        if organisation_id in told.get(row.id, ()) and row.id not in said
    ]


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
