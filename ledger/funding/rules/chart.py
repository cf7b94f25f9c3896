"""The chart of accounts of a pool: two books, the side each account lives on, its limits."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Final
from uuid import UUID, uuid5


class Book(StrEnum):
    """Which of the two sets of accounts a posting is in."""

    FINANCIAL = "F"
    BUDGET = "B"


class Of(StrEnum):
    """What a family of accounts has one account for."""

    POOL = "pool"
    PARTNER = "partner"
    PROVIDER = "provider"
    SCHEME = "scheme"


class Head(StrEnum):
    """A family of accounts. The value is stored and logged: never rename one."""

    CASH = "F:cash"
    DUE_HOST = "F:due-host"
    RECEIVABLE = "F:receivable"
    PAYABLE = "F:payable"
    PAYABLE_PARTNER = "F:payable-partner"
    WITHHOLD = "F:withhold"
    INCOME = "F:income"
    INCOME_RISKSHARE = "F:income-riskshare"
    EXPENDITURE = "F:expenditure"
    RESULT = "F:result"
    FUND_BROUGHT_FORWARD = "F:fund-brought-forward"
    FUND_RINGFENCE = "F:fund-ringfence"
    FUNDING = "B:funding"
    FUNDING_BROUGHT_FORWARD = "B:funding-brought-forward"
    FUNDING_OVERSPEND = "B:funding-overspend"
    UNALLOCATED = "B:unallocated"
    RESERVE = "B:reserve"
    AVAILABLE = "B:available"
    COMMITTED = "B:committed"
    SPENT = "B:spent"
    LAPSED = "B:lapsed"

    @cached_property
    def book(self) -> Book:
        """The book it is in."""
        return Book(self.value[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What holds for every account of a family.

    Attributes:
        of: What there is one account for.
        normal: +1 where a balance is normally a debit, -1 for a credit, 0 for either.
        floor_minor: The lowest balance, debit positive; None if there is no limit.
        ceiling_minor: The highest.
        yields: A liability is never hidden: recording one may go beyond the limits.
    """

    of: Of
    normal: int
    floor_minor: int | None = None
    ceiling_minor: int | None = None
    yields: bool = False


def _debit_only(of: Of, *, yields: bool = False) -> Kind:
    return Kind(of=of, normal=1, floor_minor=0, yields=yields)


def _credit_only(of: Of) -> Kind:
    return Kind(of=of, normal=-1, ceiling_minor=0)


CHART: Final = MappingProxyType(
    {
        Head.CASH: _debit_only(Of.POOL),
        Head.DUE_HOST: Kind(of=Of.POOL, normal=0),
        Head.RECEIVABLE: _debit_only(Of.PARTNER),
        Head.PAYABLE: _credit_only(Of.PROVIDER),
        Head.PAYABLE_PARTNER: _credit_only(Of.PARTNER),
        Head.WITHHOLD: _credit_only(Of.PROVIDER),
        Head.INCOME: Kind(of=Of.PARTNER, normal=-1),
        Head.INCOME_RISKSHARE: Kind(of=Of.PARTNER, normal=-1),
        Head.EXPENDITURE: Kind(of=Of.SCHEME, normal=1),
        Head.RESULT: Kind(of=Of.POOL, normal=0),
        Head.FUND_BROUGHT_FORWARD: _credit_only(Of.PARTNER),
        Head.FUND_RINGFENCE: _credit_only(Of.PARTNER),
        Head.FUNDING: Kind(of=Of.PARTNER, normal=-1),
        Head.FUNDING_BROUGHT_FORWARD: Kind(of=Of.POOL, normal=-1),
        Head.FUNDING_OVERSPEND: Kind(of=Of.POOL, normal=-1),
        Head.UNALLOCATED: _debit_only(Of.POOL),
        Head.RESERVE: _debit_only(Of.POOL),
        Head.AVAILABLE: _debit_only(Of.SCHEME, yields=True),
        Head.COMMITTED: _debit_only(Of.SCHEME),
        Head.SPENT: Kind(of=Of.SCHEME, normal=1),
        Head.LAPSED: Kind(of=Of.POOL, normal=1),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account of a pool.

    Attributes:
        of: The partner, provider or scheme it is for; None for the pool's own.
    """

    head: Head
    of: UUID | None = None

    @property
    def code(self) -> str:
        """How the log and exports spell it: ``B:available:<scheme>``."""
        return f"{self.head}" if self.of is None else f"{self.head}:{self.of}"

    def id_in(self, pool_id: UUID) -> UUID:
        """Return its id in a pool: a function of its name, so that everybody computes the same."""
        return uuid5(pool_id, self.code)


def accounts_of(kind: Of, of: UUID | None = None) -> tuple[Account, ...]:
    """Return every account that a pool, or one more partner, provider or scheme, has."""
    return tuple(Account(head=head, of=of) for head, that in CHART.items() if that.of is kind)
