"""Bringing payments in from a file, on PostgreSQL: every row checked, logged and posted.

Compared with the least that could be done with the same file (COPY of its rows and a hash of
each), and with COPY of the rows that it comes to in the ledger: postings, transactions, payments.
"""

from hashlib import sha256
from time import perf_counter
from typing import Any, Final

import psycopg

from ledger.core.db import db
from ledger.core.migrate import upgrade
from ledger.funding.imports import background as importing
from ledger.funding.imports.queries import posted_count
from ledger.funding.imports.service import batches as import_batches
from ledger.funding.imports.service import files as imports
from tests.databases import running
from tests.given import payments
from tests.given.funding import pool, posted
from tests.postgresql import PostgreSQL

ROWS: Final = 28_000
_TABLES: Final = ("pool_postings", "pool_transactions", "pool_payments")


def measure() -> list[dict[str, Any]]:
    server = PostgreSQL()
    try:
        upgrade(server.url())
        lines = payments.rows(ROWS)
        with running(server.url()):
            ours = _import(payments.file(lines))
        with psycopg.connect(server.url().replace("+psycopg", ""), autocommit=True) as connection:
            copied = _copy(connection, [line.split(",") for line in lines])
            ledger = _copy_ledger(connection)
    finally:
        server.stop()
    figures = {"ours_rows_per_s": ours, "rows": ROWS}
    return [
        {
            "name": "bulk import of payments / COPY of the file's rows and hashing",
            "ratio": ours / copied,
            "target": ">= 0.3",
            "figures": {**figures, "copy_rows_per_s": copied},
        },
        {
            "name": "bulk import of payments / COPY of the ledger rows they come to",
            "ratio": ours / ledger,
            "target": ">= 0.3",
            "figures": {**figures, "copy_payments_per_s": ledger},
        },
    ]


def _import(content: bytes) -> float:
    given = pool()
    began = perf_counter()
    import_id = posted(given.manager, imports.upload, given.id, content=content)
    importing.carry_on()
    posted(given.manager, import_batches.send, import_id)
    posted(given.approver, import_batches.approve, import_id)
    importing.carry_on()
    took = perf_counter() - began
    db.session.remove()
    if posted_count(db.session(), import_id) != ROWS:
        raise RuntimeError("not every payment was posted")
    return ROWS / took


def _copy(connection: psycopg.Connection[Any], rows: list[list[str]]) -> float:
    names = [f"c{n}" for n in range(len(rows[0]))]
    connection.execute(f"CREATE TABLE copied ({', '.join(f'{n} text' for n in names)}, h bytea)")
    began = perf_counter()
    with connection.cursor() as cursor, cursor.copy("COPY copied FROM STDIN") as copy:
        for row in rows:
            copy.write_row([*row, sha256(",".join(row).encode()).digest()])
    return len(rows) / (perf_counter() - began)


def _copy_ledger(connection: psycopg.Connection[Any]) -> float:
    """COPY what was posted into tables of the same columns and indexes, and hash each row."""
    took = 0.0
    for table in _TABLES:
        connection.execute(f"CREATE TABLE copy_{table} (LIKE {table} INCLUDING INDEXES)")
        rows = connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
        began = perf_counter()
        into = f"COPY copy_{table} FROM STDIN"
        with connection.cursor() as cursor, cursor.copy(into) as copy:
            for row in rows:
                sha256(repr(row).encode()).digest()
                copy.write_row(row)
        took += perf_counter() - began
    return ROWS / took
