"""What a pool starts from that was run elsewhere before: its position on one day, in both books.

What was promised to providers and has not come stays in what schemes have available, and is
committed afterwards, contract by contract: a commitment without its provider is none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from ledger.core.errors import Invalid
from ledger.core.money import MINOR_MAX, format_minor
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.postings import Posting, Postings


@dataclass(frozen=True, slots=True, kw_only=True)
class OfPartner:
    """What a partner put in so far this year, and what stays of earlier years.

    Attributes:
        agreed: What it agreed for the year: (funding source, amount), one by one.
        due_minor: What of it fell due so far: income.
        paid_in_minor: What of that has arrived; the rest is owed.
        owed_back_minor: What the pool owes it.
        brought_forward_minor: What was carried forward in its name.
    """

    partner_id: UUID
    agreed: tuple[tuple[str, int], ...]
    due_minor: int = 0
    paid_in_minor: int = 0
    owed_back_minor: int = 0
    brought_forward_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OfProvider:
    """What a provider is owed, and what of its pay is withheld."""

    provider_id: UUID
    owed_minor: int = 0
    withheld_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OfScheme:
    """A scheme's budget for the year, and what of it is spent."""

    scheme_id: UUID
    budget_minor: int
    spent_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a pool stands on the evening before its first posting here."""

    cash_minor: int
    reserve_minor: int
    partners: tuple[OfPartner, ...]
    providers: tuple[OfProvider, ...]
    schemes: tuple[OfScheme, ...]


class OpeningRefused(Invalid):
    """A position that does not balance, or that no pool can be in."""

    slug = "opening-refused"
    title = "This is no position that a pool can start from"


def check_position(position: Position) -> None:
    """Check each amount, and that what is named is named once. Raises `OpeningRefused`."""
    amounts = [position.cash_minor, position.reserve_minor]
    for partner in position.partners:
        amounts += [amount for _, amount in partner.agreed]
        amounts += [partner.due_minor, partner.paid_in_minor]
        amounts += [partner.owed_back_minor, partner.brought_forward_minor]
        if partner.paid_in_minor > partner.due_minor:
            raise OpeningRefused("a partner has paid more in than fell due")
        if partner.due_minor > sum(amount for _, amount in partner.agreed):
            raise OpeningRefused("more fell due of a partner than it agreed")
    for provider in position.providers:
        amounts += [provider.owed_minor, provider.withheld_minor]
    for scheme in position.schemes:
        amounts += [scheme.budget_minor, scheme.spent_minor]
        if scheme.spent_minor > scheme.budget_minor:
            raise OpeningRefused("a scheme has spent beyond its budget: put its budget right first")
    if any(not 0 <= amount <= MINOR_MAX for amount in amounts):
        raise OpeningRefused("no amount is below nothing, or more than this ledger can hold")
    named = [
        *(one.partner_id for one in position.partners),
        *(one.scheme_id for one in position.schemes),
    ]
    providers = [one.provider_id for one in position.providers]
    if len(set(named)) < len(named) or len(set(providers)) < len(providers):
        raise OpeningRefused("each partner, provider and scheme is named once")


def bring_in(position: Position) -> Postings:
    """Return what a position posts, in both books.

    Raises:
        OpeningRefused: it does not balance; the detail says by how much.
    """
    check_position(position)
    if difference_minor := short_minor(position):
        differ = format_minor(difference_minor)
        raise OpeningRefused(f"what is held and what is owed differ by {differ}")
    if unallocated_minor(position) < 0:
        over = format_minor(-unallocated_minor(position))
        raise OpeningRefused(f"schemes and reserve have {over} more than the partners agreed")
    postings = legs(position)
    if not any(leg.account.head is Head.FUNDING for leg in postings):
        raise OpeningRefused("no partner agreed anything: then nothing is brought in")
    return postings


def legs(position: Position) -> Postings:
    """Return the legs of both books, balanced or not; see `bring_in`."""
    both = (*_money(position), *_budget(position))
    return tuple(leg for leg in both if leg.amount_minor)


def short_minor(position: Position) -> int:
    """Return by how much debits exceed credits in the financial book: 0 if it balances."""
    return sum(leg.amount_minor for leg in _money(position))


def unallocated_minor(position: Position) -> int:
    """Return what the partners agreed that neither a scheme nor the reserve has."""
    agreed_minor = sum(amount for one in position.partners for _, amount in one.agreed)
    given_minor = sum(one.budget_minor for one in position.schemes)
    return agreed_minor - given_minor - position.reserve_minor


def _money(position: Position) -> Iterator[Posting]:
    yield _leg(Head.CASH, None, position.cash_minor)
    for partner in position.partners:
        owed_minor = partner.due_minor - partner.paid_in_minor
        yield _leg(Head.RECEIVABLE, partner.partner_id, owed_minor)
        yield _leg(Head.INCOME, partner.partner_id, -partner.due_minor)
        yield _leg(Head.PAYABLE_PARTNER, partner.partner_id, -partner.owed_back_minor)
        yield _leg(Head.FUND_BROUGHT_FORWARD, partner.partner_id, -partner.brought_forward_minor)
    for provider in position.providers:
        yield _leg(Head.PAYABLE, provider.provider_id, -provider.owed_minor)
        yield _leg(Head.WITHHOLD, provider.provider_id, -provider.withheld_minor)
    for scheme in position.schemes:
        yield _leg(Head.EXPENDITURE, scheme.scheme_id, scheme.spent_minor)


def _budget(position: Position) -> Iterator[Posting]:
    for partner in position.partners:
        for source, amount_minor in partner.agreed:
            funding = Account(head=Head.FUNDING, of=partner.partner_id)
            yield Posting(account=funding, amount_minor=-amount_minor, source=source)
    yield _leg(Head.UNALLOCATED, None, unallocated_minor(position))
    yield _leg(Head.RESERVE, None, position.reserve_minor)
    for one in position.schemes:
        yield _leg(Head.AVAILABLE, one.scheme_id, one.budget_minor - one.spent_minor)
        yield _leg(Head.SPENT, one.scheme_id, one.spent_minor)


def _leg(head: Head, of: UUID | None, amount_minor: int) -> Posting:
    return Posting(account=Account(head=head, of=of), amount_minor=amount_minor)
