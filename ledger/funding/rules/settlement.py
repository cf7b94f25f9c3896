"""Gain and loss shares: what is owed when a year cost less, or more, than its target.

Nothing within the corridor. Beyond it (target - actual) x rate, for gains also x quality,
at most the cap's part of the target either way; rounded once, half-even, and then divided.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

from ledger.core.errors import Conflict
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.payment_models import RateRefused
from ledger.funding.rules.postings import Posting, Postings, check_amount
from ledger.funding.rules.sharing import half_even, share


class Run(StrEnum):
    """How much a settlement counts. The order is the only one in which they may come."""

    SHADOW = "shadow"
    PROVISIONAL = "provisional"
    FINAL = "final"


class RunOutOfOrder(Conflict):
    """A run after the final one, or a second of the same sort."""

    slug = "settlement-run-out-of-order"
    title = "This settlement is past that"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a settlement is computed from: frozen, and named by the digest of these values.

    Attributes:
        target_minor: What the year should have cost.
        actual_minor: What it did cost.
        corridor: The part of the target within which nothing is shared.
        gain_rate: The parties' part of what was saved; `loss_rate` of what was overspent.
        quality: What a gain is multiplied by, 0 to 1.
        cap: The most that is shared either way, as a part of the target.
        weights: How it is divided, in the order that settles ties.
    """

    target_minor: int
    actual_minor: int
    corridor: Fraction
    gain_rate: Fraction
    loss_rate: Fraction
    quality: Fraction
    cap: Fraction
    weights: Mapping[UUID, Fraction]


def settled(inputs: Inputs) -> int:
    """Return what is shared in minor units: above zero a gain, below zero a loss.

    Raises:
        RateRefused: a rate that is not between 0 and 1, or amounts below zero.
    """
    check_amount(inputs.target_minor)
    rates = (inputs.corridor, inputs.gain_rate, inputs.loss_rate, inputs.quality, inputs.cap)
    if inputs.actual_minor < 0 or not all(0 <= rate <= 1 for rate in rates):
        raise RateRefused("rates are between 0 and 1, and costs are not below zero")
    saved_minor = inputs.target_minor - inputs.actual_minor
    if abs(saved_minor) <= inputs.corridor * inputs.target_minor:
        return 0
    rate = inputs.gain_rate * inputs.quality if saved_minor > 0 else inputs.loss_rate
    most = inputs.cap * inputs.target_minor
    return half_even(max(-most, min(most, saved_minor * rate)))


def divided(inputs: Inputs) -> dict[UUID, int]:
    """Return each party's share of the gain (above zero) or loss. They sum to `settled`."""
    return share(settled(inputs), inputs.weights)


def settle(
    scheme: UUID, shares_minor: Mapping[UUID, int], before_minor: Mapping[UUID, int]
) -> Postings:
    """Post shares, less what was posted for them before: a final run posts the difference.

    A gain is owed to the party; a loss the party owes, as a partner.
    """
    legs = []
    for party in dict.fromkeys((*shares_minor, *before_minor)):
        now, then = shares_minor.get(party, 0), before_minor.get(party, 0)
        legs.append(_leg(Head.PAYABLE, party, max(then, 0) - max(now, 0)))
        legs.append(_leg(Head.RECEIVABLE, party, max(-now, 0) - max(-then, 0)))
    moved_minor = sum(shares_minor.values()) - sum(before_minor.values())
    legs += [
        _leg(Head.EXPENDITURE, scheme, moved_minor),
        _leg(Head.AVAILABLE, scheme, -moved_minor),
        _leg(Head.SPENT, scheme, moved_minor),
    ]
    return tuple(leg for leg in legs if leg.amount_minor)


def check_next(run: Run, before: Run | None) -> None:
    """Check that *run* may follow *before*. Shadows may be repeated. Raises `RunOutOfOrder`."""
    order = list(Run)
    if before is None or (run is Run.SHADOW and before is Run.SHADOW):
        return
    if order.index(run) <= order.index(before):
        raise RunOutOfOrder(f"nothing was changed: the {before} run was recorded already")


def _leg(head: Head, of: UUID, amount_minor: int) -> Posting:
    return Posting(account=Account(head=head, of=of), amount_minor=amount_minor)
