"""The one question that access asks, with a hundred and with ten thousand agreements in force.

The lines of the index are inserted past the commands (ten thousand agreements would take
long), each between two organisations of its own; then it is the same reads that decisions
use: from the database, and from memory. SQLite in a file, as the embedded default has it.
"""

import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, insert, text
from sqlalchemy.orm import Session

from ledger.agreements import queries
from ledger.agreements.models import Agreement, AgreementLine
from ledger.agreements.rules.cover import Cover
from ledger.core.db import TO_WRITE, Projected, db, table_of, writing
from ledger.core.migrate import upgrade
from ledger.vocabulary.categories import Category
from tests.databases import running

SIZES: Final = (10**2, 10**4)
READS: Final = 2000
_ON: Final = date(2026, 6, 1)
_CATEGORIES: Final = tuple(sorted(Category))[:8]


def measure() -> list[dict[str, Any]]:
    timed = {size: _at_size(size) for size in SIZES}
    small, large = (timed[size] for size in SIZES)
    return [
        {
            "name": f"{name}: 10^4 agreements / 10^2",
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
            with (
                writing(Projected),
                db.engine.connect().execution_options(**TO_WRITE) as connection,
                connection.begin(),
            ):
                _fill(connection, size)
            session = db.session()
            asked = [Random(n).randrange(size) for n in range(READS)]
            kept = {n: queries.between(session, from_party=_a(n), to_party=_b(n)) for n in asked}
            return {
                "agreement in force, from the index": _timed(lambda n: _read(session, n), asked),
                "agreement in force, from memory": _timed(
                    lambda n: kept[n].covering(purpose="ETREAT", category=_CATEGORIES[3], on=_ON),
                    asked,
                ),
            }


def _read(session: Session, n: int) -> object:
    return queries.covering(
        session,
        from_party=_a(n),
        to_party=_b(n),
        purpose="ETREAT",
        category=_CATEGORIES[3],
        on=_ON,
    )


def _timed(read: Callable[[int], object], asked: list[int]) -> float:
    """Return the median seconds of a read; each must find its agreement."""
    took = []
    for n in asked:
        began = perf_counter()
        answer = read(n)
        took.append(perf_counter() - began)
        if not isinstance(answer, Cover):
            raise TypeError(f"nothing covers what was made to be covered: {answer}")
    return median(took)


def _fill(connection: Connection, size: int) -> None:
    agreement = {"kind": "data-sharing", "newest": 1, "standing": 1}
    connection.execute(
        insert(table_of(Agreement)),
        [
            {**agreement, "id": UUID(int=n), "title": f"Agreement {n}", "lead_id": _a(n)}
            for n in range(size)
        ],
    )
    line = {"version": 1, "flow": "F1", "purpose": "TREAT", "clause": "4.2"}
    days = {"first_day": date(2026, 1, 1), "last_day": date(2027, 12, 31)}
    connection.execute(
        insert(table_of(AgreementLine)),
        [
            {
                **line,
                **days,
                "agreement_id": UUID(int=n),
                "category": category,
                "from_party": _a(n),
                "to_party": _b(n),
            }
            for n in range(size)
            for category in _CATEGORIES
        ],
    )
    connection.execute(text("ANALYZE"))


def _a(n: int) -> UUID:
    return UUID(int=2**64 + n)


def _b(n: int) -> UUID:
    return UUID(int=2**65 + n)
