"""Another process goes on with the log within seconds when the leading one is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from time import monotonic, sleep

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ledger.core import check, sequencer
from ledger.core.checkpoint_store import StoreRefused
from ledger.core.db import db, snapshot
from ledger.core.standing import MustNotSign
from ledger.core.trail import Leaf, Pending
from tests.core.given import count, register_organisation

TAKES_OVER_WITHIN_S = 5
_SEQUENCER = """
import sys
from threading import Event
from ledger.core import sequencer
from ledger.core.db import db
from tests.databases import running

with running(sys.argv[1], checkpoint_store=sys.argv[2]) as app:
    print("ready", flush=True)
    sequencer.run(db.engine, app.extensions["signers"], every_ms=10, stop=Event())
"""

pytestmark = [
    pytest.mark.real_time,
    pytest.mark.parametrize("databases", ["postgresql"], indirect=True),
]


@contextmanager
def another(app: Flask) -> Iterator["subprocess.Popen[str]"]:
    """A process that sequences the same database, or waits to."""
    settings = app.extensions["settings"]
    command = [sys.executable, "-c", _SEQUENCER, settings.database_url, settings.checkpoint_store]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait()


def indexed_within_s(seconds: float) -> float:
    """Wait until nothing waits for an index; return how long that took."""
    began = monotonic()
    while db.session.scalar(select(Pending.position).limit(1)) is not None:
        db.session.rollback()
        assert monotonic() - began < seconds, "nobody sequences"
        sleep(0.01)
    db.session.rollback()
    return monotonic() - began


def agrees(app: Flask, size: int) -> None:
    with snapshot(db.engine) as session:
        report = check.check(session, "ledger", app.extensions["signers"]["ledger"].verifier())
    assert (report.size, report.faults) == (size, [])


def test_another_takes_over_when_the_leader_is_killed(app: Flask) -> None:
    recorded = 0
    with ExitStack() as ends:
        processes = [ends.enter_context(another(app)) for _ in range(3)]
        for process in processes[:2]:
            for _ in range(5):
                register_organisation()
                recorded += 1
            indexed_within_s(TAKES_OVER_WITHIN_S)
            assert count(db.session(), Leaf) == recorded
            db.session.rollback()
            os.kill(process.pid, signal.SIGKILL)
        register_organisation()
        assert indexed_within_s(TAKES_OVER_WITHIN_S) < TAKES_OVER_WITHIN_S
    sequencer.drain(db.engine, app.extensions["signers"])
    agrees(app, recorded + 1)


def test_two_sequencers_at_once_never_corrupt_the_log(app: Flask) -> None:
    """Nobody asks for the lead here: each batch must be safe by itself."""
    with ExitStack() as ends:
        ends.enter_context(another(app))
        signers = app.extensions["signers"]
        for _ in range(40):
            register_organisation()
            with suppress(IntegrityError, StoreRefused, MustNotSign):  # The race is lost.
                sequencer.drain(db.engine, signers)
        indexed_within_s(TAKES_OVER_WITHIN_S)
    sequencer.drain(db.engine, signers)
    agrees(app, 40)
    assert count(db.session(), Leaf) == 40
