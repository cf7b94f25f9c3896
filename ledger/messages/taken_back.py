"""Who knows that a patient shares less than before: each party, and since when."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.access.ruleset import in_force
from ledger.consent import queries as consents
from ledger.consent.queries.taken_back import SHARES_LESS, named_in
from ledger.consent.rules.lifecycle import Event
from ledger.core import clock
from ledger.core.actor import Actor
from ledger.core.trail import LogEntry
from ledger.directory.succession.queries import successions
from ledger.messages.audience import concerned
from ledger.messages.queries import acknowledged_by, acknowledgements


def is_overdue(at: datetime, now: datetime) -> bool:
    """Say whether a party that has not said that it knows since *at* is late *now*.

    How long it has is policy (``policies/limits.csv``). It bends no decision: those see the
    withdrawal at once.
    """
    return now >= at + in_force().withdrawal_lasts


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
        ToAcknowledge(row.id, row.kind, row.at, overdue=is_overdue(row.at, now))
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
    named = named_in(session, [consent_id]).get(consent_id, ())
    known, today = successions(session), clock.civil_date(now)
    standing: dict[UUID, set[UUID]] = defaultdict(set)
    for party in named:  # Whoever took its place answers for it, and for what it had answered.
        standing[known.current(party, today)].add(party)
    found = []
    for event in view.events:
        if event.event not in SHARES_LESS:
            continue
        said = acknowledged_by(session, event.entry_id)
        for party in sorted(standing):
            at = min((said[one] for one in {party, *standing[party]} if one in said), default=None)
            told = PartyTold(
                entry_id=event.entry_id,
                event=event.event,
                at=event.at,
                organisation_id=party,
                acknowledged_at=at,
                overdue=at is None and is_overdue(event.at, now),
            )
            found.append(told)
    return tuple(found)
