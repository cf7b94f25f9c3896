"""How a transaction gets into the database: whole, or not at all.

On PostgreSQL the service's own role may not insert postings. It may call ``pool_post``, which
inserts a transaction, its postings and its seal as the owner, every trigger judging them: so
there is one door, and an amount of half a penny is refused where an INSERT would round it.
On SQLite, which has no roles, the rows are inserted, and the triggers judge them likewise.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from orjson import dumps
from sqlalchemy import String, bindparam, cast, func, insert, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from ledger.core.db import must_be_open, table_of
from ledger.funding.models import PoolPosting, PoolSeal, PoolTransaction

_GIVEN: Final = [cast(bindparam(name, type_=String), JSONB) for name in ("headers", "legs")]
_POST: Final = select(func.pool_post(*_GIVEN))
_POST_MANY: Final = select(func.pool_post_many(*_GIVEN))


def seal(session: Session, header: dict[str, Any], legs: list[dict[str, Any]]) -> None:
    """Insert a transaction, its postings and its seal; the database checks them together."""
    if session.get_bind().dialect.name == "postgresql":
        for model in (PoolTransaction, PoolPosting, PoolSeal):
            must_be_open(table_of(model))  # The fence sees no function's inserts.
        session.execute(_POST, {"headers": dumps(header).decode(), "legs": dumps(legs).decode()})
        return
    _insert(session, [header], legs)


def seal_many(
    session: Session, headers: Sequence[dict[str, Any]], legs: Sequence[dict[str, Any]]
) -> None:
    """Insert many transactions, their postings and their seals; the database checks them all."""
    if session.get_bind().dialect.name == "postgresql":
        for model in (PoolTransaction, PoolPosting, PoolSeal):
            must_be_open(table_of(model))
        session.execute(
            _POST_MANY, {"headers": dumps(headers).decode(), "legs": dumps(legs).decode()}
        )
        return
    _insert(session, headers, legs)


def _insert(
    session: Session, headers: Sequence[dict[str, Any]], legs: Sequence[dict[str, Any]]
) -> None:
    # In this order: a posting belongs to a transaction, and a sealed one takes no more.
    connection = session.connection()
    connection.execute(insert(table_of(PoolTransaction)), headers)
    connection.execute(insert(table_of(PoolPosting)), legs)
    counts = Counter(leg["transaction_id"] for leg in legs)
    seals = [{"transaction_id": one["id"], "postings_count": counts[one["id"]]} for one in headers]
    connection.execute(insert(table_of(PoolSeal)), seals)
