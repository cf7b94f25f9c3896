"""Migrations build exactly what the models describe, and the log refuses change."""

from dataclasses import replace

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from click import ClickException
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from ledger.commands.database import bring_to_newest
from ledger.core import blobs, sequencer
from ledger.core.db import TO_WRITE, Base, db
from ledger.core.migrate import newest, revision_of, upgrade
from ledger.core.work import unit_of_work
from ledger.settings import Settings
from tests.core.given import STEWARD, authorise, register_organisation, register_patient, registered
from tests.databases import NewDatabase, as_owner

INSERT_ONLY = {
    "entries": "kind",
    "entry_subjects": "subject",
    "leaves": "hash",
    "tree_nodes": "hash",
    "checkpoints": "note",
    "chains": "head",
    "blobs": "content",
    "private_payloads": "sealed",
}
MAY_BE_DELETED = {"private_payloads"}
"""By erasures and disposals, which is their point; a replay says if no entry did it."""


def test_the_models_and_the_migrations_agree(app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_again_changes_nothing(new_database: NewDatabase) -> None:
    url = as_owner(new_database())
    upgrade(url)
    engine = create_engine(url)
    assert revision_of(engine) == newest()
    engine.dispose()


def test_a_database_of_a_newer_program_is_left_alone(app: Flask) -> None:
    settings: Settings = app.extensions["settings"]
    owner = replace(settings, database_owner_url=as_owner(settings.database_url))
    engine = create_engine(owner.owner_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(ClickException, match="at revision 9999, which this program"):
        bring_to_newest(owner)

    assert revision_of(engine) == "9999"
    engine.dispose()


@pytest.fixture
def a_row_in_each(app: Flask) -> None:
    register_patient(register_organisation())
    with unit_of_work(STEWARD) as work:
        authorise(work, records=256)
        for _ in range(256):
            work.record(registered())
        blobs.keep(work.session, b"some text", "text/plain")
    sequencer.drain(db.engine, app.extensions["signers"])
    db.session.remove()


def changes(dialect: str, table: str) -> list[str]:
    column = INSERT_ONLY[table]
    everywhere = [f"UPDATE {table} SET {column} = {column}"]
    if table not in MAY_BE_DELETED:
        everywhere.append(f"DELETE FROM {table}")
    if dialect == "postgresql":
        return [*everywhere, f"TRUNCATE {table} CASCADE"]
    return [*everywhere, f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"]


@pytest.mark.usefixtures("a_row_in_each")
def test_the_database_itself_refuses_to_change_the_log(app: Flask) -> None:
    for url, complaint in (
        (str(db.engine.url.render_as_string(hide_password=False)), "insert-only|permission denied"),
        (as_owner(db.engine.url.render_as_string(hide_password=False)), "insert-only"),
    ):
        engine = create_engine(url)
        for table in INSERT_ONLY:
            for change in changes(engine.dialect.name, table):
                with (
                    engine.connect().execution_options(**TO_WRITE) as connection,
                    pytest.raises(DBAPIError, match=complaint),
                ):
                    assert connection.execute(text(f"SELECT 1 FROM {table}")).first(), table
                    connection.execute(text(change))
        engine.dispose()


@pytest.mark.usefixtures("a_row_in_each")
def test_a_subjects_key_may_be_deleted_and_nothing_else_done_to_it(app: Flask) -> None:
    session = db.session()
    with pytest.raises(DBAPIError, match="insert-only"):
        session.execute(text("UPDATE subject_keys SET wrapped = wrapped"))
    session.rollback()

    session.execute(text("DELETE FROM subject_keys"))


def test_the_service_owns_nothing_on_postgresql(app: Flask) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no roles")
    session = db.session()
    for statement in ("DROP TABLE pending", "ALTER TABLE entries DISABLE TRIGGER ALL"):
        with pytest.raises(DBAPIError, match="must be owner"):
            session.execute(text(statement))
        session.rollback()
