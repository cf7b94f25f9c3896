"""Who the partners are, for whoever tells them of changes."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.funding.models import Pool, PoolPartner


def partners_of(session: Session, pool_ids: Iterable[UUID]) -> dict[UUID, dict[UUID, date | None]]:
    """Return for each pool its partners, the host among them; none of them ever leaves."""
    wanted = set(pool_ids)
    found: dict[UUID, dict[UUID, date | None]] = defaultdict(dict)
    hosts = select(Pool.id, Pool.host_id).where(Pool.id.in_(wanted))
    partners = select(PoolPartner.pool_id, PoolPartner.organisation_id).where(
        PoolPartner.pool_id.in_(wanted)
    )
    for pool_id, organisation_id in (*session.execute(hosts), *session.execute(partners)):
        found[pool_id][organisation_id] = None
    return dict(found)
