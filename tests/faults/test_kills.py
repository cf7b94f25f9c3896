"""A process killed anywhere in a batch loses nothing that it acknowledged, and forks nothing.

Real processes, ended with SIGKILL: in every phase of a batch, and at any moment while eight
threads record. A few times here; `make soak` does it many times.
"""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from audit import Checkpoint
from audit.policy import Policy
from audit.published import Folder, verify
from ledger.commands.log import group
from ledger.core import sequencer
from ledger.core.db import db
from ledger.core.trail import Leaf, LogEntry, SignedCheckpoint
from tests.databases import ORIGIN
from tests.faults.runner import PHASES

WRITERS = 8

pytestmark = pytest.mark.real_time


@dataclass
class Seen:
    """What was acknowledged and what was signed, over all kills of one database."""

    process: "subprocess.Popen[str]"
    app: Flask
    folder: Path
    kills: int = 0
    entries: set[str] = field(default_factory=set)
    indexes: dict[str, int] = field(default_factory=dict)
    roots: dict[tuple[str, int], bytes] = field(default_factory=dict)

    def told(
        self,
        *,
        phase: str | None = None,
        nth: int = 1,
        writers: int = 0,
        mutant: str | None = None,
    ) -> int:
        """Have a service begin; return its process id."""
        settings = self.app.extensions["settings"]
        line = {"url": settings.database_url, "store": settings.checkpoint_store}
        line |= {"folder": str(self.folder), "phase": phase, "mutant": mutant}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({**line, "nth": nth, "writers": writers}) + "\n")
        self.process.stdin.flush()
        word, process_id = self._line()
        assert word == "begun"
        return int(process_id)

    def read(self, *, until: int | None = None, by_itself: bool = False) -> None:
        """Note what is acknowledged: so many indexes, or until the process has ended."""
        noted = 0
        while until is None or noted < until:
            word, *said = self._line()
            if word == "ended":
                assert by_itself or said == [str(-signal.SIGKILL)], "it ended by itself"
                self.kills += 1
                return
            noted += word == "index"
            self._note(word, said)

    def _note(self, word: str, said: list[str]) -> None:
        if word == "entry":
            self.entries.add(said[0])
        else:
            assert self.indexes.setdefault(said[0], int(said[1])) == int(said[1])

    def _line(self) -> list[str]:
        assert self.process.stdout is not None
        return self.process.stdout.readline().split()

    def look(self) -> None:
        """Check all that is promised after a kill."""
        db.session.rollback()
        result = self.app.test_cli_runner().invoke(group, ["check"])
        assert result.exit_code == 0, result.output
        rows = select(LogEntry.id, Leaf.index.label("number"))
        rows = rows.outerjoin(Leaf, Leaf.position == LogEntry.position)
        there = {str(entry_id): number for entry_id, number in db.session.execute(rows)}
        assert self.entries <= there.keys(), "something acknowledged is lost"
        for entry_id, number in self.indexes.items():
            assert there[entry_id] == number, "an index was given again"
        notes = list(db.session.scalars(select(SignedCheckpoint.note)))
        db.session.rollback()
        if (self.folder / "checkpoint").exists():
            notes.append((self.folder / "checkpoint").read_text())
            key = self.app.extensions["signers"]["ledger"].verifier()
            verify(Folder(self.folder), Policy.of_log(key), entries=False)
        signed = [Checkpoint.from_text(note.rpartition("\n\n")[0] + "\n") for note in notes]
        held = self.app.extensions["signers"].store.newest(ORIGIN)
        for one in [*signed, *([held] if held else [])]:
            key_of = (one.origin, one.size)
            assert self.roots.setdefault(key_of, one.root) == one.root, "two roots of one size"


@contextmanager
def service(app: Flask, folder: Path) -> Iterator[Seen]:
    command = [sys.executable, "-m", "tests.faults.runner"]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        seen = Seen(process, app, folder / "published")
        try:
            yield seen
        finally:
            process.kill()


def in_each_phase(seen: Seen, chance: random.Random, times: int) -> None:
    for _ in range(times):
        for phase in PHASES:
            seen.told(phase=phase, nth=chance.randint(1, 4))
            seen.read()
            seen.look()


def at_any_moment(seen: Seen, chance: random.Random, times: int) -> None:
    for _ in range(times):
        process_id = seen.told(writers=WRITERS)
        seen.read(until=chance.randint(1, 60))
        sleep(chance.random() / 20)
        os.kill(process_id, signal.SIGKILL)
        seen.read()
        seen.look()


def goes_on(seen: Seen, what: str) -> None:
    """After all of it the log is indexed and signed to its end."""
    sequencer.drain(db.engine, seen.app.extensions["signers"])
    seen.look()
    waiting = select(LogEntry.id).outerjoin(Leaf, Leaf.position == LogEntry.position)
    assert db.session.scalar(waiting.where(Leaf.index.is_(None)).limit(1)) is None
    print(  # noqa: T201  (the figure; shown with -s, and where it fails)
        f"{what}, {db.engine.dialect.name}: {seen.kills} kills, {len(seen.entries)} entries "
        f"acknowledged, {len(seen.roots)} checkpoints"
    )


def test_killed_in_each_phase_of_a_batch(app: Flask, tmp_path: Path) -> None:
    with service(app, tmp_path) as seen:
        in_each_phase(seen, random.Random(1), 1)
        goes_on(seen, "killed in each phase")
    assert seen.kills == len(PHASES)


def test_killed_while_eight_write(app: Flask, tmp_path: Path) -> None:
    with service(app, tmp_path) as seen:
        at_any_moment(seen, random.Random(2), 3)
        goes_on(seen, "killed at any moment")
    assert seen.kills == 3


@pytest.mark.soak
def test_killed_many_times(app: Flask, tmp_path: Path) -> None:
    with service(app, tmp_path) as seen:
        in_each_phase(seen, random.Random(3), 5)
        at_any_moment(seen, random.Random(4), 15)
        goes_on(seen, "killed many times")
    assert seen.kills == 5 * len(PHASES) + 15
