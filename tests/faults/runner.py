"""A service that kills itself at a named moment of a batch, for tests alone.

Started once, it loads everything and then forks for each line that it is told:

    {"url": ..., "store": ..., "folder": ..., "phase": ..., "nth": 2, "writers": 0}

The child records, indexes, signs, publishes and writes the directory, again and again, and at
the *nth* time that it comes to *phase* it sends itself SIGKILL. Functions of the product are
wrapped here, so that the product knows nothing of it. What the child prints was acknowledged:
``entry <id>`` is committed, ``index <id> <n>`` is signed. With *writers* it has so many threads
that record, and a sequencer in one of its own, and is killed from outside.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any, Final

from flask import Flask
from sqlalchemy import Engine, event, select

from ledger.app import create_app
from ledger.core import checkpoint_store, log_files, published, publishing, sequencer, signers
from ledger.core.db import db, snapshot
from ledger.core.log_directory import LogDirectory
from ledger.core.log_files import LogFiles
from ledger.core.trail import Leaf, LogEntry
from ledger.core.work import unit_of_work
from tests.core.given import STEWARD, authorise, registered
from tests.databases import running, settings_for
from tests.given.log import decided

PHASES: Final[dict[str, tuple[object, str, str]]] = {
    "a batch is read": (sequencer, "_batch", "after"),
    "leaves are inserted": (sequencer, "_add_nodes", "before"),
    "chains are longer, nothing is committed": (sequencer, "extend_chains", "after"),
    "a batch is committed": (sequencer, "sequence", "after"),
    "the store is about to be asked": (signers.TreeSigner, "sign", "before"),
    "the store has written beside": (os, "fsync", "after"),
    "the store has replaced": (checkpoint_store, "_sync", "before"),
    "the store has it": (signers, "sign", "before"),
    "it is signed": (signers, "sign", "after"),
    "the checkpoint is committed": (sequencer, "publish", "after"),
    "it is about to be published": (published, "add", "before"),
    "it is published": (published, "add", "after"),
    "a file is written": (LogFiles, "write", "after"),
    "the folders are flushed": (LogFiles, "flush", "before"),
    "the directory is whole": (LogDirectory, "publish", "after"),
}


def killed_at(phase: str, nth: int) -> None:
    """Have this process end at the *nth* time that it comes to *phase*."""
    place, name, when = PHASES[phase]
    real: Callable[..., Any] = getattr(place, name)
    left = [nth]

    def count() -> None:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    def wrapped(*given: Any, **named: Any) -> Any:
        if when == "before":
            count()
        found = real(*given, **named)
        if when == "after":
            count()
        return found

    setattr(place, name, wrapped)


def without_flushing(what: str) -> None:
    """Break the promise that the product makes of its files: the control of the power cuts."""
    if what == "database":
        event.listen(
            Engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF")
        )
    else:
        place: Any = {"store": checkpoint_store, "directory": log_files}[what]
        place.os = SimpleNamespace(**{**vars(os), "fsync": lambda _: None})


def say(*words: object) -> None:
    """Acknowledge: in one write, so that no line is half there."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def record(entries: int = 2) -> None:
    """Record a unit of work, and say so once it is committed."""
    with unit_of_work(STEWARD) as work:
        authorise(work, records=entries)
        made = [work.record(registered()) for _ in range(entries)]
    for one in made:
        say("entry", one.id)


def say_indexes(since: int) -> int:
    """Say what index each entry of the ledger has; return the next."""
    rows = select(LogEntry.id, Leaf.index.label("number")).join(
        Leaf, Leaf.position == LogEntry.position
    )
    rows = rows.where(Leaf.log == "ledger", Leaf.index >= since).order_by(Leaf.index)
    for entry_id, number in db.session.execute(rows).all():
        say("index", entry_id, number)
        since = number + 1
    db.session.rollback()
    return since


def one_after_the_other(app: Flask, folder: Path) -> None:
    """Do all that there is to a batch, again and again."""
    since = 0
    while True:
        record()
        decided()
        sequencer.drain(db.engine, app.extensions["signers"])
        since = say_indexes(since)
        publishing.publish_now(db.engine)
        with closing(LogDirectory(folder, "ledger")) as out, snapshot(db.engine) as session:
            shown = published.newest(session, "ledger")
            assert shown is not None
            out.publish(session, shown, now_s=0.0)


def all_at_once(app: Flask, writers: int) -> None:
    """Many threads record while another sequences."""

    def write() -> None:
        with app.app_context():
            while True:
                record(1)

    def sequence() -> None:
        with app.app_context():
            options = {"every_ms": 5, "stop": Event()}
            sequencer.run(db.engine, app.extensions["signers"], **options)  # type: ignore[arg-type]

    for target in (*[write] * writers, sequence):
        Thread(target=target, daemon=True).start()
    since = 0
    while True:
        since = say_indexes(since)
        Event().wait(0.01)


def child(told: dict[str, Any]) -> None:
    """Do what was told until it is killed."""
    if told.get("mutant"):
        without_flushing(told["mutant"])
    with running(told["url"], checkpoint_store=told["store"]) as app:
        if told["phase"]:
            killed_at(told["phase"], told["nth"])
        if told["writers"]:
            all_at_once(app, told["writers"])
        one_after_the_other(app, Path(told["folder"]))


def main() -> None:
    """Fork for each line, and say how the child ended."""
    with TemporaryDirectory() as folder:
        create_app(settings_for(f"sqlite:///{folder}/none.sqlite3"))  # So that all is loaded.
    for line in sys.stdin:
        process_id = os.fork()
        if process_id == 0:
            try:
                child(json.loads(line))
            finally:
                os._exit(3)
        say("begun", process_id)
        _, status = os.waitpid(process_id, 0)
        say("ended", os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
