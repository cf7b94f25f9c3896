"""The publisher: shows the world, every few seconds, the newest tree that witnesses vouch for.

One process leads, as with the sequencer. Whatever witnesses do (hang, refuse, lie), this is
all that waits for them: commands are recorded, indexed and signed meanwhile.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Event
from time import monotonic
from typing import Final, Protocol

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from audit.note import NoteError, read, signature_line
from ledger.core import clock, published
from ledger.core.db import TO_WRITE
from ledger.core.leading import lead
from ledger.core.log_names import ClosedShard
from ledger.core.signers import TreeSigner

logger = logging.getLogger(__name__)

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
        cosigners: Who must vouch; None if nobody.
        stamps: Whose own signatures have a time. If there are neither these nor cosigners, a
            repetition would say nothing, and a size is published once.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        every_s: float,
        idle_every_s: float,
        cosigners: Cosigners | None = None,
        stamps: Mapping[str, TreeSigner] | None = None,
    ) -> None:
        self._engine: Final = engine
        self._every_s: Final = every_s
        self._idle_every_s: Final = idle_every_s
        self._cosigners: Final = cosigners
        self._stamps: Final = stamps or {}
        self._tried_s: Final[dict[str, float]] = {}

    def run(self, stop: Event) -> None:
        """Publish until *stop* is set. Several processes may do this: one at a time leads."""
        with lead(self._engine, "publisher", stop=stop) as leads:
            logger.info("this process publishes the log")
            while leads():
                for log in self.trees():
                    self.publish_due(log, at=clock.now(), leads=leads)
                stop.wait(_LOOK_EVERY_S)

    def publish_due(
        self, log: str, *, at: datetime, leads: Callable[[], bool] = lambda: True
    ) -> bool:
        """Publish the newest checkpoint of *log* if it is time; say whether that was done."""
        tried_s = self._tried_s.get(log)
        if tried_s is not None and monotonic() - tried_s < self._every_s:
            return False
        with Session(self._engine) as session:
            signed = published.newest_signed(session, log)
            shown = published.newest(session, log)
            closed = session.get(ClosedShard, log) is not None
        if signed is None or not self._is_due(log, signed.size, shown, at, closed=closed):
            return False
        self._tried_s[log] = monotonic()
        again = shown is not None and shown.size == signed.size
        own = restamped(signed.note, self._stamps[log]) if again and self._stamps else signed.note
        note = self._cosigners.cosign(log, own) if self._cosigners else own
        if note is None or not leads():  # Witnesses may have taken their time.
            return False
        with self._engine.connect().execution_options(**TO_WRITE) as connection:
            return published.add(connection, log, size=signed.size, note=note, at=clock.now())

    def trees(self) -> list[str]:
        """Return the names of all trees: the ledger log first."""
        with Session(self._engine) as session:
            return published.trees(session)

    def _is_due(
        self,
        log: str,
        size: int,
        shown: published.PublishedCheckpoint | None,
        at: datetime,
        *,
        closed: bool,
    ) -> bool:
        if shown is None:
            return True
        wait_s = self._every_s
        if size == shown.size:
            timed = self._cosigners or (self._stamps and self._stamps[log].post_quantum)
            if closed or not timed:  # What is closed has nothing to say any more.
                return False
            wait_s = self._idle_every_s
        if size < shown.size:
            return False
        return not timedelta(0) <= at - shown.at < timedelta(seconds=wait_s)


def restamped(note: str, signer: TreeSigner) -> str:
    """Return *note* with the ML-DSA signature of *signer* made anew, if it has such a key.

    It is the same checkpoint, signed before; only the time is another.
    """
    key = signer.post_quantum
    text, _, lines = note.rpartition("\n\n")
    text += "\n"
    if key is None or text.split("\n")[0] != key.name:
        return note
    kept = []
    for line in lines.splitlines(keepends=True):
        try:
            read(f"{text}\n{line}", key.verifier())
        except NoteError:
            kept.append(line)
    return f"{text}\n{''.join(kept)}{signature_line(text, key)}"


def publish_now(engine: Engine) -> None:
    """Publish what is signed, without witnesses: where a policy asks for none."""
    publisher = Publisher(engine, every_s=0, idle_every_s=0)
    for log in publisher.trees():
        publisher.publish_due(log, at=clock.now())
