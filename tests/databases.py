"""Migrated, empty databases: SQLite files, and clones on a real PostgreSQL server.

Each is migrated once and then copied, so that every test meets the real triggers. On
PostgreSQL the service signs in as a role that owns nothing, as it does in production.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Protocol
from uuid import uuid4

from flask import Flask
from sqlalchemy import Connection, create_engine, make_url, text

from ledger.app import create_app
from ledger.core.db import db
from ledger.core.migrate import upgrade
from ledger.settings import Settings
from tests.postgresql import PostgreSQL
from tests.routing import compile_once

compile_once()


class NewDatabase(Protocol):
    """Makes a database and returns the URL that the service uses."""

    def __call__(self, of: str = "") -> str:
        """Make an empty one, or a copy *of* one made before, to which nobody is connected."""


SEED: Final = b"s" * 32
ORIGIN: Final = "test.example/log"
_APP_ROLE: Final = "ledger_tests_app"


def settings_for(url: str, **chosen: object) -> Settings:
    """Return settings for the database at *url*, with *chosen* ones instead of the tests'."""
    given = {
        "secret_key": "k" * 32,
        "master_key": b"m" * 32,
        "signing_seed": SEED,
        "log_origin": ORIGIN,
        "database_url": url,
        "checkpoint_store": checkpoint_store_of(url),
        **chosen,
    }
    return Settings(**given)  # type: ignore[arg-type]


_stores: Final = TemporaryDirectory(prefix="ledger-tests-checkpoints-")  # Deleted at the end.


def checkpoint_store_of(url: str) -> str:
    """Return a checkpoint store of its own for the database at *url*."""
    at = make_url(url)  # Every server has a database "postgres"; who connects makes no difference.
    name = f"{at.host}:{at.port}/{at.database}"
    return str(Path(_stores.name) / sha256(name.encode()).hexdigest()) if at.database else ""


@contextmanager
def running(url: str, **chosen: object) -> Iterator[Flask]:
    """Open the application on a database, in an application context."""
    app = create_app(settings_for(url, **chosen))
    app.testing = True
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


@contextmanager
def sqlite_copies(folder: Path) -> Iterator[NewDatabase]:
    """Copy one migrated file for each test."""
    template, numbers = folder / "template.sqlite3", count()
    upgrade(f"sqlite:///{template}")

    def clone(of: str = "") -> str:
        source = make_url(of).database if of else template
        return f"sqlite:///{shutil.copy(str(source), folder / f'{next(numbers)}.sqlite3')}"

    yield clone


@contextmanager
def postgresql_server() -> Iterator[str]:
    """Return the URL of a server, as its owner: the one given, or one started here."""
    if given := os.environ.get("LEDGER_TEST_DATABASE_URL"):
        yield given
        return
    # No vacuum: it would go round hundreds of databases, each of which lives for one test.
    server = PostgreSQL(
        fsync="off",
        full_page_writes="off",
        autovacuum="off",
        checkpoint_timeout="1h",
        max_wal_size="4GB",
        max_connections="200",
    )
    try:
        yield server.url()
    finally:
        server.stop()


@contextmanager
def postgresql_clones(server: str) -> Iterator[NewDatabase]:
    """Clone one migrated database for each test; on a server that was given, drop them after."""
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    run, made = uuid4().hex[:8], list[str]()

    def owned(database: str) -> str:
        return admin.url.set(database=database).render_as_string(hide_password=False)

    def make(template: str) -> str:
        made.append(f"ledger_{run}_{len(made)}")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {made[-1]} TEMPLATE {template}"))
        return made[-1]

    def clone(of: str = "") -> str:
        made = make(str(make_url(of).database) if of else template)
        url = admin.url.set(database=made, username=_APP_ROLE, password=_APP_ROLE)
        return url.render_as_string(hide_password=False)

    try:
        template = make("template1")
        upgrade(owned(template))
        with admin.connect() as connection:
            _make_role(connection)
        yield clone
    finally:
        if "LEDGER_TEST_DATABASE_URL" in os.environ:  # Ours goes as a whole, and sooner.
            with admin.connect() as connection:
                for name in made:
                    connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


def _make_role(connection: Connection) -> None:
    there = text("SELECT 1 FROM pg_roles WHERE rolname = :name")
    if connection.scalar(there, {"name": _APP_ROLE}) is None:
        connection.execute(
            text(f"CREATE ROLE {_APP_ROLE} LOGIN PASSWORD '{_APP_ROLE}' IN ROLE care_ledger")
        )


def as_owner(url: str) -> str:
    """Return the owner's URL of the database that the service sees at *url*.

    For tests that do what only an owner can: tamper.
    """
    if url.startswith("sqlite"):
        return url
    given = os.environ.get("LEDGER_TEST_DATABASE_URL")
    owner = make_url(given) if given else make_url(url).set(username="postgres", password=None)
    return owner.set(database=make_url(url).database).render_as_string(hide_password=False)
