"""A log in a plain directory verifies at every moment, wherever its making is cut short."""

import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from audit import Checkpoint, Tile
from audit.policy import Log, Policy
from audit.published import Folder, verify
from ledger.core import published
from ledger.core.db import db, snapshot
from ledger.core.log_directory import LogDirectory, LogUnsound, OtherLog, Written
from ledger.core.log_files import InUse, LogFiles
from ledger.core.work import unit_of_work
from tests.conftest import NOW, Sequenced
from tests.core.given import STEWARD, authorise, registered
from tests.trail.given import tamper

NOW_S = NOW.timestamp()


def grow(sequenced: Sequenced, entries: int) -> None:
    with unit_of_work(STEWARD) as work:
        authorise(work, records=entries)
        for _ in range(entries):
            work.record(registered())
    sequenced()


def policy_of(app: Flask) -> Policy:
    verifier = app.extensions["signers"]["ledger"].verifier()
    return Policy((Log(verifier),), (), (), None)


def publish(path: Path, *, entries: bool = False, now_s: float = NOW_S) -> Written:
    with closing(LogDirectory(path, "ledger")) as out, snapshot(db.engine) as session:
        shown = published.newest(session, "ledger")
        assert shown is not None
        return out.publish(session, shown, now_s=now_s, entries=entries)


def verified(app: Flask, path: Path) -> int:
    """Return the size of the log that is there, all of it checked."""
    place = Folder(path)
    found = verify(place, policy_of(app), entries=place.has_entries())
    return found.accepted.checkpoint.size


def partials(path: Path) -> set[str]:
    return {str(file.relative_to(path)) for file in path.glob("tile/**/*.p/*")}


def test_only_what_is_new_is_written_and_old_partials_stay_for_a_while(
    app: Flask, sequenced: Sequenced, tmp_path: Path
) -> None:
    grow(sequenced, 300)
    assert publish(tmp_path) == Written(size=300, tiles=3, bundles=0, dropped=0)
    assert verified(app, tmp_path) == 300
    assert publish(tmp_path) == Written(size=300, tiles=0, bundles=0, dropped=0)

    grow(sequenced, 300)
    later = publish(tmp_path, now_s=NOW_S + 9000)
    assert later == Written(size=600, tiles=3, bundles=0, dropped=0), "whole tile 0 is kept"
    assert partials(tmp_path) == {
        "tile/0/001.p/44",
        "tile/0/002.p/88",
        "tile/1/000.p/1",
        "tile/1/000.p/2",
    }
    assert publish(tmp_path, now_s=NOW_S + 9500).dropped == 0
    assert publish(tmp_path, now_s=NOW_S + 9700).dropped == 2
    assert partials(tmp_path) == {"tile/0/002.p/88", "tile/1/000.p/2"}
    assert verified(app, tmp_path) == 600
    (tmp_path / "tile/0/000").unlink()
    assert publish(tmp_path).tiles == 1, "what somebody lost comes back"


def test_anybody_may_read_hashes_and_nobody_else_entries(
    app: Flask, sequenced: Sequenced, tmp_path: Path
) -> None:
    grow(sequenced, 3)
    before = os.umask(0o077)
    try:
        publish(tmp_path / "public")
        publish(tmp_path / "closed", entries=True)
    finally:
        os.umask(before)

    def modes(place: str, *names: str) -> list[int]:
        return [stat.S_IMODE((tmp_path / place / name).stat().st_mode) for name in names]

    assert modes("public", ".", "tile", "tile/0", "tile/0/000.p") == [0o755] * 4
    assert modes("public", "checkpoint", "tile/0/000.p/3") == [0o644] * 2
    assert modes("closed", "tile/entries", "tile/entries/000.p") == [0o750] * 2
    assert modes("closed", "tile/entries/000.p/3") == [0o640]
    assert not (tmp_path / "public/tile/entries").exists()
    assert verified(app, tmp_path / "closed") == 3
    with pytest.raises(OtherLog, match="holds entries"):
        publish(tmp_path / "closed")


class PowerCut(BaseException):
    """The machine stops."""


