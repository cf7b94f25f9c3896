"""A process with the wrong keys does not start, and leaves nothing half-written."""

from collections.abc import Iterator
from contextvars import Context
from uuid import UUID

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.cli import main
from ledger.core import keys, privacy
from ledger.core.privacy import SubjectKey, Tampered
from ledger.core.signers import Signers
from ledger.core.trail import LogEntry
from ledger.settings import Settings
from tests.conftest import Sequenced
from tests.core.given import register_organisation, register_patient
from tests.databases import ORIGIN, SEED

OTHER = b"x" * 32


@pytest.fixture
def organisation(app: Flask, sequenced: Sequenced) -> Iterator[UUID]:
    """An organisation with one patient, in a log that has been signed."""
    settings: Settings = app.extensions["settings"]
    found = register_organisation()
    register_patient(found, "9990000018")
    sequenced()
    yield found
    privacy.use_master_key(settings.master_key)


@pytest.mark.usefixtures("organisation")
def test_the_keys_it_began_with_fit(session: Session) -> None:
    keys.must_fit(session, Signers(ORIGIN, SEED))


def test_an_empty_database_takes_any(session: Session) -> None:
    keys.must_fit(session, Signers(ORIGIN, OTHER))


@pytest.mark.usefixtures("organisation")
def test_one_name_is_not_signed_by_two_keys(session: Session) -> None:
    with pytest.raises(keys.WrongKey, match="LEDGER_SIGNING_SEED"):
        keys.must_fit(session, Signers(ORIGIN, OTHER))
    with pytest.raises(keys.WrongKey, match="LEDGER_LOG_ORIGIN makes another"):
        keys.must_fit(session, Signers("another.example/log", OTHER))


def test_nothing_is_written_under_two_master_keys(session: Session, organisation: UUID) -> None:
    privacy.use_master_key(OTHER)
    with pytest.raises(Tampered, match="another master key"):
        register_patient(organisation, "9990000026")
    assert len(session.scalars(select(SubjectKey)).all()) == 1
    assert len(session.scalars(select(LogEntry)).all()) == 2


@pytest.mark.usefixtures("organisation")
@pytest.mark.parametrize("name", ["LEDGER_MASTER_KEY", "LEDGER_SIGNING_SEED"])
def test_the_service_does_not_start(app: Flask, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings: Settings = app.extensions["settings"]
    environment = {
        "LEDGER_SECRET_KEY": settings.secret_key,
        "LEDGER_DATABASE_URL": settings.database_url,
        "LEDGER_LOG_ORIGIN": ORIGIN,
        "LEDGER_MASTER_KEY": settings.master_key.hex(),
        "LEDGER_SIGNING_SEED": SEED.hex(),
    }
    for one, value in {**environment, name: OTHER.hex()}.items():
        monkeypatch.setenv(one, value)

    outside = Context()  # Or the command would find the test's own application.
    result = outside.run(CliRunner().invoke, main, ["serve"])

    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {name} is not the one")
