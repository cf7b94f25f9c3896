"""Reading a balance, now and as of a moment, with a thousand and with a million postings.

The postings are inserted past the commands (a million commands would take hours), with the
columns, indexes and planner statistics that commands would leave; then it is the same reads
that the pages use. SQLite in a file, as the embedded default has it.
"""

import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, insert, text
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.db import TO_WRITE, Projected, db, writing
from ledger.core.migrate import upgrade
from ledger.funding.models import PoolPosting
from ledger.funding.queries.balances import balance, balance_at
from ledger.funding.rules.chart import Account, Head
from tests.databases import running
from tests.given import funding

SIZES: Final = (10**3, 10**6)
READS: Final = 2000
_AT_ONCE: Final = 10_000


def measure() -> list[dict[str, Any]]:
    timed = {size: _at_size(size) for size in SIZES}
    small, large = (timed[size] for size in SIZES)
    return [
        {
            "name": f"{name}: 10^6 postings / 10^3",
            "ratio": large[name] / small[name],
            "target": "<= 1.5",
            "figures": {f"{size}_us": timed[size][name] * 1e6 for size in SIZES},
        }
        for name in small
    ]


def _at_size(size: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'ledger.sqlite3'}"
        upgrade(url)
        with running(url):
            given = funding.pool()
            account = Account(head=Head.LAPSED).id_in(given.id)
            db.session.rollback()
            with (
                writing(Projected),
                db.engine.connect().execution_options(**TO_WRITE) as connection,
                connection.begin(),
            ):
                _fill(connection, given.id, account, size)
            session, start = db.session(), clock.now()
            moments = [start + timedelta(seconds=Random(n).randrange(size)) for n in range(READS)]
            return {
                "balance now": _timed(session, lambda _: balance(session, account), moments),
                "balance as of a moment": _timed(
                    session, lambda at: balance_at(session, account, at), moments
                ),
            }


def _fill(connection: Connection, pool_id: UUID, account: UUID, size: int) -> None:
    """Insert *size* postings of one account, one a second, under one borrowed transaction."""
    triggers = connection.execute(
        text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'pool_postings'")
    ).scalars()
    for name in triggers.all():
        connection.execute(text(f"DROP TRIGGER {name}"))
    connection.execute(text("PRAGMA defer_foreign_keys = ON"))
    borrowed = UUID(
        connection.execute(text("SELECT id FROM pool_transactions LIMIT 1")).scalar_one()
    )
    rows = _rows(pool_id, borrowed, account, size)
    while some := [row for _, row in zip(range(_AT_ONCE), rows, strict=False)]:
        connection.execute(insert(PoolPosting.__table__), some)  # type: ignore[arg-type]
    connection.execute(text("ANALYZE"))


def _rows(pool_id: UUID, borrowed: UUID, account: UUID, size: int) -> Iterator[dict[str, Any]]:
    start = clock.now()
    for number in range(size):
        yield {
            "transaction_id": borrowed,
            "seq": number + 100,
            "pool_id": pool_id,
            "account_id": account,
            "book": "B",
            "currency": "GBP",
            "amount_minor": 1,
            "balance_after_minor": number + 1,
            "account_seq": number + 1,
            "recorded_at": start + timedelta(seconds=number),
        }


def _timed(session: Session, read: Callable[[Any], int], moments: list[Any]) -> float:
    """Return the median of many reads, in seconds, the first hundred aside."""
    taken = []
    for moment in moments:
        began = perf_counter()
        read(moment)
        taken.append(perf_counter() - began)
    session.rollback()
    return median(taken[100:])
