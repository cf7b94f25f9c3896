"""Which body decides about a pool's budget."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.funding.boards.models import PoolBoard
from ledger.funding.models import PoolPartner


def wanted(session: Session, pool_id: UUID) -> Mapping[UUID, UUID]:
    """Return the body that each partner agreed to, by organisation, of those who have."""
    rows = session.scalars(
        select(PoolBoard).where(PoolBoard.pool_id == pool_id),
        execution_options={"populate_existing": True},
    )
    return {row.organisation_id: row.body_id for row in rows}


def board_of(session: Session, pool_id: UUID) -> UUID | None:
    """Return the body that every partner agreed to; None while they have not."""
    partners = select(PoolPartner.organisation_id).where(PoolPartner.pool_id == pool_id)
    said = wanted(session, pool_id)
    bodies = {said.get(one) for one in session.scalars(partners)}
    return bodies.pop() if len(bodies) == 1 else None


def pools_of(session: Session, body_id: UUID) -> list[UUID]:
    """Return the pools that a body decides about."""
    named = select(PoolBoard.pool_id).where(PoolBoard.body_id == body_id).distinct()
    return [one for one in session.scalars(named) if board_of(session, one) == body_id]
