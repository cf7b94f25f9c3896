"""Corrections: a transaction is undone by its exact negation, once, and made again."""

from datetime import date
from uuid import UUID

from sqlalchemy import select

from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.models import Commitment, Period, PoolTransaction
from ledger.funding.payment_tables import Bundle
from ledger.funding.queries.transactions import postings_of
from ledger.funding.rules.events import BUNDLES, Event
from ledger.funding.rules.postings import NotReversible, check_reversible, negated
from ledger.funding.service.days import closed_to
from ledger.funding.service.posting import (
    Outcome,
    hold_balances,
    hold_pool,
    new_transaction,
    write,
)

_SPENDING = frozenset(
    {
        Event.INSTALMENT_FALLEN_DUE,
        Event.CONTRIBUTION_RECEIVED,
        Event.SPENDING_COMMITTED,
        Event.COMMITMENT_RELEASED,
        Event.EXPENDITURE_ACCRUED,
        Event.PAYMENT_MADE,
        Event.CAPITATION_RUN,
        Event.ROSTER_CORRECTED,
        Event.BONUS_AWARDED,
        Event.BUNDLE_STARTED,
        Event.BUNDLE_DONE,
        Event.BUNDLE_CANCELLED,
        Event.CREDIT_NOTE_RECEIVED,
        Event.CLAW_BACK_MADE,
        Event.REFUND_RECEIVED,
    }
)
_FOR_GOOD = frozenset({Event.YEAR_CLOSED, Event.BUDGET_LAPSED, Event.GAIN_LOSS_SETTLED})
"""What is put right by going on: a prior-period correction, or a settlement's final run."""


def reverse(
    work: UnitOfWork,
    pool_id: UUID,
    transaction_id: UUID,
    *,
    reference: str,
    effective_on: date | None = None,
    permission: Permission | None = None,
) -> Outcome:
    """Undo a transaction. What needed approval needs approval to be undone.

    In a closed period the correction is dated in an open one and names the day it is about.
    *permission* is what its maker needs, if not what the event itself needs: time needs another.

    Raises:
        NotFound: there is no such transaction in this pool.
        AlreadyReversed: it was reversed; the detail names by what.
        NotReversible: it is itself a reversal.
        BeyondLimit: what it gave has been used since.
        NotThatMuchOpen: it made a commitment that has been used since.
    """
    pool = hold_pool(work, pool_id)
    original = work.load(PoolTransaction, transaction_id, to_change=False)
    if original.pool_id != pool_id:
        raise NotFound("no such transaction in this pool")
    event = Event(original.event)
    own = Permission.POOL_SPEND if event in _SPENDING else Permission.POOL_ALLOCATE
    work.authorise(permission or own, on=pool.resource)
    postings = negated(postings_of(work.session, transaction_id))
    # Whoever reverses it at the same moment waits here, and is then told that it was.
    hold_balances(work, pool, {posting.account for posting in postings})
    undone = select(PoolTransaction.id).where(PoolTransaction.reverses == transaction_id)
    check_reversible(reversed_by=work.session.scalar(undone), reverses=original.reverses)
    if event in _FOR_GOOD:
        raise NotReversible("correct it in an open period, or by the settlement's final run")
    if event in BUNDLES:
        work.load(Bundle, original.commitment_id)
    if original.commitment_id is not None:
        work.load(Commitment, original.commitment_id).state.after(event, postings)
    period = work.load(Period, original.period_id, to_change=False)
    transaction = new_transaction(
        pool,
        work,
        effective_on=effective_on,
        agreement_version=original.agreement_version,
        clause=original.clause,
        reference=reference,
        commitment_id=original.commitment_id,
        postings=postings,
        reverses=transaction_id,
        relates_to=original.effective_on if closed_to(period, event) else None,
    )
    return write(work, pool, Event.TRANSACTION_REVERSED, transaction, reverses=event)
