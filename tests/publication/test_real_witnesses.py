"""Partners' witnesses as they run them, killed and started again, while the log goes on."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

import audit
from audit.policy import Policy
from ledger.core import clock, published, sequencer
from ledger.core.db import db
from ledger.core.publishing import Publisher
from ledger.core.witnessing import Witnesses
from tests.core.given import register_organisation

pytestmark = pytest.mark.real_time


@dataclass
class Process:
    """``python -m audit witness``, in a process of its own."""

    name: str
    folder: Path
    log: str
    mldsa: bool = False
    keys: tuple[str, ...] = ()
    url: str = "http://127.0.0.1:0"
    running: subprocess.Popen[str] | None = None

    def start(self) -> None:
        options = ["--dir", str(self.folder), "--name", self.name, "--log", self.log]
        options += ["--listen", self.url.removeprefix("http://"), *["--mldsa"] * self.mldsa]
        self.running = subprocess.Popen(
            [sys.executable, "-m", "audit", "witness", *options],
            cwd=Path(audit.__file__).parent.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        keys = []
        assert self.running.stdout is not None
        while "http://" not in (line := self.running.stdout.readline()):
            assert line, "it did not start"
            keys.append(line.strip())
        self.keys, self.url = tuple(keys), line.split()[-1]

    def kill(self) -> None:
        if self.running is not None:
            self.running.kill()
            self.running.communicate()
            self.running = None


@pytest.fixture
def three(app: Flask, tmp_path: Path) -> Iterator[list[Process]]:
    log = str(app.extensions["signers"]["ledger"].verifier())
    processes = [Process(f"w{n}.example", tmp_path / str(n), log, mldsa=n == 2) for n in range(3)]
    try:
        for one in processes:
            one.start()
        yield processes
    finally:
        for one in processes:
            one.kill()


def rules_of(app: Flask, processes: list[Process]) -> Policy:
    """Two of three; the third is known by its ML-DSA key."""
    lines = [f"log {app.extensions['signers']['ledger'].verifier()}"]
    lines += [f"witness {one.name} {one.keys[-1]} {one.url}" for one in processes]
    lines += [f"group us 2 {' '.join(one.name for one in processes)}", "quorum us", ""]
    return Policy.parse("\n".join(lines))


def test_two_of_three_real_witnesses_are_enough_whoever_is_killed(
    app: Flask, session: Session, three: list[Process]
) -> None:
    rules = rules_of(app, three)
    witnesses = Witnesses(db.engine, rules, timeout_s=5)
    publisher = Publisher(db.engine, every_s=0, idle_every_s=0, cosigners=witnesses)

    def cosigned(entries: int) -> list[str] | None:
        """Record some entries; return who has cosigned what is published then, if it is."""
        for _ in range(entries):
            register_organisation()
        sequencer.drain(db.engine, app.extensions["signers"])
        for stand in witnesses._stands.values():
            stand.not_before_s = 0
        session.rollback()
        if not publisher.publish_due("ledger", at=clock.now()):
            return None
        session.rollback()
        shown = published.newest(session, "ledger")
        assert shown is not None
        return sorted(rules.accepts(shown.note).cosigned_at_s)

    everybody = ["w0.example", "w1.example", "w2.example"]
    assert cosigned(3) == everybody
    assert cosigned(300) == everybody, "with a proof"
    three[0].kill()
    assert cosigned(2) == everybody[1:]
    three[1].kill()
    assert cosigned(2) is None
    three[0].start()
    assert cosigned(0) == ["w0.example", "w2.example"]
    three[1].start()
    assert cosigned(4) == everybody, "each has remembered what it signed"