@contextmanager
def cut_after(steps: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Stop at the step after *steps* changes to the disk; return what was done."""
    done: list[str] = []

    def stepped(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*given: Any, **named: Any) -> Any:
            if len(done) == steps:
                raise PowerCut
            done.append(name)
            return real(*given, **named)

        return step

    with monkeypatch.context() as patch:
        for name in ("replace", "fsync", "mkdir", "unlink", "rmdir", "utime", "fchmod", "chmod"):
            patch.setattr(os, name, stepped(name, getattr(os, name)))
        yield done


@pytest.mark.parametrize("entries", [False, True])
def test_it_verifies_wherever_it_is_cut_short(
    app: Flask,
    sequenced: Sequenced,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    entries: bool,  # noqa: FBT001
) -> None:
    """Every change to the disk of four runs is once the last, and the next run mends it."""
    cuts, size = 0, 0
    whole = path = tmp_path / "0"
    whole.mkdir()
    for growth, now_s in ((40, NOW_S), (0, NOW_S), (230, NOW_S + 60), (5, NOW_S + 7200)):
        if growth:
            grow(sequenced, growth)
        before, size, finished = size, size + growth, False
        steps = 0
        while not finished:
            path = tmp_path / f"{size}-{growth}-{steps}"
            shutil.copytree(whole, path)
            with cut_after(steps, monkeypatch):
                try:
                    publish(path, entries=entries, now_s=now_s)
                    finished = True
                except PowerCut:
                    cuts += 1
            db.session.rollback()
            if before or (path / "checkpoint").exists():
                assert verified(app, path) in {before, size}
            publish(path, entries=entries, now_s=now_s)
            assert verified(app, path) == size
            assert not list((path / ".unfinished").iterdir())
            steps += 1
        whole = path
    assert cuts >= (98 if entries else 60)


def test_a_directory_is_one_logs_and_one_publishers(
    app: Flask, sequenced: Sequenced, tmp_path: Path
) -> None:
    grow(sequenced, 5)
    publish(tmp_path)
    with closing(LogDirectory(tmp_path, "ledger")), pytest.raises(InUse):
        publish(tmp_path)

    mine = (tmp_path / "checkpoint").read_text()
    for other, why in (
        (re.sub(r"^[^\n]+", "other.example/log", mine), "other.example"),
        (mine.replace("\n5\n", "\n6\n"), "old backup"),
        (Checkpoint("test.example/log", 5, bytes(32)).to_text() + "\n— x y\n", "another history"),
    ):
        (tmp_path / "checkpoint").write_text(other)
        with pytest.raises(OtherLog, match=why):
            publish(tmp_path)


def test_what_does_not_lead_to_the_checkpoint_is_not_published(
    app: Flask, sequenced: Sequenced, tmp_path: Path, session: Session
) -> None:
    grow(sequenced, 300)
    publish(tmp_path)
    grow(sequenced, 300)
    tamper("leaves", 'UPDATE leaves SET hash = :bad WHERE "index" = 400', bad=b"?" * 32)
    with pytest.raises(LogUnsound, match=str(Tile(0, 1))):
        publish(tmp_path)
    assert verified(app, tmp_path) == 300


def test_the_command_publishes_and_records_that_entries_leave(
    app: Flask, sequenced: Sequenced, tmp_path: Path
) -> None:
    runner = app.test_cli_runner()
    from ledger.commands.log_publish import publish as command  # noqa: PLC0415

    nothing = runner.invoke(command, [str(tmp_path / "a")])
    assert (nothing.exit_code, "nothing is published" in nothing.output) == (1, True)
    grow(sequenced, 2)
    assert runner.invoke(command, [str(tmp_path / "a")]).exit_code == 0
    assert runner.invoke(command, [str(tmp_path / "b"), "--entries"]).exit_code == 2
    done = runner.invoke(command, [str(tmp_path / "b"), "--entries", "--for", "The Board"])
    assert done.exit_code == 0, done.output
    assert "ledger: 2 entries; 1 tiles and 1 bundles written" in done.output
    sequenced()
    assert runner.invoke(command, [str(tmp_path / "a")]).exit_code == 0
    assert verified(app, tmp_path / "a") == 3, "that they left is an entry"
    policy = Policy.parse((tmp_path / "a/policy").read_bytes())
    assert verify(Folder(tmp_path / "a"), policy, entries=False).accepted.checkpoint.size == 3
    assert (tmp_path / "a/key").read_text().startswith("test.example/log+")


def test_a_folder_that_holds_other_things_is_left_alone(tmp_path: Path) -> None:
    secret = tmp_path / "secrets" / "key"
    secret.parent.mkdir(mode=0o700)
    secret.write_text("x")
    with pytest.raises(InUse, match="holds other files"):
        LogFiles(secret.parent)
    assert secret.parent.stat().st_mode & 0o777 == 0o700
