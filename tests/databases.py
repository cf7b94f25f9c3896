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


class Databases(NewDatabase, Protocol):
    """Databases of one kind, which live until the end unless somebody drops them."""

    def drop(self, url: str) -> None:
        """Delete a database that was made here, whoever is connected."""


@contextmanager
def lent(databases: Databases) -> Iterator[NewDatabase]:
    """Make databases for one test. Gone soon, they are hardly ever written to a disk."""
    made = list[str]()

    def make(of: str = "") -> str:
        made.append(databases(of))
        return made[-1]

    try:
        yield make
    finally:
        for url in made:
            databases.drop(url)
            shutil.rmtree(checkpoint_store_of(url), ignore_errors=True)


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


class SqliteCopies:
    """Copies of one migrated file."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._template, self._numbers = folder, folder / "template.sqlite3", count()
        upgrade(f"sqlite:///{self._template}")

    def __call__(self, of: str = "") -> str:
        source = Path(str(make_url(of).database)) if of else self._template
        copy = shutil.copy(source, self._folder / f"{next(self._numbers)}.sqlite3")
        return f"sqlite:///{copy}"

    def drop(self, url: str) -> None:
        for file in self._folder.glob(f"{Path(str(make_url(url).database)).name}*"):
            file.unlink(missing_ok=True)


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


class PostgresClones:
    """Clones of one migrated database, on the server at *url*, which is its owner's."""

    def __init__(self, url: str) -> None:
        self._admin = create_engine(url, isolation_level="AUTOCOMMIT")
        self._run, self._numbers = uuid4().hex[:8], count()
        self._made = set[str]()
        self._template = self._clone("template1")
        owner = self._admin.url.set(database=self._template)
        upgrade(owner.render_as_string(hide_password=False))
        with self._admin.connect() as connection:
            _make_role(connection)

    def _clone(self, template: str) -> str:
        name = f"ledger_{self._run}_{next(self._numbers)}"
        self._made.add(name)
        with self._admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        return name

    def __call__(self, of: str = "") -> str:
        name = self._clone(str(make_url(of).database) if of else self._template)
        url = self._admin.url.set(database=name, username=_APP_ROLE, password=_APP_ROLE)
        return url.render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        self._drop(str(make_url(url).database))

    def _drop(self, name: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        self._made.discard(name)

    def leave(self) -> None:
        """Leave a server that was given as it was; ours goes as a whole, and sooner."""
        if "LEDGER_TEST_DATABASE_URL" in os.environ:
            for name in list(self._made):
                self._drop(name)
        self._admin.dispose()


@contextmanager
def postgresql_clones(server: str) -> Iterator[PostgresClones]:
    """Clone databases on *server*, and leave it as it was."""
    clones = PostgresClones(server)
    try:
        yield clones
    finally:
        clones.leave()


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
