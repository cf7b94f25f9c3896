"""What imported payments post: a pair for each, and the budget's side once for each sort."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.postings import Nature, Posting, Postings


def accrued(
    scheme_id: UUID,
    provider_id: UUID,
    amounts_minor: Sequence[int],
    natures: Sequence[Nature | None],
) -> Postings:
    """Return expenditure and debt, two postings a payment in order, then the budget's postings.

    The payment at place *n* is postings 2n and 2n + 1.
    """
    spent, owed = (
        Account(head=Head.EXPENDITURE, of=scheme_id),
        Account(head=Head.PAYABLE, of=provider_id),
    )
    legs: list[Posting] = []
    by_nature: dict[Nature | None, int] = {}
    for amount_minor, nature in zip(amounts_minor, natures, strict=True):
        legs.append(Posting(account=spent, amount_minor=amount_minor, nature=nature))
        legs.append(Posting(account=owed, amount_minor=-amount_minor))
        by_nature[nature] = by_nature.get(nature, 0) + amount_minor
    budget = [
        Posting(account=Account(head=Head.SPENT, of=scheme_id), amount_minor=minor, nature=nature)
        for nature, minor in by_nature.items()
        if minor
    ]
    available = Account(head=Head.AVAILABLE, of=scheme_id)
    return (*legs, Posting(account=available, amount_minor=-sum(amounts_minor)), *budget)


def settled(source: Account, owed_minor: Mapping[UUID, int]) -> Postings:
    """Return what pays providers: nobody is owed any more, and *source* has that much less."""
    return (
        *(
            Posting(account=Account(head=Head.PAYABLE, of=provider), amount_minor=minor)
            for provider, minor in owed_minor.items()
        ),
        Posting(account=source, amount_minor=-sum(owed_minor.values())),
    )
