"""The publisher: shows the world, every few seconds, the newest tree that witnesses vouch for.

One process leads, as with the sequencer. Whatever witnesses do (hang, refuse, lie), this is
all that waits for them: commands are recorded, indexed and signed meanwhile.
"""

import logging
from datetime import datetime, timedelta
from threading import Event
from time import monotonic
from typing import Final, Protocol

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.orm import Session

from ledger.core import clock, published
from ledger.core.db import TO_WRITE

logger = logging.getLogger(__name__)

_LEADER: Final = 0x70_75_62_6C  # Any number, the same in every process: "publ".
_LOOK_EVERY_S: Final = 0.5


class Cosigners(Protocol):
    """Who must vouch for a checkpoint before it is published; `ledger.core.witnessing` has them."""

    def cosign(self, log: str, note: str) -> str | None:
        """Return *note* with cosignatures, enough for the policy; None if too few came in time."""
        ...


class Publisher:
    """Publishes what is due.

    Args:
        engine: The database.
        every_s: Seconds between two publications, at least.
        idle_every_s: Seconds after which a size is published again.
        cosigners: Who must vouch; None if nobody, and then a size is published once.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        every_s: float,
        idle_every_s: float,
        cosigners: Cosigners | None = None,
    ) -> None:
        self._engine: Final = engine
        self._every_s: Final = every_s
        self._idle_every_s: Final = idle_every_s if cosigners else None
        self._cosigners: Final = cosigners
        self._tried_s: Final[dict[str, float]] = {}

    def run(self, stop: Event) -> None:
        """Publish until *stop* is set. Several processes may do this: one at a time leads."""
        with self._engine.connect().execution_options(**TO_WRITE) as connection:
            connection.detach()  # Closed at the end, not pooled: a pooled one would keep the lead.
            while not _leads(connection):
                if stop.wait(_LOOK_EVERY_S):
                    return
            logger.info("this process publishes the log")
            while not stop.is_set():
                for log in self._trees():
                    self.publish_due(connection, log, at=clock.now())
                stop.wait(_LOOK_EVERY_S)

    def publish_due(self, connection: Connection, log: str, *, at: datetime) -> bool:
        """Publish the newest checkpoint of *log* if it is time; say whether that was done."""
        _still_leads(connection)
        tried_s = self._tried_s.get(log)
        if tried_s is not None and monotonic() - tried_s < self._every_s:
            return False
        with Session(self._engine) as session:
            signed = published.newest_signed(session, log)
            shown = published.newest(session, log)
        if signed is None or not self._is_due(signed.size, shown, at):
            return False
        self._tried_s[log] = monotonic()
        note = self._cosigners.cosign(log, signed.note) if self._cosigners else signed.note
        if note is None:
            return False
        _still_leads(connection)  # Witnesses may have taken their time.
        return published.add(connection, log, size=signed.size, note=note, at=clock.now())

    def _is_due(self, size: int, shown: published.PublishedCheckpoint | None, at: datetime) -> bool:
        if shown is None:
            return True
        wait_s = self._every_s if size > shown.size else self._idle_every_s
        if wait_s is None or size < shown.size:
            return False
        return not timedelta(0) <= at - shown.at < timedelta(seconds=wait_s)

    def _trees(self) -> list[str]:
        with Session(self._engine) as session:
            return published.trees(session)


def publish_now(engine: Engine) -> None:
    """Publish what is signed, without witnesses: where a policy asks for none."""
    publisher = Publisher(engine, every_s=0, idle_every_s=0)
    with engine.connect().execution_options(**TO_WRITE) as connection:
        for log in publisher._trees():
            publisher.publish_due(connection, log, at=clock.now())


def _leads(connection: Connection) -> bool:
    if connection.dialect.name != "postgresql":
        return True
    with connection.begin():
        return bool(connection.scalar(select(func.pg_try_advisory_lock(_LEADER))))


def _still_leads(connection: Connection) -> None:
    """Raise if the connection, and so the lead, is lost."""
    if connection.dialect.name == "postgresql":
        with connection.begin():
            connection.execute(select(1))
