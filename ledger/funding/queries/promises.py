"""Commitments in full: since when, to whom, and how far each has got."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ledger.funding.models import Commitment, PoolTransaction
from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.commitments import Commitment as Promised


class PromiseState(StrEnum):
    """How far a commitment has got."""

    OPEN = "open"
    PART_SPENT = "part-spent"
    SPENT = "spent"
    RELEASED = "released"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseView:
    """A promise to a provider.

    Attributes:
        made_on: The day its first transaction counts for.
        moved_on: The day its newest one counts for.
    """

    id: UUID
    scheme_id: UUID
    provider_id: UUID
    reference: str | None
    promised: Promised
    made_on: date
    moved_on: date

    @property
    def state(self) -> PromiseState:
        """How far it has got: what is open decides, then whether anything was spent."""
        if self.promised.open_minor:
            return PromiseState.PART_SPENT if self.promised.spent_minor else PromiseState.OPEN
        return PromiseState.SPENT if self.promised.spent_minor else PromiseState.RELEASED

    def open_days(self, today: date) -> int:
        """Return for how many days something of it has been open; 0 if nothing is."""
        return (today - self.made_on).days if self.promised.open_minor else 0


def promises(
    session: Session, pool: PoolView, *, scheme_id: UUID | None = None
) -> list[PromiseView]:
    """Return the commitments of a pool, or of one scheme, oldest first."""
    days = (
        select(
            PoolTransaction.commitment_id,
            func.min(PoolTransaction.effective_on).label("made_on"),
            func.max(PoolTransaction.effective_on).label("moved_on"),
        )
        .where(PoolTransaction.pool_id == pool.id, PoolTransaction.commitment_id.is_not(None))
        .group_by(PoolTransaction.commitment_id)
        .subquery()
    )
    query = (
        select(Commitment, days.c.made_on, days.c.moved_on)
        .join(days, days.c.commitment_id == Commitment.id)
        .where(Commitment.pool_id == pool.id)
        .order_by(days.c.made_on, Commitment.id)
    )
    if scheme_id is not None:
        query = query.where(Commitment.scheme_id == scheme_id)
    return [
        PromiseView(
            id=row.id,
            scheme_id=row.scheme_id,
            provider_id=row.provider_id,
            reference=row.reference,
            promised=row.state,
            made_on=made_on,
            moved_on=moved_on,
        )
        for row, made_on, moved_on in session.execute(query)
    ]
