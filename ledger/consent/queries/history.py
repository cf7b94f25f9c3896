"""A consent as it was: after each thing that happened to it, one state."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Record
from ledger.consent.entries import TERMS
from ledger.consent.models import ConsentVersion
from ledger.consent.queries.reading import ConsentView, consent
from ledger.consent.queries.standing import terms_of
from ledger.consent.rules.lifecycle import Status, after
from ledger.core import privacy
from ledger.core.actor import Actor
from ledger.core.trail import LogEntry


def history(
    session: Session, actor: Actor, consent_id: UUID, *, now: datetime
) -> tuple[ConsentView, ...]:
    """Return a consent after each of its events, oldest first: `ConsentView.version` n at n - 1.

    Raises:
        NotFound: there is none that *actor* may read.
    """
    view = consent(session, actor, consent_id, now=now)
    rows = session.scalars(
        select(ConsentVersion).where(ConsentVersion.consent_id == consent_id)
    ).all()
    by_entry = {row.entry_id: row for row in rows}
    opened = privacy.opened(session, by_entry)
    decided = _decided(session, by_entry)
    states: list[ConsentView] = []
    status: Status | None = None
    state = view
    for n, event in enumerate(view.events, 1):
        status = after(status, event.event)
        if (row := by_entry.get(event.entry_id)) is not None:
            state = replace(
                state,
                number=row.number,
                base=row.base,
                terms=terms_of(row, opened.get(row.entry_id, {}).get(TERMS)),
                purposes=tuple(row.purposes),
                party_ids=tuple(map(UUID, row.parties)),
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                notice=row.notice,
                decided_at=decided.get(row.entry_id, view.decided_at),
            )
        state = replace(state, status=status, version=n, events=view.events[:n])
        states.append(state)
    return tuple(states)


def _decided(session: Session, entry_ids: dict[UUID, ConsentVersion]) -> dict[UUID, datetime]:
    """Return when each version was decided, which its entry says."""
    bodies = session.execute(select(LogEntry.id, LogEntry.body).where(LogEntry.id.in_(entry_ids)))
    found = {}
    for entry_id, body in bodies:
        statement = getattr(Record.from_bytes(body).entry, "statement", None)
        if statement is not None:
            found[entry_id] = statement.decided_at
    return found
