"""Fixtures that every test may use: a migrated database of its own, and a stopped clock."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from ledger.core import clock, publishing, sequencer
from ledger.core.db import db
from tests.beginnings import Beginnings, Begun, Scene, tell
from tests.databases import (
    Databases,
    NewDatabase,
    SqliteCopies,
    lent,
    postgresql_clones,
    postgresql_server,
    running,
)
from tests.process import keep_what_is_imported, wait_for_no_disk

wait_for_no_disk()

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
"""A Monday morning; every test runs then, unless it moves the clock."""


def pytest_collection_finish() -> None:
    keep_what_is_imported()


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    return SqliteCopies(tmp_path_factory.mktemp("databases"))


@pytest.fixture(scope="session")
def postgresql_databases() -> Iterator[Databases]:
    with postgresql_server() as server, postgresql_clones(server) as clones:
        yield clones


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """Every test that asks for a database runs on both kinds."""
    kind: Databases = request.getfixturevalue(f"{request.param}_databases")
    return kind


@pytest.fixture
def new_database(databases: Databases) -> Iterator[NewDatabase]:
    """Make databases, which go when the test ends."""
    with lent(databases) as new:
        yield new


@pytest.fixture(autouse=True)
def it_is_now(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock for every test that does not ask for ``real_time``."""
    if not request.node.get_closest_marker("real_time"):
        monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture(scope="session")
def beginnings() -> Beginnings:
    return Beginnings()


@pytest.fixture
def beginning() -> Scene:
    """Say what has happened before a test that asks for ``told``: nothing, unless overridden."""
    return lambda: None


@pytest.fixture
def begun(
    request: pytest.FixtureRequest,
    databases: Databases,
    new_database: NewDatabase,
    beginnings: Beginnings,
    beginning: Scene,
) -> Begun:
    if "told" not in request.fixturenames:
        return Begun(new_database(), None)
    if request.node.get_closest_marker("real_time"):  # Told now, and not at another test's time.
        return tell(new_database(), beginning)
    first = beginnings.told(databases, beginning)
    return first.copied(new_database)


@pytest.fixture
def app(begun: Begun) -> Iterator[Flask]:
    with running(begun.url) as app:
        yield app


@pytest.fixture
def told(app: Flask, begun: Begun) -> Any:  # Whatever the scene returned.
    return begun.told


@pytest.fixture
def session(app: Flask) -> Session:
    return db.session()


@pytest.fixture
def sequenced(app: Flask) -> "Sequenced":
    return Sequenced(app)


class Sequenced:
    """Gives every committed entry its index, when called, and publishes what is signed."""

    def __init__(self, app: Flask) -> None:
        self._signers = app.extensions["signers"]

    def __call__(self) -> None:
        sequencer.drain(db.engine, self._signers)
        publishing.publish_now(db.engine)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data files, which the project never holds itself."""
    folder = os.environ.get("LEDGER_TEST_REAL_DATA")
    if folder is None:
        pytest.skip("LEDGER_TEST_REAL_DATA does not say where the real data files are")
    if not Path(folder).is_dir():
        pytest.fail(f"LEDGER_TEST_REAL_DATA is {folder}, where there is no folder")
    return Path(folder)
