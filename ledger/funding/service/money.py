"""Money: what falls due, what arrives, and what is paid."""

from datetime import date
from uuid import UUID

from ledger.core.errors import Conflict
from ledger.core.money import format_minor
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.queries.grounds import fallen_due
from ledger.funding.rules import events
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import Event
from ledger.funding.rules.postings import Postings
from ledger.funding.service.posting import (
    HeldPool,
    Outcome,
    hold_balances,
    hold_pool,
    new_transaction,
    write,
)


class MoreThanAgreed(Conflict):
    """Instalments that sum to more than the partner's agreed contribution."""

    slug = "more-than-agreed"
    title = "That is more than the partner agreed to contribute"


def not_yet_due(work: UnitOfWork, pool: HeldPool, partner_id: UUID) -> int:
    """Return what of a partner's contribution has still to fall due, its accounts locked.

    Its share of an overspend is in what it agreed, and fell due when it was shared: it is
    not asked for twice. Nor is what fell due in years that are closed.
    """
    heads = (Head.FUNDING, Head.INCOME, Head.INCOME_RISKSHARE)
    agreed, *due = (Account(head=head, of=partner_id) for head in heads)
    held = hold_balances(work, pool, [agreed, *due])
    return -held[agreed] - fallen_due(work.session, pool.id, partner_id)


def fall_due(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    partner_id: UUID,
    amount_minor: int,
    reference: str,
    effective_on: date | None = None,
) -> Outcome:
    """Record that an instalment of a partner's contribution falls due.

    Raises:
        MoreThanAgreed: instalments would sum to more than the contribution.
    """
    pool = hold_pool(work, pool_id)
    work.authorise(Permission.POOL_SPEND, on=pool.resource)
    left_minor = not_yet_due(work, pool, partner_id)
    postings = events.fall_due(partner_id, amount_minor)
    if amount_minor > left_minor:
        raise MoreThanAgreed(f"{format_minor(left_minor)} of the contribution is not yet due")
    return _write(
        work,
        pool,
        Event.INSTALMENT_FALLEN_DUE,
        postings,
        reference=reference,
        effective_on=effective_on,
    )


def receive(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    partner_id: UUID,
    amount_minor: int,
    reference: str,
    effective_on: date | None = None,
) -> Outcome:
    """Record a partner's payment into the pool; *reference* is the bank line.

    Raises:
        BeyondLimit: the partner does not owe that much.
    """
    pool = hold_pool(work, pool_id, reads_balances_alone=True)
    work.authorise(Permission.POOL_SPEND, on=pool.resource)
    postings = events.receive(partner_id, amount_minor)
    return _write(
        work,
        pool,
        Event.CONTRIBUTION_RECEIVED,
        postings,
        reference=reference,
        effective_on=effective_on,
    )


def propose_payment(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    provider_id: UUID,
    amount_minor: int,
    reference: str,
    effective_on: date | None = None,
) -> Outcome:
    """Prepare a payment of what is owed to a provider; somebody else must approve it.

    Raises:
        BeyondLimit: less is owed, or the pool does not hold that much cash.
        NobodyActs: it was not a person who prepared it.
    """
    pool = hold_pool(work, pool_id)
    work.authorise(Permission.POOL_SPEND, on=pool.resource)
    postings = events.pay(provider_id, amount_minor)
    return _write(
        work, pool, Event.PAYMENT_MADE, postings, reference=reference, effective_on=effective_on
    )


def propose_repayment(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    partner_id: UUID,
    amount_minor: int,
    reference: str,
    effective_on: date | None = None,
) -> Outcome:
    """Prepare a payment of what is owed back to a partner; somebody else must approve it.

    Raises:
        BeyondLimit: less is owed, or the pool does not hold that much cash.
    """
    pool = hold_pool(work, pool_id)
    work.authorise(Permission.POOL_SPEND, on=pool.resource)
    postings = events.pay_partner(partner_id, amount_minor)
    return _write(
        work, pool, Event.PAYMENT_MADE, postings, reference=reference, effective_on=effective_on
    )


def _write(
    work: UnitOfWork,
    pool: HeldPool,
    event: Event,
    postings: Postings,
    *,
    reference: str,
    effective_on: date | None,
) -> Outcome:
    transaction = new_transaction(
        pool,
        work,
        effective_on=effective_on,
        clause=pool.fund.clause_of(event),
        reference=reference,
        postings=postings,
    )
    return write(work, pool, event, transaction)
