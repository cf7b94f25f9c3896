"""What paying by head, by outcome and by episode posts: the postings of each such event."""

from collections.abc import Mapping
from fractions import Fraction
from uuid import UUID

from ledger.core.errors import Invalid
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.postings import Posting, Postings, check_amount
from ledger.funding.rules.sharing import half_even, share


class NotWithinPot(Invalid):
    """More would be awarded than was withheld."""

    slug = "award-beyond-pot"
    title = "The award is more than the pot"


def capitation_gross(
    lines: Mapping[str, tuple[int, int, Fraction]],
) -> tuple[int, dict[str, int]]:
    """Return a month's gross and its lines, from (members, rate_minor, risk index) by stratum.

    The total is rounded once, half-even; the lines are its shares by their exact amounts.
    """
    exact = {name: members * rate * index for name, (members, rate, index) in lines.items()}
    gross_minor = half_even(sum(exact.values(), Fraction(0)))
    return gross_minor, share(gross_minor, exact)


def capitate(scheme: UUID, provider: UUID, gross_minor: int, withheld_minor: int) -> Postings:
    """Post a month of capitation, or the signed difference that corrects earlier ones."""
    net_minor = gross_minor - withheld_minor
    return (
        _leg(Head.EXPENDITURE, scheme, gross_minor),
        _leg(Head.PAYABLE, provider, -net_minor),
        *([_leg(Head.WITHHOLD, provider, -withheld_minor)] if withheld_minor else []),
        _leg(Head.AVAILABLE, scheme, -gross_minor),
        _leg(Head.SPENT, scheme, gross_minor),
    )


def award_bonus(scheme: UUID, provider: UUID, pot_minor: int, earned_minor: int) -> Postings:
    """Divide the outcome pot: what was earned is owed, what was not returns to the scheme."""
    check_amount(pot_minor)
    if not 0 <= earned_minor <= pot_minor:
        raise NotWithinPot("what is earned is between nothing and the whole pot")
    unearned_minor = pot_minor - earned_minor
    legs = (
        _leg(Head.WITHHOLD, provider, pot_minor),
        _leg(Head.PAYABLE, provider, -earned_minor),
        _leg(Head.EXPENDITURE, scheme, -unearned_minor),
        _leg(Head.SPENT, scheme, -unearned_minor),
        _leg(Head.AVAILABLE, scheme, unearned_minor),
    )
    return tuple(leg for leg in legs if leg.amount_minor)


def _leg(head: Head, of: UUID, amount_minor: int) -> Posting:
    return Posting(account=Account(head=head, of=of), amount_minor=amount_minor)
