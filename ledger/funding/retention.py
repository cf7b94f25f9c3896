"""Pools under a hold."""

from uuid import UUID

from ledger.core.authority import Resource
from ledger.core.work import UnitOfWork
from ledger.directory.erasing import holdable
from ledger.funding.models import Pool


@holdable("pool")
def pool(work: UnitOfWork, pool_id: UUID) -> Resource:
    """Return what a decision about holding a pool depends on."""
    return Resource(host_id=work.load(Pool, pool_id, to_change=False).host_id)
