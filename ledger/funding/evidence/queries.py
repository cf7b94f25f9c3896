"""The grounds of a pool's payments, as whoever may see the pool may read them; and settlements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.core import blobs
from ledger.core.errors import NotFound
from ledger.funding.evidence.models import PoolEvidence
from ledger.funding.payment_tables import Settlement
from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.rosters import Purpose
from ledger.funding.rules.settlement import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceView:
    """A piece of evidence."""

    digest: str
    purpose: Purpose
    media_type: str
    size: int
    reference: str
    kept_at: datetime
    entry_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementView:
    """How far the sharing of a gain or loss has got.

    Attributes:
        posted_minor: What stands posted for each party: nothing after a shadow run.
    """

    id: UUID
    scheme_id: UUID
    run: Run
    inputs_digest: str
    posted_minor: Mapping[UUID, int]


def evidence(session: Session, pool: PoolView) -> Sequence[EvidenceView]:
    """Return what a pool keeps, newest first."""
    rows = session.scalars(
        select(PoolEvidence)
        .where(PoolEvidence.pool_id == pool.id)
        .order_by(PoolEvidence.kept_at.desc(), PoolEvidence.digest)
    )
    return [_view(row) for row in rows]


def content(session: Session, pool: PoolView, digest: str) -> tuple[EvidenceView | None, bytes]:
    """Return what a pool keeps under a digest; of a settlement's inputs no more is known.

    Raises:
        NotFound: this pool keeps no such bytes.
    """
    row = session.get(PoolEvidence, (pool.id, digest))
    inputs = select(Settlement.id).where(
        Settlement.pool_id == pool.id, Settlement.inputs_digest == digest
    )
    if row is None and session.scalar(inputs.limit(1)) is None:
        raise NotFound("this pool keeps no such evidence")
    return (_view(row) if row else None), blobs.read(session, digest)


def settlements(session: Session, pool: PoolView) -> Sequence[SettlementView]:
    """Return the settlements of a pool, oldest first."""
    mine = select(Settlement).where(Settlement.pool_id == pool.id).order_by(Settlement.id)
    return [
        SettlementView(
            id=row.id,
            scheme_id=row.scheme_id,
            run=Run(row.run),
            inputs_digest=row.inputs_digest,
            posted_minor={UUID(party): part for party, part in row.posted.items()},
        )
        for row in session.scalars(mine)
    ]


def _view(row: PoolEvidence) -> EvidenceView:
    return EvidenceView(
        digest=row.digest,
        purpose=Purpose(row.purpose),
        media_type=row.media_type,
        size=row.size,
        reference=row.reference,
        kept_at=row.kept_at,
        entry_id=row.entry_id,
    )
