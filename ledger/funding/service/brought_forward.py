"""A new year's budget out of what the last one left."""

from datetime import date
from uuid import UUID

from ledger.core.money import format_minor
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.queries.grounds import kept_beyond_budget
from ledger.funding.rules import year_end
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import Event
from ledger.funding.service.posting import (
    Outcome,
    hold_balances,
    hold_pool,
    new_transaction,
    write,
)
from ledger.funding.service.year_end import MoreThanTheResult


def bring_forward(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    amount_minor: int,
    reference: str,
    effective_on: date | None = None,
) -> Outcome:
    """Make what was carried forward budget of the new year.

    Raises:
        MoreThanTheResult: less was carried forward and is not budget yet.
    """
    pool = hold_pool(work, pool_id)
    work.authorise(Permission.POOL_ALLOCATE, on=pool.resource)
    postings = year_end.bring_forward(amount_minor)
    budget = Account(head=Head.FUNDING_BROUGHT_FORWARD)
    kept = [
        Account(head=head, of=partner)
        for head in (Head.FUND_BROUGHT_FORWARD, Head.FUND_RINGFENCE)
        for partner in pool.partner_ids
    ]
    hold_balances(work, pool, [budget, *kept])
    left_minor = max(0, kept_beyond_budget(work.session, pool_id))
    if amount_minor > left_minor:
        raise MoreThanTheResult(f"{format_minor(left_minor)} is carried forward and no budget yet")
    transaction = new_transaction(
        pool,
        work,
        effective_on=effective_on,
        clause=pool.fund.clause_of(Event.BUDGET_BROUGHT_FORWARD),
        reference=reference,
        postings=postings,
    )
    return write(work, pool, Event.BUDGET_BROUGHT_FORWARD, transaction)
