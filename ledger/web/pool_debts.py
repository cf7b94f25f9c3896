"""What an organisation and a pool owe one another, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Self
from uuid import UUID

from ledger.funding.queries.owing import Debt
from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.chart import Head
from ledger.web.chart_owes import Owes
from ledger.web.funding_lines import Cells, Money, Names
from ledger.web.shell import day

POOL: Final = "The pool"
_FOR: Final = {
    Head.RECEIVABLE: "contributions, due",
    Head.PAYABLE: "goods and services, not paid",
    Head.PAYABLE_PARTNER: "money to be paid back",
    Head.WITHHOLD: "an outcome payment, held back",
    Head.DUE_HOST: "what the host paid or holds",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtWords:
    """A debt and what it is for."""

    drawn: Owes
    what: str
    since: date | None

    @classmethod
    def of(cls, debt: Debt, pool: PoolView, names: Names) -> Self:
        """Present a debt; the host of a pool is named as such."""
        other = names.get(debt.other, "Somebody")
        if debt.account.head is Head.DUE_HOST and debt.other == pool.host_id:
            other = f"{other} (the host)"
        pair = (other, POOL) if debt.amount_minor > 0 else (POOL, other)
        return cls(
            drawn=Owes(*pair, abs(debt.amount_minor)),
            what=_FOR[debt.account.head],
            since=debt.since,
        )

    def sentence(self, money: Money) -> str:
        """Say it: ``Leeds City Council owes the pool £4,000.00: contributions, due since …``."""
        to = "the pool" if self.drawn.creditor == POOL else self.drawn.creditor
        since = f" since {day(self.since)}" if self.since else ""
        return f"{self.drawn.debtor} owes {to} {money(self.drawn.amount)}: {self.what}{since}."


def debt_rows(debts: Sequence[Debt], names: Names, money: Money) -> list[Cells]:
    """Return a row for each organisation: what it owes, what it is owed, and which way that is."""
    owing: dict[UUID, int] = {}
    owed: dict[UUID, int] = {}
    for one in debts:
        into = owing if one.amount_minor > 0 else owed
        into[one.other] = into.get(one.other, 0) + abs(one.amount_minor)
    rows: list[Cells] = []
    for other in sorted({*owing, *owed}, key=lambda one: names.get(one, "")):
        net = owing.get(other, 0) - owed.get(other, 0)
        if net > 0:
            direction = f"It owes the pool {money(net)}"
        elif net < 0:
            direction = f"The pool owes it {money(-net)}"
        else:
            direction = "Neither owes the other"
        rows.append(
            [
                names.get(other, "Somebody"),
                money(owing.get(other, 0)),
                money(owed.get(other, 0)),
                direction,
            ]
        )
    return rows
