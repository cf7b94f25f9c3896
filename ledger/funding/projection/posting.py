"""How an event is posted: one projection for every kind of transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Date, Row, bindparam, select
from sqlalchemy.orm import Session

from audit import Record
from ledger.core.projection import Opened, projects, projects_also_together
from ledger.funding.entries import Posts, SpendingCommitted
from ledger.funding.models import (
    Commitment,
    Period,
    Pool,
    PoolBalance,
    PoolTransaction,
    Proposal,
)
from ledger.funding.payment_entries import BundleStarted, ExpenditureAccrued
from ledger.funding.posted import EVENTS, PLAIN
from ledger.funding.projection.moving import HELD, Held, hold
from ledger.funding.projection.payments import AFTER, tick
from ledger.funding.projection.sealing import seal, seal_many
from ledger.funding.rules.chart import Head
from ledger.funding.rules.commitments import Commitment as CommitmentState
from ledger.funding.rules.events import LIABILITIES, Event
from ledger.funding.rules.postings import Transaction

_DAY: Final = bindparam("day", type_=Date)
_PERIOD: Final = select(Period.id).where(
    Period.pool_id == bindparam("pool_id"), Period.first_day <= _DAY, Period.last_day >= _DAY
)
_PROPOSAL: Final = select(Proposal.id).where(Proposal.id == bindparam("transaction_id"))
_BEFORE: Final = select(
    *HELD,
    _PERIOD.scalar_subquery().label("period_id"),
    _PROPOSAL.scalar_subquery().label("proposal_id"),
).where(PoolBalance.account_id.in_(bindparam("accounts", expanding=True)))


def posted(session: Session, record: Record[Posts], _: Opened) -> None:
    """A transaction is posted and sealed; the database moves the balances and checks it."""
    entry, transaction = record.entry, record.entry.transaction
    event = EVENTS[type(entry)]
    pool = session.get_one(Pool, entry.pool_id)
    rows = _before(session, pool.id, transaction)
    if rows[0].proposal_id is not None:
        proposal = session.get_one(Proposal, transaction.transaction_id)
        proposal.state, proposal.ended_at = "posted", record.at
    if transaction.commitment_id is not None:
        _move_commitment(session, entry, _undone(session, transaction) or event)
    session.flush()

    held = Held.of(rows)
    before = dict(held.minor)
    recorded_at = held.moment(transaction, pool.id, record.at)
    legs = held.move(transaction, pool, recorded_at)
    seal(session, _header(record, event, recorded_at, rows[0].period_id), legs)
    tick(session, record, event, before, held.minor)
    if follows := AFTER.get(_undone(session, transaction) or event):
        follows(session, record)


for _kind in EVENTS:
    projects(_kind)(posted)


@projects_also_together(*PLAIN)
def posted_together(session: Session, records: Sequence[Record[Posts]]) -> None:
    """Transactions that only move balances are posted and sealed by one statement."""
    pool = session.get_one(Pool, records[0].entry.pool_id)
    transactions = [record.entry.transaction for record in records]
    held = hold(session, pool.id, transactions)
    periods = session.execute(
        select(Period.id, Period.first_day, Period.last_day).where(Period.pool_id == pool.id)
    ).all()
    headers, legs, clocks = [], list[dict[str, Any]](), []
    for record, transaction in zip(records, transactions, strict=True):
        day, event = transaction.effective_on, EVENTS[type(record.entry)]
        at = held.moment(transaction, pool.id, record.at)
        period_id = next(one.id for one in periods if one.first_day <= day <= one.last_day)
        headers.append(_header(record, event, at, period_id))
        if any(one.account.head is Head.AVAILABLE for one in transaction.postings):
            before = dict(held.minor)
            legs += held.move(transaction, pool, at)
            clocks.append((record, event, before, dict(held.minor)))
        else:
            legs += held.move(transaction, pool, at)
    seal_many(session, headers, legs)
    for one in clocks:
        tick(session, *one)


def _undone(session: Session, transaction: Transaction) -> Event | None:
    if transaction.reverses is None:
        return None
    return Event(session.get_one(PoolTransaction, transaction.reverses).event)


def _before(session: Session, pool_id: UUID, transaction: Transaction) -> Sequence[Row[Any]]:
    """Return what the accounts hold; beside each the day's period, and the proposal, if any."""
    said = {
        "pool_id": pool_id,
        "day": transaction.effective_on,
        "transaction_id": transaction.transaction_id,
    }
    accounts = sorted({posting.account.id_in(pool_id) for posting in transaction.postings})
    found: list[Row[Any]] = []
    for start in range(0, len(accounts), 500):  # Databases take only so many parameters.
        found += session.execute(_BEFORE, {**said, "accounts": accounts[start : start + 500]})
    return found


def _header(
    record: Record[Posts], event: Event, recorded_at: datetime, period_id: UUID
) -> dict[str, Any]:
    entry, transaction = record.entry, record.entry.transaction
    said = entry if isinstance(entry, ExpenditureAccrued) else None
    return {
        "id": transaction.transaction_id,
        "pool_id": entry.pool_id,
        "entry_id": record.id,
        "event": event,
        "effective_on": transaction.effective_on,
        "recorded_at": recorded_at,
        "period_id": period_id,
        "agreement_version": transaction.agreement_version,
        "clause": transaction.clause,
        "reference": transaction.reference,
        "basis": transaction.basis,
        "commitment_id": transaction.commitment_id,
        "reverses": transaction.reverses,
        "relates_to": transaction.relates_to,
        "actor": record.actor,
        "liability": event in LIABILITIES,
        "capital": said.capital if said else None,
        "vat": said.vat if said else None,
    }


def _move_commitment(session: Session, entry: Posts, event: Event) -> None:
    transaction = entry.transaction
    if isinstance(entry, (SpendingCommitted, BundleStarted)):
        first = entry.provider_id if isinstance(entry, SpendingCommitted) else entry.parts[0].of
        session.add(
            row := Commitment(
                id=transaction.commitment_id,
                pool_id=entry.pool_id,
                scheme_id=entry.scheme_id,
                provider_id=first,
                reference=transaction.reference,
            )
        )
        before = CommitmentState(committed_minor=0)
    else:
        row = session.get_one(Commitment, transaction.commitment_id)
        before = row.state
    after = before.after(event, transaction.postings)
    row.committed_minor = after.committed_minor
    row.spent_minor = after.spent_minor
    row.released_minor = after.released_minor
