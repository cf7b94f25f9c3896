"""How an event is posted: one projection for every kind of transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from audit import Record
from ledger.core.projection import Opened, projects
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
from ledger.funding.posted import EVENTS
from ledger.funding.projection.payments import AFTER, tick
from ledger.funding.projection.sealing import seal
from ledger.funding.rules.commitments import Commitment as CommitmentState
from ledger.funding.rules.events import LIABILITIES, Event
from ledger.funding.rules.postings import Transaction


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

    # Commands wait for one another, so `at` may run backwards; along an account it must not.
    recorded_at = max(record.at, *(row.moved_at or record.at for row in rows))
    before = {row.account_id: row.balance_minor for row in rows}
    count = {row.account_id: row.postings_count for row in rows}
    legs, after = _legs(pool, transaction, before, count, recorded_at)
    seal(session, _header(record, event, recorded_at, rows[0].period_id), legs)
    tick(session, record, event, before, after)
    if follows := AFTER.get(_undone(session, transaction) or event):
        follows(session, record)


for _kind in EVENTS:
    projects(_kind)(posted)


def _undone(session: Session, transaction: Transaction) -> Event | None:
    if transaction.reverses is None:
        return None
    return Event(session.get_one(PoolTransaction, transaction.reverses).event)


def _before(session: Session, pool_id: UUID, transaction: Transaction) -> Sequence[Row[Any]]:
    """Return what the accounts hold; beside each the day's period, and the proposal, if any."""
    held, day = PoolBalance, transaction.effective_on
    period = select(Period.id).where(
        Period.pool_id == pool_id, Period.first_day <= day, Period.last_day >= day
    )
    proposal = select(Proposal.id).where(Proposal.id == transaction.transaction_id)
    query = select(
        held.account_id,
        held.balance_minor,
        held.postings_count,
        held.moved_at,
        period.scalar_subquery().label("period_id"),
        proposal.scalar_subquery().label("proposal_id"),
    )
    accounts = sorted({posting.account.id_in(pool_id) for posting in transaction.postings})
    found: list[Row[Any]] = []
    for start in range(0, len(accounts), 500):  # Databases take only so many parameters.
        found += session.execute(query.where(held.account_id.in_(accounts[start : start + 500])))
    return found


def _legs(
    pool: Pool,
    transaction: Transaction,
    before: Mapping[UUID, int],
    counts: Mapping[UUID, int],
    recorded_at: datetime,
) -> tuple[list[dict[str, Any]], dict[UUID, int]]:
    """Return the rows of the postings, and what the accounts hold after them."""
    held, count = dict(before), dict(counts)
    legs = []
    for seq, posting in enumerate(transaction.postings):
        account = posting.account.id_in(pool.id)
        held[account] += posting.amount_minor
        count[account] += 1
        legs.append(
            {
                "transaction_id": transaction.transaction_id,
                "seq": seq,
                "pool_id": pool.id,
                "account_id": account,
                "book": posting.account.head.book,
                "currency": pool.currency,
                "amount_minor": posting.amount_minor,
                "balance_after_minor": held[account],
                "account_seq": count[account],
                "recorded_at": recorded_at,
                "source": posting.source,
                "nature": posting.nature,
                "recurrent": posting.recurrent,
            }
        )
    return legs, held


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
