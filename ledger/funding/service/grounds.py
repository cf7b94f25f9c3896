"""What a transaction rests on beside the balances: it is asked again when it is approved."""

from typing import Final
from uuid import UUID

from ledger.core.errors import Conflict
from ledger.core.money import format_minor
from ledger.core.work import UnitOfWork
from ledger.funding.opening.first import check_first
from ledger.funding.queries.grounds import charged, fallen_due, kept_beyond_budget
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import LIABILITIES, TAKES_BACK, Event
from ledger.funding.rules.postings import Transaction, movements

_GIVES_BACK: Final = TAKES_BACK | {Event.BONUS_AWARDED, Event.ROSTER_CORRECTED}


class UsedSince(Conflict):
    """A reversal of what something else was made of since."""

    slug = "used-since"
    title = "Something else was made of this since"


class MoreThanCharged(Conflict):
    """A scheme would be given back what it never paid that provider for."""

    slug = "more-than-charged"
    title = "That provider has not charged this scheme that much"


def check_grounds(
    work: UnitOfWork,
    pool_id: UUID,
    event: Event,
    transaction: Transaction,
    *,
    reverses: Event | None,
    held: dict[Account, int],
) -> None:
    """Check what a transaction rests on; its accounts are locked, and *held* is before it.

    Raises:
        NotFirst: an opening position that does not come first.
        UsedSince: what it undoes fell due, was shared, or is budget since.
        MoreThanCharged: it would move budget from one scheme to another.
    """
    if event is Event.OPENING_BROUGHT_IN:
        check_first(work, pool_id, transaction)
    if event in _GIVES_BACK or reverses in LIABILITIES:
        _check_charged(work, pool_id, transaction)
    _check_unused(work, pool_id, reverses, movements(transaction.postings), held)


def _check_unused(
    work: UnitOfWork,
    pool_id: UUID,
    undone: Event | None,
    moved: dict[Account, int],
    held: dict[Account, int],
) -> None:
    """Check that nothing rests on what is undone. Raises `UsedSince`."""
    if undone is Event.CONTRIBUTION_AGREED:
        for account, by_minor in moved.items():
            if account.head is Head.FUNDING and account.of is not None:
                agreed_minor = -(held[account] + by_minor)
                if fallen_due(work.session, pool_id, account.of) > agreed_minor:
                    raise UsedSince("more than would be left fell due: reverse those instalments")
    elif undone is Event.OVERSPEND_AUTHORISED:
        account = Account(head=Head.FUNDING_OVERSPEND)
        if held[account] + moved[account] > 0:
            raise UsedSince("partners have taken their shares of it: reverse those first")
    elif undone is Event.UNDERSPEND_CARRIED:
        taken_minor = moved[Account(head=Head.RESULT)]
        if kept_beyond_budget(work.session, pool_id) + taken_minor < 0:
            raise UsedSince("it is budget of a later year: reverse bringing it forward first")


def _check_charged(work: UnitOfWork, pool_id: UUID, transaction: Transaction) -> None:
    """Check that no scheme has more back than it was charged, by each provider of *transaction*."""
    moved = movements(transaction.postings)
    schemes = {one.of for one in moved if one.head is Head.EXPENDITURE and one.of is not None}
    back: dict[UUID, int] = {}
    for account, by_minor in moved.items():
        if account.head in {Head.PAYABLE, Head.WITHHOLD} and account.of is not None:
            back[account.of] = back.get(account.of, 0) + by_minor
    for scheme_id in schemes:
        known = charged(work.session, pool_id, scheme_id, back)
        for provider_id, by_minor in sorted(back.items()):
            if by_minor > max(0, known[provider_id]):
                said = format_minor(max(0, known[provider_id]))
                raise MoreThanCharged(f"it has charged this scheme {said} in all, less credits")
