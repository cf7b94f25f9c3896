"""Telling endpoints: at least once, each in the order of the log, none waiting for another.

Of each endpoint the oldest message that is due is sent, and the next only when that one was
taken. A message that is not taken is tried again as `rules.endpoints.RETRY_AFTER` says; after
the last try, or an answer of 410, the endpoint is paused, which is recorded.
"""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from random import random
from threading import Event
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy import Engine, and_, func, select
from sqlalchemy.orm import Session, aliased

from ledger.core import clock
from ledger.core.actor import Actor
from ledger.core.db import TO_WRITE
from ledger.core.ids import new_id
from ledger.core.leading import lead
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from ledger.messages import events, queue, secrets
from ledger.messages.entries import Why
from ledger.messages.models import Attempt, Delivery, Endpoint
from ledger.messages.posting import Outcome, post
from ledger.messages.rules.endpoints import retry_after
from ledger.messages.service import endpoints

logger = logging.getLogger(__name__)

AT_ONCE: Final = 8
"""Endpoints that are being told at one moment."""

_EVERY_SECONDS: Final = 0.5


class InContext(Protocol):
    """Opens an application context, which a thread needs to begin a unit of work."""

    def __call__(self) -> AbstractContextManager[object]: ...


@dataclass(frozen=True, slots=True)
class _Due:
    """A message to send, with all that sending takes: no transaction is open meanwhile."""

    endpoint_id: UUID
    entry_id: UUID
    url: str
    secrets: tuple[str, ...]
    message: events.Message


class Deliverer:
    """Sends what is due.

    Args:
        engine: The database.
        context: See `InContext`.
        source: The public address of this service.
        private: Whether addresses that are not public may be reached.
    """

    def __init__(self, engine: Engine, context: InContext, *, source: str, private: bool) -> None:
        self._engine = engine
        self._context = context
        self._source = source
        self._private = private
        self._busy: dict[UUID, Future[None]] = {}

    def run(self, stop: Event) -> None:
        """Queue and send until *stop* is set. Several processes may do this: one leads."""
        with lead(self._engine, "deliverer", stop=stop) as leads, self._pool() as pool:
            while leads():
                with self._engine.connect().execution_options(**TO_WRITE) as connection:
                    more = queue.fill(connection)
                sent = self.send(pool)
                if not (more or sent):
                    stop.wait(_EVERY_SECONDS)

    def send(self, pool: ThreadPoolExecutor) -> int:
        """Hand to *pool* the oldest due message of each endpoint that is not busy."""
        self._busy = {one: future for one, future in self._busy.items() if not future.done()}
        due = self._due(AT_ONCE - len(self._busy))
        for one in due:
            self._busy[one.endpoint_id] = pool.submit(self._tell, one)
        return len(due)

    @staticmethod
    def _pool() -> ThreadPoolExecutor:
        return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="deliverer")

    def _due(self, room: int) -> list[_Due]:
        now = clock.now()
        earlier = aliased(Delivery)
        first = (  # The oldest that waits, whether or not it is due: order is kept.
            select(earlier.endpoint_id, func.min(earlier.index).label("index"))
            .where(earlier.due_at.is_not(None))
            .group_by(earlier.endpoint_id)
            .subquery()
        )
        chosen = (
            select(Endpoint, LogEntry, Delivery.index)
            .join(Delivery, Delivery.endpoint_id == Endpoint.id)
            .join(
                first,
                and_(first.c.endpoint_id == Delivery.endpoint_id, first.c.index == Delivery.index),
            )
            .join(LogEntry, LogEntry.id == Delivery.entry_id)
            .where(Delivery.due_at <= now, Endpoint.paused.is_(None), Endpoint.closed_at.is_(None))
            .where(Endpoint.id.not_in(list(self._busy)))
            .order_by(Delivery.due_at)
            .limit(room)
        )
        with Session(self._engine) as session:
            return [
                _Due(
                    endpoint.id,
                    entry.id,
                    endpoint.url,
                    good_secrets(endpoint),
                    events.message(
                        entry, index=index, endpoint_id=endpoint.id, source=self._source
                    ),
                )
                for endpoint, entry, index in session.execute(chosen)
            ]

    def _tell(self, due: _Due) -> None:
        try:
            headers = due.message.headers(due.secrets, at=clock.now())
            outcome = post(due.url, due.message.body, headers, private=self._private)
            why = self._note(due, outcome)
            if why is not None:
                with self._context(), unit_of_work(Actor.system("deliverer")) as work:
                    endpoints.pause(work, endpoint_id=due.endpoint_id, why=why)
        except Exception:  # It must not end the thread unseen; the message stays due.
            logger.exception("a message could not be sent, or its sending not noted")

    def _note(self, due: _Due, outcome: Outcome) -> Why | None:
        """Write down what came of an attempt; return why the endpoint has to be paused."""
        now = clock.now()
        with (
            self._engine.connect().execution_options(**TO_WRITE) as connection,
            Session(connection) as session,
            session.begin(),
        ):
            session.add(
                Attempt(
                    id=new_id(),
                    endpoint_id=due.endpoint_id,
                    entry_id=due.entry_id,
                    at=now,
                    took_ms=outcome.took_ms,
                    status=outcome.status,
                    problem=outcome.problem,
                )
            )
            endpoint = session.get_one(Endpoint, due.endpoint_id, with_for_update=True)
            row = session.get_one(Delivery, (due.endpoint_id, due.entry_id), with_for_update=True)
            row.attempts += 1
            if outcome.taken:
                row.due_at, row.delivered_at, endpoint.failing_since = None, now, None
                return None
            endpoint.failing_since = endpoint.failing_since or now
            pause = retry_after(row.attempts, share=random())  # noqa: S311  # Only spreads load.
            row.due_at = now if pause is None else now + pause
            gone = Why.GONE if outcome.gone else None
            return gone or (Why.UNREACHABLE if pause is None else None)


def good_secrets(endpoint: Endpoint) -> tuple[str, ...]:
    """Return the secrets that sign an endpoint's messages now, the newest first."""
    found = [secrets.opened(endpoint.sealed_secret, endpoint.id)]
    ends_at = endpoint.before_ends_at
    if endpoint.sealed_before is not None and ends_at is not None and ends_at > clock.now():
        found.append(secrets.opened(endpoint.sealed_before, endpoint.id))
    return tuple(found)
