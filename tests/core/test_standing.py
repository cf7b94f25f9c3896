"""An instance that was restored or cloned signs nothing and indexes nothing."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Checkpoint
from ledger.core import check, clock, sequencer, standing
from ledger.core.checkpoint_store import StoreUnavailable
from ledger.core.db import TO_WRITE, db, snapshot
from ledger.core.log_recovery import faults
from ledger.core.signers import Signers
from ledger.core.standing import MustNotSign
from ledger.core.trail import Leaf, Pending, SignedCheckpoint
from tests.conftest import NOW, Sequenced
from tests.core.given import count, register_organisation
from tests.databases import ORIGIN, NewDatabase, running


def drain(app: Flask) -> None:
    sequencer.drain(db.engine, app.extensions["signers"])


def copy_to(file: Path) -> None:
    """Back up the embedded database, as docs/operating.md says."""
    with (
        closing(sqlite3.connect(str(db.engine.url.database))) as here,
        closing(sqlite3.connect(file)) as there,
    ):
        here.backup(there)


@contextmanager
def restored(folder: Path, databases: NewDatabase, store: Path) -> Iterator[Flask]:
    """An application whose database was backed up at two entries, and restored after four."""
    url = databases()
    file, backup = Path(url.removeprefix("sqlite:///")), folder / "backup.sqlite3"
    with running(url, checkpoint_store=str(store)) as app:
        for _ in range(2):
            register_organisation()
        drain(app)
        copy_to(backup)
        for _ in range(2):
            register_organisation()
        drain(app)
    for old in file.parent.glob(f"{file.name}-*"):
        old.unlink()
    shutil.copy(backup, file)
    with running(url, checkpoint_store=str(store)) as app:
        yield app


def test_an_old_backup_that_was_restored_signs_and_indexes_nothing(
    tmp_path: Path, sqlite_databases: NewDatabase
) -> None:
    with restored(tmp_path, sqlite_databases, tmp_path / "store") as app:
        register_organisation()  # Recorded; it waits.
        with pytest.raises(MustNotSign) as refusal:
            drain(app)
        said = str(refusal.value)
        for part in (
            ORIGIN,
            "has size 4",
            "has 2 entries",
            "2 entries that were signed",
            "recover",
        ):
            assert part in said
        session = db.session()
        assert count(session, Leaf) == 2
        assert count(session, Pending) == 1
        assert session.scalars(select(SignedCheckpoint.size)).all() == [2]
        session.rollback()

        register_organisation()
        with pytest.raises(MustNotSign):
            standing.must_start(db.session(), app.extensions["signers"])
        answer = app.test_client().get("/readyz")
        assert answer.status_code == 503
        assert b'"signing":{"ok":false' in answer.data.replace(b" ", b"")
        assert b"ledger_may_sign 0.0" in app.test_client().get("/metrics").data


def test_a_clone_that_shares_the_store_is_refused_and_so_is_the_other_after_it_went_on(
    tmp_path: Path, sqlite_databases: NewDatabase
) -> None:
    url, store = sqlite_databases(), str(tmp_path / "store")
    with running(url, checkpoint_store=store) as app:
        register_organisation()
        drain(app)
        copy_to(tmp_path / "clone.sqlite3")
        register_organisation()
    with running(f"sqlite:///{tmp_path / 'clone.sqlite3'}", checkpoint_store=store) as clone:
        register_organisation()
        drain(clone)
    with running(url, checkpoint_store=store) as app:
        with pytest.raises(MustNotSign, match="another instance"):
            drain(app)
        assert count(db.session(), Leaf) == 1


def test_a_clone_that_went_on_at_the_same_moment_is_found_by_the_root(
    tmp_path: Path, sqlite_databases: NewDatabase
) -> None:
    with running(sqlite_databases(), checkpoint_store=str(tmp_path)) as app:
        signers: Signers = app.extensions["signers"]
        register_organisation()
        drain(app)
        held = signers.store.newest(ORIGIN)
        register_organisation()
        register_organisation()
        with db.engine.connect().execution_options(**TO_WRITE) as connection:
            sequencer.sequence(connection, "ledger")  # It looked, and then the other signed.
            signers.store.advance(Checkpoint(ORIGIN, 2, b"x" * 32), after=held)
            with pytest.raises(MustNotSign, match="trees differ within the first 2"):
                sequencer.step(connection, "ledger", signers)
        assert [*db.session.scalars(select(SignedCheckpoint.size))] == [1]


def test_a_crash_between_the_store_and_the_signature_is_made_good(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    signers: Signers = app.extensions["signers"]
    register_organisation()
    drain(app)
    register_organisation()

    def crash(*_: object) -> str:
        raise RuntimeError("the machine stops here")

    monkeypatch.setattr("ledger.core.signers.sign", crash)
    with pytest.raises(RuntimeError):
        drain(app)
    held = signers.store.newest(ORIGIN)
    assert held is not None
    assert held.size == 2
    assert [*session.scalars(select(SignedCheckpoint.size))] == [1]
    session.rollback()
    assert faults(session, signers) == []
    session.rollback()

    monkeypatch.undo()
    drain(app)
    assert [*session.scalars(select(SignedCheckpoint.size).order_by(SignedCheckpoint.size))] == [
        1,
        2,
    ]


def test_nothing_is_indexed_while_the_store_is_out_of_reach_or_lost(
    tmp_path: Path, sqlite_databases: NewDatabase
) -> None:
    url, store = sqlite_databases(), tmp_path / "store"
    with running(url, checkpoint_store=str(store)) as app:
        register_organisation()
        drain(app)
        shutil.move(store, tmp_path / "aside")
        register_organisation()
        with pytest.raises(MustNotSign, match="the store was lost"):
            drain(app)
        store.write_text("in the way")
        with pytest.raises(StoreUnavailable):
            drain(app)
        assert count(db.session(), Leaf) == 1
        db.session.rollback()
        store.unlink()
        shutil.move(tmp_path / "aside", store)
        drain(app)
        assert count(db.session(), Leaf) == 2


def test_another_name_signs_nothing_until_the_log_says_so(app: Flask, sequenced: Sequenced) -> None:
    register_organisation()
    sequenced()
    register_organisation()
    store = app.extensions["signers"].store
    with pytest.raises(MustNotSign, match="goes under the name"):
        sequencer.drain(db.engine, Signers("renamed.example/log", b"n" * 32, store=store))
    assert store.newest("renamed.example/log") is None


def test_a_clock_that_goes_backwards_changes_nothing(
    app: Flask, sequenced: Sequenced, monkeypatch: pytest.MonkeyPatch
) -> None:
    for days in (0, -400, -1):
        monkeypatch.setattr(clock, "now", lambda days=days: NOW + timedelta(days=days))
        register_organisation()
        sequenced()
    with snapshot(db.engine) as session:
        report = check.check(session, "ledger", app.extensions["signers"]["ledger"].verifier())
    assert (report.size, report.checkpoints, report.faults) == (3, 3, [])
    assert app.test_client().get("/log/checkpoint").text.splitlines()[1] == "3"
