"""Sharing an overspend that was authorised, by the rule that the partners agreed."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from uuid import UUID

from ledger.core.errors import Conflict
from ledger.core.money import format_minor
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.rules import events
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import Event
from ledger.funding.rules.postings import Share, check_amount
from ledger.funding.rules.sharing import share
from ledger.funding.service.posting import (
    Outcome,
    hold_balances,
    hold_pool,
    hold_scheme,
    new_transaction,
    write,
)


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
        BeyondCap: a partner's part is more than the rule's cap.
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
    if rule.cap_minor is not None and max(parts_minor.values()) > rule.cap_minor:
        raise BeyondCap(
            f"one part would be {format_minor(max(parts_minor.values()))}: the cap is "
            f"{format_minor(rule.cap_minor)}; agree on more in a new version first"
        )
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
