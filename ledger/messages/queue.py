"""What each endpoint has yet to be told: read from the log, from a cursor of its own.

An endpoint that takes nothing holds up nobody: its cursor stands still as long as
`WAITING_MAX` messages wait for it, and the log keeps the rest.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, func, insert, select
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.db import TO_WRITE, table_of
from ledger.core.followers import BATCH, Follower, follow
from ledger.core.trail import Leaf, LogEntry
from ledger.messages import audience
from ledger.messages.models import Attempt, Delivery, Endpoint
from ledger.messages.rules.endpoints import wants

LOG: Final = "ledger"
WAITING_MAX: Final = 1000
KEPT_FOR: Final = timedelta(days=30)
"""How long the delivery log is kept of what was delivered."""


def cursor_of(endpoint_id: UUID) -> str:
    """Return the name under which an endpoint's place in the log is kept."""
    return f"endpoint {endpoint_id}"


class _Queue(Follower):
    """Queues for one endpoint what it has to be told."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.name = cursor_of(endpoint.id)
        self.log = LOG
        self._endpoint_id = endpoint.id
        self._organisation_id = endpoint.organisation_id
        self._kinds = tuple(endpoint.kinds)

    def take(self, session: Session, entries: Sequence[LogEntry]) -> None:
        """Queue those of *entries* that concern the organisation and are wanted."""
        wanted = [entry for entry in entries if wants(self._kinds, entry.kind)]
        told = audience.concerned(session, wanted)
        mine = [entry for entry in wanted if self._organisation_id in told.get(entry.id, ())]
        if not mine:
            return
        places = select(Leaf.position, Leaf.index)
        places = places.where(Leaf.position.in_([entry.position for entry in mine]))
        index_of = {row.position: row.index for row in session.execute(places)}
        now = clock.now()
        rows = [
            {
                "endpoint_id": self._endpoint_id,
                "entry_id": entry.id,
                "index": index_of[entry.position],
                "kind": entry.kind,
                "queued_at": now,
                "due_at": now,
                "attempts": 0,
            }
            for entry in mine
        ]
        session.execute(insert(table_of(Delivery)), rows)


def fill(connection: Connection) -> bool:
    """Queue what endpoints have to be told; say whether more may be there at once."""
    with Session(connection) as session, session.begin():
        waiting = (
            select(Delivery.endpoint_id)
            .where(Delivery.due_at.is_not(None))
            .group_by(Delivery.endpoint_id)
            .having(func.count() >= WAITING_MAX)
        )
        open_ones = select(Endpoint).where(
            Endpoint.closed_at.is_(None), Endpoint.paused.is_(None), Endpoint.id.not_in(waiting)
        )
        queues = [_Queue(endpoint) for endpoint in session.scalars(open_ones)]
    full = [follow(connection, queue) == BATCH for queue in queues]  # Each gets its turn.
    return any(full)


def forget(engine: Engine, *, before: datetime) -> int:
    """Delete the delivery log of what was done with before a moment; return how many."""
    with (
        engine.connect().execution_options(**TO_WRITE) as connection,
        Session(connection) as session,
        session.begin(),
    ):
        session.execute(delete(Attempt).where(Attempt.at < before))
        done = delete(Delivery).where(Delivery.due_at.is_(None), Delivery.queued_at < before)
        return len(session.execute(done.returning(Delivery.entry_id)).all())
