"""Sharing an overspend that was authorised, by the rule that the partners agreed."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from uuid import UUID

from sqlalchemy import select

from ledger.core.errors import Conflict
from ledger.core.money import format_minor
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.models import Period
from ledger.funding.overspend import caps
from ledger.funding.payment_tables import Overspend
from ledger.funding.queries.pools import PeriodView
from ledger.funding.rules import events
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import Event
from ledger.funding.rules.postings import Share, check_amount
from ledger.funding.rules.sharing import share
from ledger.funding.service.posting import (
    HeldPool,
    Outcome,
    hold_balances,
    hold_pool,
    hold_scheme,
    new_transaction,
    write,
)
from ledger.funding.terms import SharedBy


class MoreThanAuthorised(Conflict):
    """Only an overspend that every partner authorised is shared."""

    slug = "more-than-authorised"
    title = "That is more than the overspend that was authorised"


class BeyondCap(Conflict):
    """A partner would bear more than the agreement's cap."""

    slug = "share-beyond-cap"
    title = "A partner's share is more than its cap"


def share_overspend(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    amount_minor: int,
    reference: str,
    scheme_id: UUID | None = None,
    weights: Mapping[UUID, Fraction] | None = None,
    effective_on: date | None = None,
) -> Outcome:
    """Divide an authorised overspend between the partners, to the penny; each then owes its part.

    The weights and the cap are those of the agreement's share rule on the day it counts for;
    both are in the entry.

    Args:
        work: The unit of work.
        pool_id: Which pool.
        amount_minor: In minor units.
        reference: Of the decision.
        scheme_id: Whose line's rule counts; the one of the whole pool, if not given.
        weights: As the partners decided, where the rule is variable.
        effective_on: Today, if not given.

    Raises:
        NoShareRule: the agreement has no rule that divides the whole pool.
        MoreThanAuthorised: less was authorised and is not shared yet.
        BeyondCap: with what it bore before in the period, a partner's part is more than the cap.
    """
    pool = hold_pool(work, pool_id, on=effective_on)
    line = hold_scheme(work, pool, scheme_id).title if scheme_id else None
    work.authorise(Permission.POOL_ALLOCATE, on=pool.resource)
    rule = pool.fund.share_rule(line, weights=weights)
    check_amount(amount_minor)
    authorised = Account(head=Head.FUNDING_OVERSPEND)
    left_minor = -hold_balances(work, pool, [authorised])[authorised]
    if amount_minor > left_minor:
        raise MoreThanAuthorised(f"{format_minor(left_minor)} is authorised and not shared yet")
    parts_minor = share(amount_minor, rule.weights)
    check_caps(work, pool, rule, parts_minor, scheme_id=scheme_id, on=effective_on)
    transaction = new_transaction(
        pool,
        work,
        effective_on=effective_on,
        clause=rule.clause,
        reference=reference,
        basis=rule.basis,
        shares=tuple(
            Share(of=partner, weight=Fraction(rule.weights[partner]), amount_minor=part)
            for partner, part in parts_minor.items()
        ),
        postings=events.share_overspend(parts_minor),
    )
    return write(work, pool, Event.OVERSPEND_SHARED, transaction)


def check_caps(
    work: UnitOfWork,
    pool: HeldPool,
    rule: SharedBy,
    parts_minor: Mapping[UUID, int],
    *,
    scheme_id: UUID | None,
    on: date | None,
) -> None:
    """Check that no partner bears more than the cap in the period, with what it bore before.

    A cap that finance chiefs lifted for the scheme counts if they did before it was overspent.
    The caller holds the balance of what was authorised, so that nobody else shares meanwhile.

    Raises:
        BeyondCap: one does.
    """
    if rule.cap_minor is None:
        return
    period = _period(work, pool.id, on or work.today)
    if period is None:
        return  # No such day is open, which `write` refuses.
    cap_minor = rule.cap_minor
    if scheme_id is not None and (spend := _spend(work, scheme_id)) is not None:
        agreed = caps.agreed_to(work.session, scheme_id, period, spend=spend)
        cap_minor = caps.cap_of(rule, caps.lifted_to(agreed, rule)) or cap_minor
    before = caps.borne(work.session, pool.id, period, rule)
    most_minor = max(part + before.get(one, 0) for one, part in parts_minor.items() if part)
    if most_minor > cap_minor:
        raise BeyondCap(
            f"one partner would have borne {format_minor(most_minor)} in the period: the cap is "
            f"{format_minor(cap_minor)}; agree on more in a new version first"
        )


def _period(work: UnitOfWork, pool_id: UUID, day: date) -> PeriodView | None:
    row = work.session.scalar(
        select(Period).where(
            Period.pool_id == pool_id, Period.first_day <= day, Period.last_day >= day
        )
    )
    if row is None:
        return None
    return PeriodView(
        id=row.id, first_day=row.first_day, last_day=row.last_day, closed_at=row.closed_at
    )


def _spend(work: UnitOfWork, scheme_id: UUID) -> caps.Spend | None:
    """Return the spending that last took a scheme beyond its budget; None if none did."""
    query = select(Overspend.transaction_id).where(Overspend.scheme_id == scheme_id)
    found = work.session.scalar(query.order_by(Overspend.started_at.desc()).limit(1))
    return caps.spend_of(work.session, found) if found is not None else None
