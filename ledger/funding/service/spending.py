"""Spending: what is promised to providers, what came, and what is no longer needed."""

from datetime import date
from uuid import UUID

from ledger.core.errors import Conflict, Invalid
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.models import Commitment
from ledger.funding.rules import events
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.dimensions import UNSAID, Said
from ledger.funding.rules.events import Event
from ledger.funding.service.days import check_closed
from ledger.funding.service.posting import (
    HeldPool,
    Outcome,
    hold_balances,
    hold_pool,
    new_transaction,
    write,
)


class AnotherCommitment(Conflict):
    """A commitment that is not of this pool, scheme or provider."""

    slug = "another-commitment"
    title = "This commitment is for something else"


def commit(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    scheme_id: UUID,
    provider_id: UUID,
    amount_minor: int,
    reference: str,
    effective_on: date | None = None,
) -> tuple[UUID, Outcome]:
    """Promise spending to a provider: a contract, an order. Counts against the budget.

    Returns:
        The commitment's id, and what was posted.

    Raises:
        BeyondLimit: the scheme has not that much available.
    """
    pool = hold_pool(work, pool_id)
    work.authorise(Permission.POOL_SPEND, on=pool.resource)
    hold_balances(work, pool, [Account(head=Head.PAYABLE, of=provider_id)])
    commitment_id = new_id()
    transaction = new_transaction(
        pool,
        work,
        effective_on=effective_on,
        clause=pool.fund.clause_of(Event.SPENDING_COMMITTED),
        reference=reference,
        commitment_id=commitment_id,
        postings=events.commit(scheme_id, amount_minor),
    )
    details = {"scheme_id": scheme_id, "provider_id": provider_id}
    return commitment_id, write(work, pool, Event.SPENDING_COMMITTED, transaction, details=details)


def release(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    commitment_id: UUID,
    amount_minor: int,
    effective_on: date | None = None,
) -> Outcome:
    """Give back to the scheme what a commitment no longer needs.

    Raises:
        NotThatMuchOpen: less of it is open.
    """
    pool = hold_pool(work, pool_id)
    commitment = _hold_commitment(work, pool, commitment_id)
    work.authorise(Permission.POOL_SPEND, on=pool.resource)
    postings = events.release(commitment.scheme_id, amount_minor)
    commitment.state.after(Event.COMMITMENT_RELEASED, postings)
    transaction = new_transaction(
        pool,
        work,
        effective_on=effective_on,
        clause=pool.fund.clause_of(Event.COMMITMENT_RELEASED),
        reference=commitment.reference,
        commitment_id=commitment_id,
        postings=postings,
    )
    return write(work, pool, Event.COMMITMENT_RELEASED, transaction)


def accrue(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    scheme_id: UUID,
    provider_id: UUID,
    amount_minor: int,
    reference: str,
    said: Said = UNSAID,
    commitment_id: UUID | None = None,
    relates_to: date | None = None,
    effective_on: date | None = None,
) -> Outcome:
    """Record that goods or services came and are owed for. Never refused for want of budget.

    What a commitment does not cover comes from what is available, and may take that below
    zero: the outcome and the entry then say by how much the scheme is overspent.

    Args:
        work: The unit of work.
        pool_id: Which pool.
        scheme_id: Whose budget it uses.
        provider_id: Who is owed.
        amount_minor: In minor units.
        reference: The invoice or delivery.
        said: What is said of it besides the amount.
        commitment_id: What promised it, if anything did.
        relates_to: The day in a closed period that should have had it.
        effective_on: Today, if not given.

    Raises:
        AnotherCommitment: it is for another scheme or provider.
        NotInClosedPeriod: *relates_to* may still be posted to.
    """
    pool = hold_pool(work, pool_id, reads_balances_alone=True)
    commitment = _hold_commitment(work, pool, commitment_id) if commitment_id else None
    work.authorise(Permission.POOL_SPEND, on=pool.resource)
    if not reference.strip():
        raise Invalid("give the reference of the invoice or delivery")
    _check_for(commitment, scheme_id, provider_id)
    if relates_to is not None:
        check_closed(work, pool_id, relates_to, Event.EXPENDITURE_ACCRUED)
    transaction = new_transaction(
        pool,
        work,
        effective_on=effective_on,
        clause=pool.fund.clause_of(Event.EXPENDITURE_ACCRUED),
        reference=reference.strip(),
        commitment_id=commitment_id,
        relates_to=relates_to,
        postings=events.accrue(
            scheme_id,
            {provider_id: amount_minor},
            covered_minor=commitment.state.covered(amount_minor) if commitment else 0,
            nature=said.nature,
            recurrent=said.recurrent,
        ),
    )
    details = {"scheme_id": scheme_id, "capital": said.capital, "vat": said.vat}
    return write(work, pool, Event.EXPENDITURE_ACCRUED, transaction, details=details)


def _check_for(commitment: Commitment | None, scheme_id: UUID, provider_id: UUID) -> None:
    if commitment and (commitment.scheme_id, commitment.provider_id) != (scheme_id, provider_id):
        raise AnotherCommitment("choose a commitment for this scheme and this provider")


def _hold_commitment(work: UnitOfWork, pool: HeldPool, commitment_id: UUID) -> Commitment:
    commitment = work.load(Commitment, commitment_id)
    if commitment.pool_id != pool.id:
        raise AnotherCommitment("choose a commitment of this pool")
    return commitment
