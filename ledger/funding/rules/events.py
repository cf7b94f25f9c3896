"""What each event posts, in both books at once. The amounts are checked; limits come later.

A function returns postings that balance by book. Debits are positive. Where a book has no
part in an event there is nothing: a promise that nobody has performed is no asset.
"""

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

from ledger.core.errors import Invalid
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.postings import (
    Nature,
    Posting,
    Postings,
    check_amount,
)


class Event(StrEnum):
    """What can happen to a pool's money. The value ends the kind of its entry: never rename."""

    CONTRIBUTION_AGREED = "contribution-agreed"
    INSTALMENT_FALLEN_DUE = "instalment-fallen-due"
    CONTRIBUTION_RECEIVED = "contribution-received"
    RESERVE_SET = "reserve-set"
    RESERVE_RELEASED = "reserve-released"
    BUDGET_ALLOCATED = "budget-allocated"
    BUDGET_VIRED = "budget-vired"
    SPENDING_COMMITTED = "spending-committed"
    COMMITMENT_RELEASED = "commitment-released"
    EXPENDITURE_ACCRUED = "expenditure-accrued"
    PAYMENT_MADE = "payment-made"
    OVERSPEND_AUTHORISED = "overspend-authorised"
    OVERSPEND_SHARED = "overspend-shared"
    TRANSACTION_REVERSED = "transaction-reversed"
    CAPITATION_RUN = "capitation-run"
    ROSTER_CORRECTED = "roster-corrected"
    BONUS_AWARDED = "bonus-awarded"
    BUNDLE_STARTED = "bundle-started"
    BUNDLE_DONE = "bundle-done"
    BUNDLE_CANCELLED = "bundle-cancelled"
    GAIN_LOSS_SETTLED = "gain-loss-settled"
    CREDIT_NOTE_RECEIVED = "credit-note-received"
    CLAW_BACK_MADE = "claw-back-made"
    REFUND_RECEIVED = "refund-received"
    YEAR_CLOSED = "year-closed"
    UNDERSPEND_CARRIED = "underspend-carried"
    UNDERSPEND_RETURNED = "underspend-returned"
    FUND_DRAWN = "fund-drawn"
    BUDGET_LAPSED = "budget-lapsed"
    BUDGET_BROUGHT_FORWARD = "budget-brought-forward"
    OPENING_BROUGHT_IN = "opening-brought-in"


LIABILITIES = frozenset(
    {
        Event.EXPENDITURE_ACCRUED,
        Event.CAPITATION_RUN,
        Event.ROSTER_CORRECTED,
        Event.BUNDLE_DONE,
        Event.GAIN_LOSS_SETTLED,
    }
)
"""Events that say what is owed already: never refused for want of budget."""

BUNDLES = frozenset({Event.BUNDLE_STARTED, Event.BUNDLE_DONE, Event.BUNDLE_CANCELLED})
"""Events that count episodes."""

TAKES_BACK = frozenset({Event.CREDIT_NOTE_RECEIVED, Event.CLAW_BACK_MADE})
"""The only events after which a provider may owe the pool: a debit balance of its payable."""


UNDER_AGREEMENT = frozenset(
    {
        Event.CONTRIBUTION_AGREED,
        Event.RESERVE_SET,
        Event.RESERVE_RELEASED,
        Event.BUDGET_ALLOCATED,
        Event.BUDGET_VIRED,
        Event.SPENDING_COMMITTED,
        Event.OVERSPEND_AUTHORISED,
        Event.BUNDLE_STARTED,
        Event.OPENING_BROUGHT_IN,
    }
)
"""Events that need an agreement that stands: the others only say what is owed already."""


class SameScheme(Invalid):
    """A virement from a scheme to itself."""

    slug = "virement-to-itself"
    title = "Choose another scheme to move the budget to"


def agree_contribution(
    partner: UUID, amount_minor: int, source: str, *, recurrent: bool
) -> Postings:
    """A partner's contribution is agreed: budget, and no asset yet."""
    check_amount(amount_minor)
    return (
        Posting(
            account=Account(head=Head.UNALLOCATED),
            amount_minor=amount_minor,
            source=source,
            recurrent=recurrent,
        ),
        Posting(
            account=Account(head=Head.FUNDING, of=partner),
            amount_minor=-amount_minor,
            source=source,
            recurrent=recurrent,
        ),
    )


def fall_due(partner: UUID, amount_minor: int) -> Postings:
    """An instalment falls due: the partner owes it, and it is income."""
    return _move(Head.INCOME, partner, Head.RECEIVABLE, partner, amount_minor)


def receive(partner: UUID, amount_minor: int) -> Postings:
    """A partner's money arrives at the host's bank."""
    return _move(Head.RECEIVABLE, partner, Head.CASH, None, amount_minor)


def set_reserve(amount_minor: int) -> Postings:
    """Part of what is unallocated becomes the risk reserve."""
    return _move(Head.UNALLOCATED, None, Head.RESERVE, None, amount_minor)


def release_reserve(scheme: UUID, amount_minor: int) -> Postings:
    """The risk reserve helps a scheme out."""
    return _move(Head.RESERVE, None, Head.AVAILABLE, scheme, amount_minor)


