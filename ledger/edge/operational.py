"""Transactions of the edge's own: sessions, credentials and tokens are no part of a command.

They go through a connection apart from the request's, so that what they write stays when a
command is rolled back, and a command never waits for them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from ledger.core.db import TO_WRITE, db


@contextmanager
def changing() -> Iterator[Session]:
    """Open a short transaction that writes operational tables; commit when the block ends."""
    with (
        db.engine.connect().execution_options(**TO_WRITE) as connection,
        Session(connection, expire_on_commit=False) as session,
    ):
        yield session
        session.commit()


@contextmanager
def reading() -> Iterator[Session]:
    """Open a short transaction that only reads. What it returns may outlive it."""
    with Session(db.engine, expire_on_commit=False) as session:
        yield session
