"""Money that comes back from providers: credit notes, claw-backs and refunds."""

from datetime import date
from uuid import UUID

from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.rules import events
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import Event
from ledger.funding.rules.limits import BeyondLimit
from ledger.funding.rules.postings import Postings
from ledger.funding.service.days import check_closed
from ledger.funding.service.posting import (
    Outcome,
    hold_balances,
    hold_pool,
    hold_scheme,
    new_transaction,
    write,
)


def credit_note(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    scheme_id: UUID,
    provider_id: UUID,
    amount_minor: int,
    reference: str,
    relates_to: date | None = None,
    effective_on: date | None = None,
) -> Outcome:
    """Record a provider's credit note: it is owed less, and may owe the pool afterwards.

    Args:
        work: The unit of work.
        pool_id: Which pool.
        scheme_id: Whose expenditure was too high.
        provider_id: Who takes the charge back.
        amount_minor: In minor units.
        reference: The credit note's number.
        relates_to: The day in a closed period that it is about.
        effective_on: Today, if not given.

    Raises:
        NotInClosedPeriod: that day may still be posted to.
    """
    return _post(
        work,
        pool_id,
        Event.CREDIT_NOTE_RECEIVED,
        events.take_back(scheme_id, provider_id, amount_minor),
        scheme_id,
        reference=reference,
        relates_to=relates_to,
        effective_on=effective_on,
    )


def claw_back(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    scheme_id: UUID,
    provider_id: UUID,
    amount_minor: int,
    reference: str,
    relates_to: date | None = None,
    effective_on: date | None = None,
) -> Outcome:
    """Propose to take back what a provider was owed or paid; a second person must approve."""
    return _post(
        work,
        pool_id,
        Event.CLAW_BACK_MADE,
        events.take_back(scheme_id, provider_id, amount_minor),
        scheme_id,
        reference=reference,
        relates_to=relates_to,
        effective_on=effective_on,
    )


def refund(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    provider_id: UUID,
    amount_minor: int,
    reference: str,
    effective_on: date | None = None,
) -> Outcome:
    """Record that a provider paid back what it owes; *reference* is the bank line.

    Raises:
        BeyondLimit: it does not owe that much.
    """
    pool = hold_pool(work, pool_id)
    work.authorise(Permission.POOL_SPEND, on=pool.resource)
    postings = events.refund(provider_id, amount_minor)
    payable = Account(head=Head.PAYABLE, of=provider_id)
    if hold_balances(work, pool, [payable])[payable] < amount_minor:
        raise BeyondLimit("the provider does not owe the pool that much")
    transaction = new_transaction(
        pool,
        work,
        effective_on=effective_on,
        clause=pool.fund.clause_of(Event.REFUND_RECEIVED),
        reference=reference,
        postings=postings,
    )
    return write(work, pool, Event.REFUND_RECEIVED, transaction)


def _post(
    work: UnitOfWork,
    pool_id: UUID,
    event: Event,
    postings: Postings,
    scheme_id: UUID,
    *,
    reference: str,
    relates_to: date | None,
    effective_on: date | None,
) -> Outcome:
    pool = hold_pool(work, pool_id)
    hold_scheme(work, pool, scheme_id)
    work.authorise(Permission.POOL_SPEND, on=pool.resource)
    if relates_to is not None:
        check_closed(work, pool_id, relates_to, event)
    transaction = new_transaction(
        pool,
        work,
        effective_on=effective_on,
        clause=pool.fund.clause_of(event),
        reference=reference,
        relates_to=relates_to,
        postings=postings,
    )
    return write(work, pool, event, transaction)
