"""Every transaction of a pool as of a size of the log, with who made and who approved it."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session, aliased

from ledger.core import clock
from ledger.core.as_said import LEDGER, check_size
from ledger.core.trail import Leaf, LogEntry
from ledger.funding.models import (
    ApprovalGiven,
    PoolAccount,
    PoolPosting,
    PoolTransaction,
    Proposal,
)
from ledger.funding.queries.as_of import within
from ledger.funding.rules.chart import Book, Head
from ledger.funding.rules.events import Event
from ledger.funding.rules.journal import Journalled


@dataclass(frozen=True, slots=True)
class _Sums:
    financial_minor: int
    budget_minor: int
    lowest_available_minor: int | None


def journal(session: Session, pool_id: UUID, size: int) -> list[Journalled]:
    """Return every transaction within a size of the log, in its order.

    Raises:
        LogNotThatLong: the log is shorter.
    """
    check_size(session, size)
    sums, approvers = _sums(session, pool_id, size), _approvers(session, pool_id)
    row, undoing = PoolTransaction, aliased(PoolTransaction)
    undone = (
        select(undoing.reverses, undoing.id)
        .join(LogEntry, LogEntry.id == undoing.entry_id)
        .join(Leaf, Leaf.position == LogEntry.position)
        .where(undoing.pool_id == pool_id, undoing.reverses.is_not(None))
        .where(Leaf.log == LEDGER, Leaf.index < size)
    )
    reversed_by = {one.reverses: one.id for one in session.execute(undone)}
    prepared = select(Proposal.id, Proposal.maker_id).where(Proposal.pool_id == pool_id)
    makers = {one.id: f"person:{one.maker_id}" for one in session.execute(prepared)}
    rows = session.execute(
        select(row, Leaf.index.label("at_index"))
        .join(LogEntry, LogEntry.id == row.entry_id)
        .join(Leaf, Leaf.position == LogEntry.position)
        .where(row.pool_id == pool_id, Leaf.log == LEDGER, Leaf.index < size)
        .order_by(Leaf.index, row.id)
    )
    found: list[Journalled] = []
    closed: dict[UUID, int] = {}
    for one, at_index in rows:
        found.append(
            Journalled(
                index=at_index,
                entry_id=one.entry_id,
                id=one.id,
                event=Event(one.event),
                effective_on=one.effective_on,
                recorded_at=one.recorded_at,
                recorded_on=clock.civil_date(one.recorded_at),
                maker=makers.get(one.id, one.actor),
                approvers=tuple(approvers.get(one.id, ())),
                agreement_version=one.agreement_version,
                clause=one.clause,
                reference=one.reference,
                financial_minor=sums[one.id].financial_minor,
                budget_minor=sums[one.id].budget_minor,
                reverses=one.reverses,
                reversed_by=reversed_by.get(one.id),
                relates_to=one.relates_to,
                year_closed=one.period_id in closed,
                lowest_available_minor=sums[one.id].lowest_available_minor,
            )
        )
        if one.event == Event.YEAR_CLOSED:
            closed[one.period_id] = at_index
    return found


def _sums(session: Session, pool_id: UUID, size: int) -> dict[UUID, _Sums]:
    leg = PoolPosting

    def debits(book: Book) -> ColumnElement[int]:
        counted = (leg.book == book) & (leg.amount_minor > 0)
        return func.sum(case((counted, leg.amount_minor), else_=0))

    available = case((PoolAccount.head == Head.AVAILABLE, leg.balance_after_minor))
    rows = session.execute(
        select(
            leg.transaction_id,
            debits(Book.FINANCIAL).label("financial"),
            debits(Book.BUDGET).label("budget"),
            func.min(available).label("lowest"),
        )
        .join(PoolTransaction, PoolTransaction.id == leg.transaction_id)
        .join(PoolAccount, PoolAccount.id == leg.account_id)
        .where(PoolTransaction.pool_id == pool_id, within(session, size))
        .group_by(leg.transaction_id)
    )
    return {
        row.transaction_id: _Sums(int(row.financial), int(row.budget), row.lowest) for row in rows
    }


def _approvers(session: Session, pool_id: UUID) -> dict[UUID, list[str]]:
    """Return who approved what was posted: by then every approval of it was in the log."""
    row = ApprovalGiven
    rows = session.execute(
        select(row.proposal_id, row.person_id, row.organisation_id)
        .join(Proposal, Proposal.id == row.proposal_id)
        .where(Proposal.pool_id == pool_id)
        .order_by(row.approved_at, row.person_id)
    )
    found: dict[UUID, list[str]] = defaultdict(list)
    for one in rows:
        found[one.proposal_id].append(f"person:{one.person_id} of {one.organisation_id}")
    return found
