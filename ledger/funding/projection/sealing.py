"""How a transaction gets into the database: whole, or not at all.

On PostgreSQL the service's own role may not insert postings. It may call ``pool_post``, which
inserts a transaction, its postings and its seal as the owner, every trigger judging them: so
there is one door, and an amount of half a penny is refused where an INSERT would round it.
On SQLite, which has no roles, the rows are inserted, and the triggers judge them likewise.
"""

import json
from typing import Any

from sqlalchemy import String, cast, func, insert, literal, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from ledger.core.db import must_be_open, table_of
from ledger.funding.models import PoolPosting, PoolSeal, PoolTransaction


def seal(session: Session, header: dict[str, Any], legs: list[dict[str, Any]]) -> None:
    """Insert a transaction, its postings and its seal; the database checks them together."""
    if session.get_bind().dialect.name == "postgresql":
        for model in (PoolTransaction, PoolPosting, PoolSeal):
            must_be_open(table_of(model))  # The fence sees no function's inserts.
        said = [
            cast(literal(json.dumps(one, default=str), String), JSONB) for one in (header, legs)
        ]
        session.execute(select(func.pool_post(*said)))
        return
    # In this order: a posting belongs to a transaction, and a sealed one takes no more.
    session.execute(insert(PoolTransaction), [header])
    session.execute(insert(PoolPosting), legs)
    row = {"transaction_id": header["id"], "postings_count": len(legs)}
    session.execute(insert(PoolSeal), [row])
