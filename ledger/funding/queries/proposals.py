"""What waits for approval, and whose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from audit.values import from_json
from ledger.core.errors import NotFound
from ledger.funding.imports.models import PaymentImport
from ledger.funding.models import ApprovalGiven, Proposal
from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.controls import Approval, Control
from ledger.funding.rules.events import Event
from ledger.funding.rules.postings import Transaction

DECIDED_MAX: Final = 20
"""So many decisions of one pool are shown as the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalView:
    """A transaction that waits, or waited, and who has approved it."""

    event: Event
    control: Control
    transaction: Transaction
    maker_id: UUID
    made_at: datetime
    entry_id: UUID
    state: str
    approvals: tuple[Approval, ...]


def waiting(session: Session, pool: PoolView) -> Sequence[ProposalView]:
    """Return the proposals of a pool that wait for approval, oldest first."""
    rows = session.scalars(
        select(Proposal)
        .where(Proposal.pool_id == pool.id, Proposal.state == "waiting")
        .order_by(Proposal.made_at, Proposal.id)
    )
    return [_view(session, row) for row in rows]


def lately_decided(
    session: Session, pool: PoolView, person_id: UUID, *, since: datetime
) -> Sequence[ProposalView]:
    """Return what a person prepared or approved and was decided since then, newest first.

    The payments of a file were decided as one, on the page of the file: they are left out.
    """
    of_files = select(PaymentImport.entry_id).where(PaymentImport.pool_id == pool.id)
    approved = select(ApprovalGiven.proposal_id).where(ApprovalGiven.person_id == person_id)
    rows = session.scalars(
        select(Proposal)
        .where(
            Proposal.pool_id == pool.id,
            Proposal.state != "waiting",
            Proposal.ended_at >= since,
            Proposal.entry_id.not_in(of_files),
            or_(Proposal.maker_id == person_id, Proposal.id.in_(approved)),
        )
        .order_by(Proposal.ended_at.desc(), Proposal.id)
        .limit(DECIDED_MAX)
    )
    return [_view(session, row) for row in rows]


def proposal(session: Session, pool: PoolView, transaction_id: UUID) -> ProposalView:
    """Return a proposal of *pool*. Raises `NotFound` if it has no such one."""
    row = session.get(Proposal, transaction_id)
    if row is None or row.pool_id != pool.id:
        raise NotFound("no such proposal in this pool")
    return _view(session, row)


def pool_of(session: Session, transaction_id: UUID) -> UUID:
    """Return the pool of a proposal. Raises `NotFound` if there is none."""
    row = session.get(Proposal, transaction_id)
    if row is None:
        raise NotFound("no such proposal")
    return row.pool_id


def _view(session: Session, row: Proposal) -> ProposalView:
    given = session.scalars(
        select(ApprovalGiven)
        .where(ApprovalGiven.proposal_id == row.id)
        .order_by(ApprovalGiven.approved_at, ApprovalGiven.person_id)
    )
    return ProposalView(
        event=Event(row.event),
        control=row.control,
        transaction=from_json(Transaction, row.body),
        maker_id=row.maker_id,
        made_at=row.made_at,
        entry_id=row.entry_id,
        state=row.state,
        approvals=tuple(one.approval for one in given),
    )
