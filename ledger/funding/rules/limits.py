"""Limits of accounts, judged after a whole transaction, whatever the order of its postings."""

from collections.abc import Mapping

from ledger.core.errors import Conflict, Fault
from ledger.core.money import format_minor
from ledger.funding.rules.chart import CHART, Account, Head


class BeyondLimit(Conflict):
    """There is not enough on an account for what was asked."""

    slug = "beyond-limit"
    title = "There is not enough money or budget for this"


_SAID = {
    Head.CASH: "the pool does not hold that much cash",
    Head.RECEIVABLE: "more would be received than is owed; record the instalment first",
    Head.PAYABLE: "more would be paid than is owed; accrue the invoice first",
    Head.PAYABLE_PARTNER: "more would be paid to a partner than is owed",
    Head.WITHHOLD: "more would be released than was withheld",
    Head.UNALLOCATED: "there is not that much unallocated",
    Head.RESERVE: "the risk reserve does not hold that much",
    Head.AVAILABLE: "the scheme does not have that much available, commitments counted",
    Head.COMMITTED: "there is not that much committed",
}


def beyond(account: Account, *, before_minor: int, after_minor: int) -> int:
    """Return by how much a movement takes an account beyond its limits; 0 if it does not.

    A movement back towards the limit is always welcome, even if it does not reach it.
    """
    kind = CHART[account.head]
    if kind.floor_minor is not None and after_minor < min(kind.floor_minor, before_minor):
        return kind.floor_minor - after_minor
    if kind.ceiling_minor is not None and after_minor > max(kind.ceiling_minor, before_minor):
        return after_minor - kind.ceiling_minor
    return 0


def check_limits(
    before: Mapping[Account, int],
    after: Mapping[Account, int],
    *,
    liability: bool = False,
    takes_back: bool = False,
) -> None:
    """Check every account that moved.

    Args:
        before: Balances before the transaction; an account that is missing holds nothing.
        after: Balances after it.
        liability: The transaction records what is owed already, and so is never refused
            for want of budget.
        takes_back: A credit note or a claw-back: afterwards the provider may owe the pool.

    Raises:
        BeyondLimit: with a fault for each account, saying by how much.
    """
    faults = []
    for account, after_minor in after.items():
        over_minor = beyond(account, before_minor=before.get(account, 0), after_minor=after_minor)
        yields = (liability and CHART[account.head].yields) or (
            takes_back and account.head is Head.PAYABLE
        )
        if over_minor and not yields:
            said = _SAID.get(account.head, "the account would go beyond its limit")
            faults.append(Fault(account.code, f"{said}: short by {format_minor(over_minor)}"))
    if faults:
        raise BeyondLimit(faults[0].detail, faults)


def unauthorised_overspend(after: Mapping[Account, int]) -> dict[Account, int]:
    """Return the schemes that a liability took below zero, and by how much they are short."""
    return {
        account: -balance_minor
        for account, balance_minor in after.items()
        if account.head is Head.AVAILABLE and balance_minor < 0
    }
