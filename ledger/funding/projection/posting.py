"""How an event is posted: one projection for every kind of transaction."""

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from audit import Record
from ledger.core.projection import Opened, projects
from ledger.funding.entries import POSTED, Posts, SpendingCommitted
from ledger.funding.models import (
    Commitment,
    Period,
    Pool,
    PoolBalance,
    PoolPosting,
    PoolSeal,
    PoolTransaction,
    Proposal,
)
from ledger.funding.rules.commitments import Commitment as CommitmentState
from ledger.funding.rules.events import LIABILITIES, Event

_EVENTS = {kind: event for event, kind in POSTED.items()}


def posted(session: Session, record: Record[Posts], _: Opened) -> None:
    """A transaction is posted and sealed; the database moves the balances and checks it."""
    entry, transaction = record.entry, record.entry.transaction
    event = _EVENTS[type(entry)]
    if proposal := session.get(Proposal, transaction.transaction_id):
        proposal.state, proposal.ended_at = "posted", record.at
    if transaction.commitment_id is not None:
        _move_commitment(session, entry, event)
    session.flush()

    pool = session.get_one(Pool, entry.pool_id)
    accounts = [posting.account.id_in(pool.id) for posting in transaction.postings]
    before = {
        row.account_id: row
        for row in session.execute(
            select(
                PoolBalance.account_id,
                PoolBalance.balance_minor,
                PoolBalance.postings_count,
                PoolBalance.moved_at,
            ).where(PoolBalance.account_id.in_(accounts))
        )
    }
    # Commands wait for one another, so `at` may run backwards; along an account it must not.
    recorded_at = max(record.at, *(row.moved_at or record.at for row in before.values()))
    held = {account: row.balance_minor for account, row in before.items()}
    count = {account: row.postings_count for account, row in before.items()}
    legs = []
    for seq, (account, posting) in enumerate(zip(accounts, transaction.postings, strict=True)):
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
    header = {
        "id": transaction.transaction_id,
        "pool_id": pool.id,
        "entry_id": record.id,
        "event": event,
        "effective_on": transaction.effective_on,
        "recorded_at": recorded_at,
        "period_id": session.scalars(
            select(Period.id).where(
                Period.pool_id == pool.id,
                Period.first_day <= transaction.effective_on,
                Period.last_day >= transaction.effective_on,
            )
        ).one(),
        "agreement_version": transaction.agreement_version,
        "clause": transaction.clause,
        "reference": transaction.reference,
        "basis": transaction.basis,
        "commitment_id": transaction.commitment_id,
        "reverses": transaction.reverses,
        "relates_to": transaction.relates_to,
        "actor": record.actor,
        "liability": event in LIABILITIES,
    }
    # In this order: a posting belongs to a transaction, and a sealed one takes no more.
    session.execute(insert(PoolTransaction), [header])
    session.execute(insert(PoolPosting), legs)
    seal = {"transaction_id": transaction.transaction_id, "postings_count": len(legs)}
    session.execute(insert(PoolSeal), [seal])


for _kind in POSTED.values():
    projects(_kind)(posted)


def _move_commitment(session: Session, entry: Posts, event: Event) -> None:
    transaction = entry.transaction
    if isinstance(entry, SpendingCommitted):
        session.add(
            row := Commitment(
                id=transaction.commitment_id,
                pool_id=entry.pool_id,
                scheme_id=entry.scheme_id,
                provider_id=entry.provider_id,
                reference=transaction.reference,
            )
        )
        before = CommitmentState(committed_minor=0)
    else:
        row = session.get_one(Commitment, transaction.commitment_id)
        before = row.state
    if transaction.reverses is not None:
        original = session.get_one(PoolTransaction, transaction.reverses)
        event = Event(original.event)
    after = before.after(event, transaction.postings)
    row.committed_minor = after.committed_minor
    row.spent_minor = after.spent_minor
    row.released_minor = after.released_minor
