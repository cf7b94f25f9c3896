"""The pool that an address names, as whoever asks may see it."""

from uuid import UUID

from ledger.core.db import db
from ledger.edge.guard import current_actor
from ledger.funding.queries import pools
from ledger.funding.queries.pools import PoolView


def pool_in_sight(pool_id: UUID) -> PoolView:
    """Return the pool. Raises `NotFound` if there is none that the actor may see."""
    return pools.pool(db.session(), current_actor(), pool_id)