def allocate(amounts_minor: Mapping[UUID, int]) -> Postings:
    """What is unallocated becomes available to schemes, in one transaction."""
    total_minor = sum(amounts_minor.values())
    check_amount(total_minor)
    return (
        Posting(account=Account(head=Head.UNALLOCATED), amount_minor=-total_minor),
        *(
            _leg(Head.AVAILABLE, scheme, amount_minor)
            for scheme, amount_minor in amounts_minor.items()
            if _positive_or_nothing(amount_minor)
        ),
    )


def vire(from_scheme: UUID, to_scheme: UUID, amount_minor: int) -> Postings:
    """Budget moves from one scheme to another."""
    if from_scheme == to_scheme:
        raise SameScheme("a virement is between two schemes")
    return _move(Head.AVAILABLE, from_scheme, Head.AVAILABLE, to_scheme, amount_minor)


def commit(scheme: UUID, amount_minor: int) -> Postings:
    """A contract, an order or an episode of care is promised to a provider."""
    return _move(Head.AVAILABLE, scheme, Head.COMMITTED, scheme, amount_minor)


def release(scheme: UUID, amount_minor: int) -> Postings:
    """What was promised is no longer needed."""
    return _move(Head.COMMITTED, scheme, Head.AVAILABLE, scheme, amount_minor)


def accrue(
    scheme: UUID,
    payables_minor: Mapping[UUID, int],
    *,
    covered_minor: int,
    nature: Nature | None = None,
    recurrent: bool | None = None,
) -> Postings:
    """Goods or services came: they are owed for, whatever the budget says.

    Args:
        scheme: For which scheme.
        payables_minor: What is owed, by provider; each above zero.
        covered_minor: How much of it a commitment covers; the excess comes from what is
            available, and may take that below zero.
        nature: What sort of expenditure it is.
        recurrent: Whether it will come again.
    """
    for part_minor in payables_minor.values():
        check_amount(part_minor)
    amount_minor = sum(payables_minor.values())
    check_amount(amount_minor)
    excess_minor = amount_minor - covered_minor
    return (
        Posting(
            account=Account(head=Head.EXPENDITURE, of=scheme),
            amount_minor=amount_minor,
            nature=nature,
            recurrent=recurrent,
        ),
        *(_leg(Head.PAYABLE, provider, -part) for provider, part in payables_minor.items()),
        *([_leg(Head.COMMITTED, scheme, -covered_minor)] if covered_minor else []),
        *([_leg(Head.AVAILABLE, scheme, -excess_minor)] if excess_minor else []),
        Posting(
            account=Account(head=Head.SPENT, of=scheme),
            amount_minor=amount_minor,
            nature=nature,
            recurrent=recurrent,
        ),
    )


def pay(provider: UUID, amount_minor: int) -> Postings:
    """A provider is paid what is owed."""
    return _move(Head.CASH, None, Head.PAYABLE, provider, amount_minor)


def take_back(scheme: UUID, provider: UUID, amount_minor: int) -> Postings:
    """A provider's credit note, or a claw-back: it is owed less, and the scheme has it again."""
    check_amount(amount_minor)
    return (
        _leg(Head.PAYABLE, provider, amount_minor),
        _leg(Head.EXPENDITURE, scheme, -amount_minor),
        _leg(Head.AVAILABLE, scheme, amount_minor),
        _leg(Head.SPENT, scheme, -amount_minor),
    )


def refund(provider: UUID, amount_minor: int) -> Postings:
    """A provider pays back what it owes the pool."""
    return _move(Head.PAYABLE, provider, Head.CASH, None, amount_minor)


def pay_partner(partner: UUID, amount_minor: int) -> Postings:
    """A partner is paid back what is owed."""
    return _move(Head.CASH, None, Head.PAYABLE_PARTNER, partner, amount_minor)


def authorise_overspend(scheme: UUID, amount_minor: int) -> Postings:
    """Every partner agrees, before the spend, that a scheme may go beyond the pool's money."""
    return _move(Head.FUNDING_OVERSPEND, None, Head.AVAILABLE, scheme, amount_minor)


def share_overspend(shares_minor: Mapping[UUID, int]) -> Postings:
    """Partners take their shares of an authorised overspend: they owe them, and fund them."""
    total_minor = sum(shares_minor.values())
    check_amount(total_minor)
    shares = {key: part for key, part in shares_minor.items() if _positive_or_nothing(part)}
    return (
        *(_leg(Head.RECEIVABLE, partner, part) for partner, part in shares.items()),
        *(_leg(Head.INCOME_RISKSHARE, partner, -part) for partner, part in shares.items()),
        _leg(Head.FUNDING_OVERSPEND, None, total_minor),
        *(_leg(Head.FUNDING, partner, -part) for partner, part in shares.items()),
    )


def _leg(head: Head, of: UUID | None, amount_minor: int) -> Posting:
    return Posting(account=Account(head=head, of=of), amount_minor=amount_minor)


def _move(
    from_head: Head,
    from_of: UUID | None,
    to_head: Head,
    to_of: UUID | None,
    amount_minor: int,
) -> Postings:
    check_amount(amount_minor)
    return (_leg(to_head, to_of, amount_minor), _leg(from_head, from_of, -amount_minor))


def _positive_or_nothing(amount_minor: int) -> bool:
    if amount_minor:
        check_amount(amount_minor)
    return amount_minor != 0
