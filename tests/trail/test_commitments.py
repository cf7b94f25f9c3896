"""Whoever holds a whole log works out again what it commits to about its chains."""

from pathlib import Path

import pytest
from flask import Flask

from audit.__main__ import main
from audit.canonical import encode
from audit.commitments import check, commitments
from audit.merkle import ProofError
from audit.subject import HeadsEntry, about
from ledger.commands.log import group
from ledger.core import heads
from ledger.core.actor import Actor
from ledger.core.db import db
from tests.conftest import Sequenced
from tests.trail.given import partnership, tamper

CLOCK = Actor.system("clock")


def exported(app: Flask, file: Path) -> Path:
    result = app.test_cli_runner().invoke(group, ["export", str(file), "--for", "tests"])
    assert result.exit_code == 0, result.output
    return file


@pytest.fixture
def committed(app: Flask, sequenced: Sequenced) -> None:
    partnership(app)
    sequenced()
    heads.commit_all(db.engine, by=CLOCK)
    sequenced()


@pytest.mark.usefixtures("committed")
def test_the_maps_of_a_whole_log_are_worked_out_again(
    app: Flask, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = exported(app, tmp_path / "whole.zip")
    key = str(app.extensions["signers"]["ledger"].verifier())
    assert main(["heads", str(bundle), "--key", key]) == 0
    assert "VERIFIED: 1 maps of chain heads" in capsys.readouterr().out


@pytest.mark.usefixtures("app")
def test_a_map_that_the_entries_do_not_come_to_is_found(
    app: Flask, sequenced: Sequenced, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    partnership(app)
    sequenced()
    tamper("chains", "DELETE FROM chains WHERE subject LIKE 'patient:%'")
    heads.commit_all(db.engine, by=CLOCK)
    sequenced()
    bundle = exported(app, tmp_path / "whole.zip")
    key = str(app.extensions["signers"]["ledger"].verifier())
    assert main(["verify", str(bundle), "--key", key]) == 0  # Each entry is what was hashed.
    assert main(["heads", str(bundle), "--key", key]) == 1
    assert "not what the entries come to" in capsys.readouterr().err


@pytest.mark.usefixtures("committed")
def test_less_than_the_whole_log_and_a_log_without_commitments_say_so(
    app: Flask, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    some = tmp_path / "some.zip"
    arguments = ["export", str(some), "--for", "tests", "--kind", "log"]
    app.test_cli_runner().invoke(group, arguments)
    assert main(["heads", str(some)]) == 1
    assert "not all of a log" in capsys.readouterr().err
    assert check([], [], origin="x") == 0
    with pytest.raises(ProofError):
        list(commitments([(0, b'{"kind":"log.heads-committed","data":{}}')]))


def test_no_map_is_committed_to_in_a_spelling_that_is_passed_over() -> None:
    said = encode(
        {
            "kind": "log.heads-committed",
            "v": 1,
            "about": [],
            "data": {"origin": "x", "size": 0, "tree_root": "", "root": "", "heads": 0},
        }
    )
    HeadsEntry.from_bytes(said)
    assert len(list(commitments([(0, said)]))) == 1
    hidden = said.replace(b"heads-committed", rb"heads\u002dcommitted")
    assert list(commitments([(0, hidden)])) == []
    for other in (hidden, said + b"\n", said.replace(b'"v":1', b'"v":2,"v":1')):
        with pytest.raises(ProofError, match="canonical"):
            HeadsEntry.from_bytes(other)


def test_entries_that_are_none_are_about_nobody() -> None:
    odd = [b"no entry", b'{"kind":1}', b'{"about":{"patient:1":1}}', b'["log.heads-committed"]']
    assert [about(body) for body in odd] == [[]] * len(odd)
    assert list(commitments(enumerate(odd))) == []
