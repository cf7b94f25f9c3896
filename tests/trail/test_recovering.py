"""A log that must not sign goes on under a new name, and its keys rotate; all stays checkable."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import create_engine

from audit.note import read_any
from ledger.commands.log import group
from ledger.core import keys, log_keeping, log_names, published, replay, sequencer
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.errors import LedgerError
from ledger.core.signers import Signers
from ledger.core.standing import MustNotSign
from ledger.core.work import unit_of_work
from tests.core.given import register_organisation
from tests.core.test_standing import restored
from tests.databases import ORIGIN, SEED, NewDatabase, checkpoint_store_of, running
from tests.given.log import decided

NEW = "new.example/log"
NEW_SEED, PQ_SEED = b"n" * 32, b"q" * 32


def run(app: Flask, *command: str) -> Result:
    return app.test_cli_runner().invoke(group, command)


def refused(app: Flask, *command: str) -> str:
    """Run what must not be done; return why."""
    result = run(app, *command)
    assert isinstance(result.exception, LedgerError), result.output
    return str(result.exception)


def drain(app: Flask) -> None:
    sequencer.drain(db.engine, app.extensions["signers"])


def opened(app: Flask) -> None:
    with unit_of_work(Actor.system("installer")) as work:
        assert log_keeping.open_log(work, app.extensions["signers"])


def signed(app: Flask, tree: str = "ledger") -> str:
    found = published.newest_signed(db.session(), tree)
    assert found is not None
    db.session.rollback()
    return found.note


def replays(app: Flask, folder: Path) -> None:
    engine = create_engine(f"sqlite:///{folder / 'copy.sqlite3'}")
    assert replay.replay(db.engine, engine).differences == []
    engine.dispose()


@contextmanager
def another(app: Flask, **chosen: object) -> Iterator[Flask]:
    """The service started again on the same database, with other settings."""
    url = app.extensions["settings"].database_url
    chosen = {"checkpoint_store": app.extensions["settings"].checkpoint_store, **chosen}
    with running(url, **chosen) as other:
        yield other


@pytest.fixture
def opened_app(app: Flask) -> Flask:
    opened(app)
    register_organisation()
    decided(2)
    drain(app)
    return app


def test_where_all_is_well_there_is_nothing_to_recover(opened_app: Flask) -> None:
    result = run(opened_app, "recover")
    assert (result.exit_code, "nothing to recover" in result.output) == (0, True), result.output
    assert f"{ORIGIN} (ledger)" in result.output
    assert "size 2, root " in result.output


def test_a_restored_log_goes_on_under_a_new_name_and_what_was_signed_stays_checkable(
    tmp_path: Path, sqlite_databases: NewDatabase
) -> None:
    with restored(tmp_path, sqlite_databases, tmp_path / "store") as app:
        kept = tmp_path / "kept"
        kept.write_text(signed(app))
        old_key = str(app.extensions["signers"]["ledger"].verifier())
        told = run(app, "recover")
        assert told.exit_code == 1
        for part in ("size 4", "2 entries that were signed are not here", "--give-up 2", "backup"):
            assert part in told.output
        assert "has size 4" in run(app, "check").output

        same_name = refused(app, "recover", "--because", "restored", "--give-up", "2")
        assert "set LEDGER_LOG_ORIGIN to a new one" in same_name

        new = {"log_origin": NEW, "signing_seed": NEW_SEED}
        with another(app, log_origin=NEW) as same_key:  # Its key was never recorded, but given.
            given = ("recover", "--because", "restored", "--give-up", "2")
            assert "set LEDGER_SIGNING_SEED to a new one" in refused(
                same_key, *given, "--old-key", old_key
            )
        with another(app, **new) as fresh:
            with pytest.raises(MustNotSign):
                drain_one(fresh)
            few = refused(fresh, "recover", "--because", "restored", "--give-up", "1")
            assert "2 entries that were signed are not here: confirm" in few
            done = run(
                fresh, "recover", "--because", "restored", "--give-up", "2", "--old-key", old_key
            )
            assert done.exit_code == 0, done.output
            register_organisation()
            drain(fresh)
            assert signed(fresh).startswith(f"{NEW}\n")
            keys.must_fit(db.session(), fresh.extensions["signers"])

            result = run(fresh, "check", "--kept", str(kept))
            assert result.exit_code == 0, result.output
            assert "1 checkpoints that were signed under an earlier name agree too" in result.output
            assert "continues the checkpoint that was kept" in result.output
            assert "nothing to recover" in run(fresh, "recover").output
            replays(fresh, tmp_path)

        with running(fresh.extensions["settings"].database_url, **_old(tmp_path)) as old:
            register_organisation()
            with pytest.raises(MustNotSign, match=f"goes under the name {NEW}"):
                drain(old)


def _old(folder: Path) -> dict[str, object]:
    return {"checkpoint_store": str(folder / "store")}


def drain_one(app: Flask) -> None:
    register_organisation()
    drain(app)


def test_a_lost_key_ends_a_name_and_the_access_log_goes_on_in_another_shard(
    opened_app: Flask, tmp_path: Path
) -> None:
    with another(opened_app, log_origin=NEW, signing_seed=NEW_SEED) as app:
        done = run(app, "recover", "--because", "lost-key", "--give-up", "0")
        assert done.exit_code == 0, done.output
        decided(3)
        drain(app)
        assert signed(app, "access-2").startswith(f"{NEW}/access-2\n3\n")
        assert signed(app, "access").startswith(f"{ORIGIN}/access\n2\n")
        result = run(app, "check")
        assert result.exit_code == 0, result.output
        assert "access: 2 entries" in result.output
        assert "access-2: 3 entries" in result.output
        old = app.test_client().get("/log/access/key").text
        assert old.startswith(f"{ORIGIN}/access+")
        replays(app, tmp_path)


def test_a_key_rotates_while_both_sign(opened_app: Flask, tmp_path: Path) -> None:
    first = opened_app.extensions["signers"]["ledger"].verifier()
    with another(opened_app, signing_seed=NEW_SEED) as alone:
        assert "would stop at once" in refused(alone, "rotate-key")
    with another(opened_app, signing_seed=NEW_SEED, signing_seed_before=SEED) as app:
        with pytest.raises(keys.WrongKey, match="rotate-key"):
            keys.must_fit(db.session(), app.extensions["signers"])
        db.session.rollback()
        assert run(app, "rotate-key").exit_code == 0
        assert "recorded already" in refused(app, "rotate-key")
        keys.must_fit(db.session(), app.extensions["signers"])
        drain_one(app)
        second = app.extensions["signers"]["ledger"].verifier()
        _, by = read_any(signed(app), [first, second])
        assert set(by) == {first, second}
        lines = app.test_client().get("/log/key").text.splitlines()
        assert lines == [str(second), str(first)]
        decided()
        drain(app)
    with another(opened_app, signing_seed=NEW_SEED) as after:
        keys.must_fit(db.session(), after.extensions["signers"])
        drain_one(after)
        assert read_any(signed(after), [first, second])[1] == [second]
        result = run(after, "check")
        assert result.exit_code == 0, result.output
        replays(after, tmp_path)
        for tree in ("access", "access-2", "ledger"):
            file = tmp_path / f"{tree}.zip"
            log = log_names.log_of(tree)
            left = run(after, "export", str(file), "--for", "A", "--log", log, "--tree", tree)
            assert left.exit_code == 0, left.output
    with (
        another(opened_app) as before,
        pytest.raises(keys.WrongKey, match="its seed is not set"),
    ):
        keys.must_fit(db.session(), before.extensions["signers"])


def test_a_post_quantum_key_signs_beside_the_other(opened_app: Flask) -> None:
    with another(opened_app, mldsa_seed=PQ_SEED) as app:
        with pytest.raises(keys.WrongKey):
            keys.must_fit(db.session(), app.extensions["signers"])
        db.session.rollback()
        assert run(app, "rotate-key").exit_code == 0
        drain_one(app)
        signers: Signers = app.extensions["signers"]
        both = signers["ledger"].verifiers()
        assert len(both) == 2
        assert set(read_any(signed(app), both)[1]) == set(both)
        assert run(app, "check").exit_code == 0
        assert len(app.test_client().get("/log/key").text.splitlines()) == 2


def test_a_lost_store_begins_again_only_when_it_is_lost(opened_app: Flask, tmp_path: Path) -> None:
    assert "it is not lost" in refused(opened_app, "recover", "--store-is-lost")
    with another(opened_app, checkpoint_store=str(tmp_path / "new")) as app:
        assert "the store was lost" in run(app, "recover").output
        assert run(app, "recover", "--store-is-lost").exit_code == 0
        drain_one(app)


def test_beginning_the_store_again_goes_on_where_it_was_killed(
    opened_app: Flask, tmp_path: Path
) -> None:
    decided(1)
    drain(opened_app)
    with another(opened_app, checkpoint_store=str(tmp_path / "new")) as app:
        assert len(run(app, "recover", "--store-is-lost").output.splitlines()) == 2
        access = app.extensions["signers"]["access"].name
        (tmp_path / "new" / f"{sha256(access.encode()).hexdigest()}.checkpoint").unlink()
        assert access in run(app, "recover", "--store-is-lost").output
        assert "it is not lost" in refused(app, "recover", "--store-is-lost")
        drain_one(app)


def test_each_database_of_the_tests_has_a_store_of_its_own() -> None:
    assert checkpoint_store_of("sqlite:////a") != checkpoint_store_of("sqlite:////b")
