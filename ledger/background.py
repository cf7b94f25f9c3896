"""What runs beside the requests of a serving process: the sequencer, and what follows it."""

import atexit
import logging
from threading import Event, Thread

from flask import Flask

from ledger.core import sequencer
from ledger.core.db import db
from ledger.core.followers import Counts
from ledger.core.trail import LOGS
from ledger.settings import Settings

logger = logging.getLogger(__name__)

_RESTART_SECONDS = 2.0


def start(app: Flask) -> Event:
    """Start the sequencer of *app* in a thread. Return the event that stops it.

    A fault (the database went away) is logged and the thread begins anew: commands go on
    being recorded meanwhile, and get their indexes later.
    """
    stop = Event()
    thread = Thread(target=_sequence, args=(app, stop), name="sequencer", daemon=True)
    thread.start()

    def finish() -> None:
        stop.set()
        thread.join(timeout=5)

    atexit.register(finish)
    return stop


def _sequence(app: Flask, stop: Event) -> None:
    settings: Settings = app.extensions["settings"]
    while not stop.is_set():
        try:
            with app.app_context():
                signers = app.extensions["signers"]
                every_ms = settings.sequence_every_ms
                sequencer.run(
                    db.engine,
                    signers,
                    every_ms=every_ms,
                    stop=stop,
                    followers=[Counts(log) for log in LOGS],
                )
        except Exception:
            logger.exception("the sequencer stopped; it starts again in %s s", _RESTART_SECONDS)
            stop.wait(_RESTART_SECONDS)
