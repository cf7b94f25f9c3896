"""The end of a year: results, what lapses, what is carried forward and what goes back."""

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

from ledger.core.errors import Conflict
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.postings import Posting, Postings, check_amount


class Cause(StrEnum):
    """Why money was left over, which decides where it may go."""

    MANAGEMENT_ACTION = "management-action"
    WINDFALL = "windfall"
    RING_FENCED = "ring-fenced"


class NothingToClose(Conflict):
    """A year without income or expenditure."""

    slug = "nothing-to-close"
    title = "There is nothing to close"


class NotForThisCause(Conflict):
    """A windfall that would be kept, or ring-fenced money that would go back."""

    slug = "underspend-cause"
    title = "An underspend with this cause does not go there"


_RESULTS = frozenset({Head.INCOME, Head.INCOME_RISKSHARE, Head.EXPENDITURE})
_LAPSING = frozenset({Head.UNALLOCATED, Head.RESERVE, Head.AVAILABLE, Head.COMMITTED})


def close_year(balances_minor: Mapping[Account, int]) -> Postings:
    """Income and expenditure become the result: a credit is an underspend."""
    return _empty(balances_minor, _RESULTS, into=Head.RESULT)


def lapse(balances_minor: Mapping[Account, int]) -> Postings:
    """Budget that was not spent lapses."""
    return _empty(balances_minor, _LAPSING, into=Head.LAPSED)


def carry_forward(
    shares_minor: Mapping[UUID, int], cause: Cause = Cause.MANAGEMENT_ACTION
) -> Postings:
    """An underspend stays in the pool, in each partner's name, by the share rule.

    Raises:
        NotForThisCause: a windfall goes back.
    """
    if cause is Cause.WINDFALL:
        raise NotForThisCause("a windfall goes back to the partners")
    fenced = cause is Cause.RING_FENCED
    return _give_back(shares_minor, Head.FUND_RINGFENCE if fenced else Head.FUND_BROUGHT_FORWARD)


def return_underspend(shares_minor: Mapping[UUID, int], cause: Cause = Cause.WINDFALL) -> Postings:
    """An underspend is owed back to the partners, by the share rule.

    Raises:
        NotForThisCause: ring-fenced money stays apart.
    """
    if cause is Cause.RING_FENCED:
        raise NotForThisCause("ring-fenced money stays in its fund: carry it forward")
    return _give_back(shares_minor, Head.PAYABLE_PARTNER)


def draw_fund(shares_minor: Mapping[UUID, int], *, ring_fenced: bool) -> Postings:
    """A year that cost more than its income is made good from what was carried forward."""
    head = Head.FUND_RINGFENCE if ring_fenced else Head.FUND_BROUGHT_FORWARD
    return tuple(
        Posting(account=leg.account, amount_minor=-leg.amount_minor)
        for leg in _give_back(shares_minor, head)
    )


def bring_forward(amount_minor: int) -> Postings:
    """What was carried forward is budget of the new year."""
    check_amount(amount_minor)
    return (
        Posting(account=Account(head=Head.UNALLOCATED), amount_minor=amount_minor),
        Posting(account=Account(head=Head.FUNDING_BROUGHT_FORWARD), amount_minor=-amount_minor),
    )


def _empty(
    balances_minor: Mapping[Account, int], heads: frozenset[Head], *, into: Head
) -> Postings:
    emptied = tuple(
        Posting(account=account, amount_minor=-balance_minor)
        for account, balance_minor in balances_minor.items()
        if account.head in heads and balance_minor
    )
    if not emptied:
        raise NothingToClose("no account that ends with the year has a balance")
    rest_minor = -sum(posting.amount_minor for posting in emptied)
    rest = Posting(account=Account(head=into), amount_minor=rest_minor)
    return (*emptied, rest) if rest_minor else emptied


def _give_back(shares_minor: Mapping[UUID, int], head: Head) -> Postings:
    total_minor = sum(shares_minor.values())
    check_amount(total_minor)
    return (
        Posting(account=Account(head=Head.RESULT), amount_minor=total_minor),
        *(
            Posting(account=Account(head=head, of=partner), amount_minor=-part_minor)
            for partner, part_minor in shares_minor.items()
            if part_minor
        ),
    )
