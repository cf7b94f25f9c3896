"""Sums of postings, and the figures that they make. `figures` says what each figure is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.figures import FIGURES
from ledger.funding.rules.sharing import share

ENDS_WITH_YEAR: Final = frozenset({Head.INCOME, Head.INCOME_RISKSHARE, Head.EXPENDITURE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """What the transactions of one day and sort moved on one account.

    Attributes:
        closing: They turned a year's income and expenditure into its result, or undid that.
    """

    account: Account
    effective_on: date
    closing: bool
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Which days count: up to `last`; from `first` on, if there is one. Both are included."""

    first: date | None = None
    last: date | None = None


class Books:
    """Sums of postings, out of which figures are made."""

    def __init__(self, sums: Iterable[Sum], partners: Sequence[UUID]) -> None:
        self._by_head: Final[dict[Head, list[Sum]]] = {}
        for one in sums:
            self._by_head.setdefault(one.account.head, []).append(one)
        self.partners: Final = tuple(partners)

    def value(self, key: str, of: UUID | None, days: Days) -> int:
        """Return a figure, in minor units."""
        figure = FIGURES[key]
        if figure.heads is not None:
            parts = self.parts(key, of, days)
            return sum(figure.heads[account.head] * held for account, held in parts.items())
        if figure.terms is not None:
            return sum(sign * self.value(term, of, days) for term, sign in figure.terms.items())
        whole = self.value(figure.shared or "", None, days)
        if of is None:
            return whole
        return share(whole, self.weights(days))[of] if of in self.partners else 0

    def parts(self, key: str, of: UUID | None, days: Days) -> dict[Account, int]:
        """Return the accounts that a sum is over, each with what it holds or moved."""
        found: dict[Account, int] = {}
        for head in FIGURES[key].heads or ():
            for one in self._by_head.get(head, ()):
                if (of is None or one.account.of == of) and counts(head, one, days):
                    found[one.account] = found.get(one.account, 0) + one.amount_minor
        return found

    def weights(self, days: Days) -> dict[UUID, int]:
        """Return what divides the pool: agreed in these days, or else ever, or else alike."""
        for tried in (days, Days(last=days.last)):
            agreed = {one: self.value("agreed", one, tried) for one in self.partners}
            if any(agreed.values()) and min(agreed.values()) >= 0:
                return agreed
        return dict.fromkeys(self.partners, 1)

    def last_day(self, first: date, last: date) -> date | None:
        """Return the last of some days on which anything moved; None if nothing did."""
        days = (one.effective_on for sums in self._by_head.values() for one in sums)
        return max((day for day in days if first <= day <= last), default=None)

    def months(self, key: str, of: UUID | None, days: Days) -> dict[str, int]:
        """Return what a sum moved in each month, spelled ``2026-04``, oldest first."""
        signs = FIGURES[key].heads or {}
        found: dict[str, int] = {}
        for head, sign in signs.items():
            for one in self._by_head.get(head, ()):
                if (of is None or one.account.of == of) and counts(head, one, days):
                    month = f"{one.effective_on:%Y-%m}"
                    found[month] = found.get(month, 0) + sign * one.amount_minor
        return dict(sorted(found.items()))


def counts(head: Head, one: Sum, days: Days) -> bool:
    """Say whether a sum belongs to a figure of these days."""
    if days.last is not None and one.effective_on > days.last:
        return False
    if days.first is None:
        return True
    return one.effective_on >= days.first and not (one.closing and head in ENDS_WITH_YEAR)
