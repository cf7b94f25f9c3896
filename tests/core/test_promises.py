"""What the product asks of every SQLite connection, which tests ask less of for speed."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine, text

from tests.databases import NewDatabase
from tests.process import waiting_for_the_disk

FULL = 2


@pytest.fixture
def connection(sqlite_databases: NewDatabase) -> Iterator[Connection]:
    engine = create_engine(sqlite_databases())
    with waiting_for_the_disk(), engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.mark.parametrize(
    ("pragma", "kept"),
    [
        ("synchronous", FULL),
        ("journal_mode", "wal"),
        ("foreign_keys", 1),
        ("recursive_triggers", 1),
        ("secure_delete", 1),
    ],
)
def test_a_connection_of_the_product_keeps_its_promises(
    connection: Connection, pragma: str, kept: object
) -> None:
    assert connection.scalar(text(f"PRAGMA {pragma}")) == kept
