"""What paying by head, by outcome and by episode posts: the postings of each such event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

from ledger.core.errors import Invalid
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.postings import Posting, Postings, check_amount, check_amounts
from ledger.funding.rules.sharing import half_even, rounded


class NotWithinPot(Invalid):
    """More would be awarded than was withheld."""

    slug = "award-beyond-pot"
    title = "The award is more than the pot"


class RateRefused(Invalid):
    """A rate, index or count that cannot be one."""

    slug = "rate-refused"
    title = "This rate or count is out of range"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """People of one sort who are registered with one provider, and their price for a month.

    Attributes:
        members: How many; weighted populations are fractions. In a correction the difference,
            below zero where people had left.
        rate_minor: For one of them, in minor units, exactly.
        risk_index: What that is multiplied by.
    """

    provider_id: UUID
    stratum: str
    members: Fraction
    rate_minor: Fraction
    risk_index: Fraction

    @property
    def exact_minor(self) -> Fraction:
        """The exact amount, which nobody rounds by itself."""
        return self.members * self.rate_minor * self.risk_index


@dataclass(frozen=True, slots=True, kw_only=True)
class Gross:
    """What lines come to. The parts of each mapping sum to the amount before it.

    Attributes:
        gross_minor: The exact total, rounded once, half-even.
        lines_minor: In the order of the lines.
        withheld_minor: The outcome pot's part of it.
        by_provider: What each provider's lines come to, and what of it is withheld.
    """

    gross_minor: int
    lines_minor: tuple[int, ...]
    withheld_minor: int
    by_provider: Mapping[UUID, tuple[int, int]]


def gross(lines: Sequence[Line], withhold_rate: Fraction) -> Gross:
    """Return what a month of *lines* comes to, or the signed difference that corrects months.

    Raises:
        RateRefused: no line, a negative price, or a rate that withholds more than everything.
        AmountRefused: the whole or a line of it is more than one event may be about.
    """
    if not lines or any(min(line.rate_minor, line.risk_index) < 0 for line in lines):
        raise RateRefused("give lines with prices of zero or more")
    if not 0 <= withhold_rate <= 1:
        raise RateRefused("withhold between nothing and everything")
    exact = {place: line.exact_minor for place, line in enumerate(lines)}
    gross_minor = half_even(sum(exact.values(), Fraction(0)))
    parts = rounded(gross_minor, exact)
    check_amounts([gross_minor, *parts.values()])
    providers: dict[UUID, int] = {}
    for place, line in enumerate(lines):
        providers[line.provider_id] = providers.get(line.provider_id, 0) + parts[place]
    withheld_minor = half_even(gross_minor * withhold_rate)
    kept = rounded(withheld_minor, {one: part * withhold_rate for one, part in providers.items()})
    return Gross(
        gross_minor=gross_minor,
        lines_minor=tuple(parts.values()),
        withheld_minor=withheld_minor,
        by_provider={one: (part, kept[one]) for one, part in providers.items()},
    )


def capitate(scheme: UUID, by_provider: Mapping[UUID, tuple[int, int]]) -> Postings:
    """Post a month of capitation, or the signed difference that corrects earlier ones.

    Args:
        scheme: Whose budget it uses.
        by_provider: Gross and withheld amount of each provider.
    """
    total_minor = sum(part for part, _ in by_provider.values())
    legs = [
        _leg(Head.EXPENDITURE, scheme, total_minor),
        *(_leg(Head.PAYABLE, one, kept - part) for one, (part, kept) in by_provider.items()),
        *(_leg(Head.WITHHOLD, one, -kept) for one, (_, kept) in by_provider.items()),
        _leg(Head.AVAILABLE, scheme, -total_minor),
        _leg(Head.SPENT, scheme, total_minor),
    ]
    return tuple(leg for leg in legs if leg.amount_minor)


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
