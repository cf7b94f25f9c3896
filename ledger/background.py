"""What runs beside the requests of a serving process, each in a thread of its own."""

import atexit
import logging
from collections.abc import Callable
from importlib import import_module
from threading import Event, Thread
from typing import Final

from flask import Flask

from ledger.core import presence, rulesets, scheduler, sequencer
from ledger.core.codes import Codes
from ledger.core.db import db
from ledger.core.followers import Counts
from ledger.core.publishing import Publisher
from ledger.core.scheduler import Job
from ledger.core.trail import LOGS
from ledger.core.witnessing import Witnesses
from ledger.edge import recovery
from ledger.messages.delivering import Deliverer
from ledger.messages.mailing import Mailer, Post
from ledger.settings import Settings
from ledger.wiring import SCHEDULED

logger = logging.getLogger(__name__)

_RESTART_SECONDS: Final = 2.0
_SCHEDULER_EVERY_SECONDS: Final = 1.0
_RULESET_EVERY_SECONDS: Final = 1.0


def start(app: Flask) -> Event:
    """Start the background work of *app*. Return the event that stops it.

    A fault (the database went away) is logged and the thread begins anew: commands go on
    being recorded meanwhile, and get their indexes later.
    """
    stop = Event()
    works = {
        "presence": _present,
        "ruleset": _follow,
        "sequencer": _sequence,
        "scheduler": _schedule,
        "publisher": _publish,
        "deliverer": _deliver,
        "mailer": _mail,
    }
    threads = [
        Thread(target=_keep, args=(app, stop, name, work), name=name, daemon=True)
        for name, work in works.items()
    ]
    for thread in threads:
        thread.start()

    def finish() -> None:
        stop.set()
        for thread in threads:
            thread.join(timeout=5)

    atexit.register(finish)
    return stop


def _keep(app: Flask, stop: Event, name: str, work: Callable[[Flask, Event], None]) -> None:
    while not stop.is_set():
        try:
            with app.app_context():
                work(app, stop)
        except Exception:
            logger.exception("the %s stopped; it starts again in %s s", name, _RESTART_SECONDS)
            stop.wait(_RESTART_SECONDS)


def _present(_app: Flask, stop: Event) -> None:
    presence.serving(db.engine, stop)


def _follow(_app: Flask, stop: Event) -> None:
    """Go by what the log says is in force. Decisions look each time, commands by this."""
    seen: int | None = None
    while not stop.wait(_RULESET_EVERY_SECONDS):
        with db.engine.connect() as connection:
            now = connection.execute(rulesets.EPOCH).scalar_one()
        if now != seen:
            rulesets.follow(db.session())
            db.session.remove()
            seen = now


def _sequence(app: Flask, stop: Event) -> None:
    settings: Settings = app.extensions["settings"]
    sequencer.run(
        db.engine,
        app.extensions["signers"],
        every_ms=settings.sequence_every_ms,
        stop=stop,
        followers=[follower(log) for log in LOGS for follower in (Counts, Codes)],
    )


def _schedule(_app: Flask, stop: Event) -> None:
    scheduler.run(db.engine, jobs(), every_s=_SCHEDULER_EVERY_SECONDS, stop=stop)


def _publish(app: Flask, stop: Event) -> None:
    settings: Settings = app.extensions["settings"]
    policy = app.extensions["witness_policy"]
    cosigners = policy and Witnesses(db.engine, policy, timeout_s=settings.witness_timeout_s)
    Publisher(
        db.engine,
        every_s=settings.publish_every_s,
        idle_every_s=settings.publish_idle_every_s,
        cosigners=cosigners,
        stamps=app.extensions["signers"],
    ).run(stop)


def _deliver(app: Flask, stop: Event) -> None:
    settings: Settings = app.extensions["settings"]
    Deliverer(
        db.engine,
        app.app_context,
        source=settings.public_url,
        private=settings.webhooks_private,
    ).run(stop)


def _mail(app: Flask, stop: Event) -> None:
    settings: Settings = app.extensions["settings"]
    if not settings.mail_url:
        stop.wait()
        return
    post = Post(settings.mail_url, settings.mail_from, settings.public_url, settings.demonstration)
    mailer = Mailer(db.engine, post, zone=settings.time_zone, recovery=recovery.link)
    mailer.run(stop)


def jobs() -> list[Job]:
    """Return every job that an area has declared."""
    return [job for name in SCHEDULED for job in import_module(name).JOBS]
