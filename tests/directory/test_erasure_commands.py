"""What an operator types: erase, sweep, replace the master key, and list what is due."""

from collections.abc import Callable, Iterator
from contextvars import Context

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.cli import main
from ledger.core import privacy
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.entries import MasterKeyReplaced
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from ledger.directory import queries
from ledger.directory.retention import holds
from ledger.directory.retention.rules import HoldReason
from ledger.settings import Settings
from tests.databases import ORIGIN, SEED, as_owner
from tests.given.directory import member, organisation, patient

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    settings: Settings = app.extensions["settings"]
    environment = {
        "LEDGER_SECRET_KEY": settings.secret_key,
        "LEDGER_DATABASE_URL": settings.database_url,
        "LEDGER_DATABASE_OWNER_URL": as_owner(settings.database_url),
        "LEDGER_LOG_ORIGIN": ORIGIN,
        "LEDGER_MASTER_KEY": settings.master_key.hex(),
        "LEDGER_SIGNING_SEED": SEED.hex(),
        "LEDGER_CHECKPOINT_STORE": settings.checkpoint_store,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def carry_out(*command: str, **changed: str) -> Result:
        db.session.remove()
        db.engine.dispose()
        for name, value in changed.items():
            monkeypatch.setenv(name, value)
        return Context().run(CliRunner().invoke, main, command)

    yield carry_out
    privacy.use_master_key(settings.master_key)


def test_erased_swept_and_put_under_another_key(run: Run, session: Session) -> None:
    trust = organisation()
    (gone, _), (held, _) = patient(at=trust), patient(at=trust)
    with unit_of_work(member(Role.PRIVACY_OFFICER, at=trust)) as work:
        holds.place_hold(
            work, subject=f"patient:{held}", reason=HoldReason.COURT_ORDER, why="Order 7"
        )
    assert "court-order" in run("retention", "holds").output
    assert "identity-of-patient: 0 parts" in run("retention", "due").output

    refused = run("erasure", "of", "patient", str(held), "--yes")
    assert refused.exit_code == 1
    assert "court-order" in refused.output
    done = run("erasure", "of", "patient", str(gone), "--yes")
    assert done.exit_code == 0, done.output
    swept = run("erasure", "sweep")
    assert swept.exit_code == 0, swept.output
    assert "anew" in swept.output
    assert not queries.patient_exists(session, gone)

    assert "PREVIOUS" in run("keys", "rewrap").output
    keys = {"LEDGER_MASTER_KEY": "6e" * 32, "LEDGER_MASTER_KEY_PREVIOUS": "6d" * 32}
    rewrapped = run("keys", "rewrap", **keys)
    assert rewrapped.exit_code == 0, rewrapped.output
    session.rollback()
    assert session.scalars(
        select(LogEntry.kind).where(LogEntry.kind == MasterKeyReplaced.kind)
    ).all()
    found = queries.patient_identities(session, [held])[held]
    assert found is not None
