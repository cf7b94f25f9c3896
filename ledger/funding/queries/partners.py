"""Who the partners are, for whoever tells them of changes."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.funding.models import Pool, PoolPartner


def partners_of(session: Session, pool_ids: Iterable[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Return for each pool its partners, the host among them."""
    wanted = set(pool_ids)
    found: dict[UUID, set[UUID]] = defaultdict(set)
    hosts = select(Pool.id, Pool.host_id).where(Pool.id.in_(wanted))
    partners = select(PoolPartner.pool_id, PoolPartner.organisation_id).where(
        PoolPartner.pool_id.in_(wanted)
    )
    for pool_id, organisation_id in (*session.execute(hosts), *session.execute(partners)):
        found[pool_id].add(organisation_id)
    return {pool_id: frozenset(ids) for pool_id, ids in found.items()}
