"""The statement of a pool: a pure function of its postings, whose figures add up.

Each partner books its own share of the pool. What it put in and owes is its own; what the
pool spent and owes to providers is shared by the agreed contributions (largest remainder);
cash is what is left over, so that every partner's statement balances to the penny:

    owed by it + its share of cash - its share of creditors = its income - its share of spending
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Self
from uuid import UUID

from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.sharing import share


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerLine:
    """What one partner agreed, paid and owes, and its share of the rest. All in minor units.

    Attributes:
        agreed_minor: Its agreed contribution, with its shares of any overspend.
        due_minor: What has fallen due so far: the partner's income to the pool.
        received_minor: What it has paid in.
        owed_minor: What it still owes of what fell due: a debtor of the pool.
        spent_minor: Its share of the expenditure.
        creditors_minor: Its share of what is owed to providers, withheld amounts included.
        repayable_minor: What the pool owes back to it, and what is carried forward for it.
        cash_minor: What is left of its money; negative where others have paid first.
    """

    agreed_minor: int
    due_minor: int
    received_minor: int
    owed_minor: int
    spent_minor: int
    creditors_minor: int
    repayable_minor: int
    cash_minor: int

    @classmethod
    def total(cls, lines: Iterable[Self]) -> Self:
        """Return the sum of lines, column by column."""
        columns = {field.name: 0 for field in fields(cls)}
        for line in lines:
            for name in columns:
                columns[name] += getattr(line, name)
        return cls(**columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemeLine:
    """A scheme's budget and where it went. The first is the sum of the next three.

    Attributes:
        budget_minor: All that was ever allocated to it and not taken away again.
        available_minor: What may still be promised; negative is an overspend.
        committed_minor: Promised to providers, and not yet delivered.
        spent_minor: Delivered, paid or not.
    """

    budget_minor: int
    available_minor: int
    committed_minor: int
    spent_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A pool in figures.

    Attributes:
        partners: In the order of the agreement.
        schemes: In the order in which they were added.
        providers: What is owed to each.
        agreed_minor: All the money there is to budget: the sum of the next six.
    """

    partners: Mapping[UUID, PartnerLine]
    partners_total: PartnerLine
    schemes: Mapping[UUID, SchemeLine]
    providers: Mapping[UUID, int]
    agreed_minor: int
    unallocated_minor: int
    reserve_minor: int
    available_minor: int
    committed_minor: int
    spent_minor: int
    lapsed_minor: int
    cash_minor: int


def statement(
    balances: Mapping[Account, int], *, partners: Sequence[UUID], schemes: Sequence[UUID]
) -> Statement:
    """Return the statement that postings with these sums (see `movements`) make."""

    def of(head: Head, of: UUID | None = None) -> int:
        return balances.get(Account(head=head, of=of), 0)

    def summed(*heads: Head) -> int:
        return sum(amount for account, amount in balances.items() if account.head in heads)

    lines = _partner_lines(balances, partners)
    providers = {a.of: -m for a, m in balances.items() if a.head is Head.PAYABLE and a.of}
    return Statement(
        partners=lines,
        partners_total=PartnerLine.total(lines.values()),
        schemes={
            scheme: SchemeLine(
                budget_minor=sum(
                    of(head, scheme) for head in (Head.AVAILABLE, Head.COMMITTED, Head.SPENT)
                ),
                available_minor=of(Head.AVAILABLE, scheme),
                committed_minor=of(Head.COMMITTED, scheme),
                spent_minor=of(Head.SPENT, scheme),
            )
            for scheme in schemes
        },
        providers=providers,
        agreed_minor=-summed(Head.FUNDING, Head.FUNDING_BROUGHT_FORWARD, Head.FUNDING_OVERSPEND),
        unallocated_minor=of(Head.UNALLOCATED),
        reserve_minor=of(Head.RESERVE),
        available_minor=summed(Head.AVAILABLE),
        committed_minor=summed(Head.COMMITTED),
        spent_minor=summed(Head.SPENT),
        lapsed_minor=of(Head.LAPSED),
        cash_minor=of(Head.CASH) + of(Head.DUE_HOST),
    )


def _partner_lines(
    balances: Mapping[Account, int], partners: Sequence[UUID]
) -> dict[UUID, PartnerLine]:
    def of(head: Head, partner: UUID) -> int:
        return balances.get(Account(head=head, of=partner), 0)

    def summed(*heads: Head) -> int:
        return sum(amount for account, amount in balances.items() if account.head in heads)

    if not partners:  # The log did not know the pool yet.
        return {}
    agreed = {partner: -of(Head.FUNDING, partner) for partner in partners}
    # Before anything is agreed, nothing is spent: any weights share nothing.
    weights = agreed if any(agreed.values()) else dict.fromkeys(partners, 1)
    # A closed year's spending is in the result, and the result in what is repayable.
    spent = share(summed(Head.EXPENDITURE, Head.RESULT), weights)
    creditors = share(-summed(Head.PAYABLE, Head.WITHHOLD), weights)
    lines = {}
    for partner in partners:
        due_minor = -of(Head.INCOME, partner) - of(Head.INCOME_RISKSHARE, partner)
        owed_minor = of(Head.RECEIVABLE, partner)
        repayable_minor = -sum(
            of(head, partner)
            for head in (
                Head.PAYABLE_PARTNER,
                Head.FUND_BROUGHT_FORWARD,
                Head.FUND_RINGFENCE,
            )
        )
        lines[partner] = PartnerLine(
            agreed_minor=agreed[partner],
            due_minor=due_minor,
            received_minor=due_minor - owed_minor,
            owed_minor=owed_minor,
            spent_minor=spent[partner],
            creditors_minor=creditors[partner],
            repayable_minor=repayable_minor,
            cash_minor=due_minor
            - owed_minor
            - spent[partner]
            + creditors[partner]
            + repayable_minor,
        )
    return lines
