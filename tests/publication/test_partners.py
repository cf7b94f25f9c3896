"""The whole house: our service, three partners' witnesses in processes, and their monitor."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from audit.__main__ import main
from audit.policy import Policy
from ledger.core import clock, sequencer
from ledger.core.db import db
from ledger.core.publishing import Publisher
from ledger.core.witnessing import Witnesses
from tests.audit.witnesses import process
from tests.core.given import register_organisation
from tests.databases import NewDatabase
from tests.journeys.conftest import Server, serving

pytestmark = pytest.mark.real_time


def grow(server: Server, witnesses: Witnesses) -> bool:
    """Record something, sign it, and have it witnessed; say whether it was published."""
    register_organisation()
    sequencer.drain(db.engine, server.app.extensions["signers"])
    db.session.rollback()
    publisher = Publisher(db.engine, every_s=0, idle_every_s=0, cosigners=witnesses)
    return publisher.publish_due("ledger", at=clock.now())


def test_partners_follow_the_log_with_nothing_but_audit(
    sqlite_databases: NewDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(serving(sqlite_databases()))
        log = next(iter(server.app.extensions["signers"]["ledger"].verifiers()))
        lines, running = [f"log {log} {server.url}/log"], []
        for name in ("a", "b", "c"):
            (tmp_path / name).mkdir()
            started = process(tmp_path / name, log=log)
            witness, port, key = stack.enter_context(started)
            running.append(witness)
            lines.append(f"witness {name} {key} http://127.0.0.1:{port}")
        text = "\n".join([*lines, "group any-two 2 a b c", "quorum any-two"]) + "\n"
        (tmp_path / "policy").write_text(text)
        told = [f"{server.url}/log", "--policy", str(tmp_path / "policy")]
        monitor = ["monitor", *told, "--state", str(tmp_path / "state"), "--once"]
        witnesses = Witnesses(db.engine, Policy.parse(text), timeout_s=5)

        for _ in range(3):
            assert grow(server, witnesses)
            assert main(monitor) == 0
        said = capsys.readouterr().out
        assert "following" in said
        assert "continuing what was seen, as do a, b, c" in said
        assert main(["verify", *told]) == 0
        said = capsys.readouterr().out
        assert "hashes of entries" in said
        assert said.count("cosigned by") >= 2

        running[0].kill()
        running[0].wait()
        assert grow(server, witnesses)
        assert main(monitor) == 0

        running[1].kill()
        running[1].wait()
        assert not grow(server, witnesses)
        assert main(monitor) == 6
        assert "only c could be asked" in capsys.readouterr().err
