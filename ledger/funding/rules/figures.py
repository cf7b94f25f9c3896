"""Figures of a pool: what each of them is, in words, and how it is added up.

A figure has an address, on pages and in the API alike, and the same figure for ever for the
same size of the log (leave it out for the newest):

    /pools/<pool>/figures/<key>?size=<n>[&of=<id>][&from=<day>&to=<day>]
    /api/v1/pools/<pool>/figures/<key>?size=<n>[&of=<id>][&from=<day>&to=<day>]

``key`` is a key of `FIGURES`. ``of`` is the partner, scheme or provider that it is about;
without it, a figure is the sum over all of them. ``to`` is the last day that counts, and with
``from`` it is what moved on those days, both included: opening + movement = closing. What moved
leaves out the transactions that turn a year's income and spending into its result.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ledger.funding.rules.chart import CHART, Head, Of


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What a figure is. One of `heads`, `terms` and `shared` says how it comes about.

    Attributes:
        words: Its name on pages.
        how: The formula, in words.
        of: What there is one for.
        heads: The families of accounts that it sums, each with its sign.
        terms: The figures that it sums, each with its sign.
        shared: The figure of the whole pool that is divided by what partners agreed.
    """

    words: str
    how: str
    of: Of
    heads: Mapping[Head, int] | None = None
    terms: Mapping[str, int] | None = None
    shared: str | None = None


def _sums(words: str, how: str, of: Of, *heads: Head) -> Figure:
    """Return the sum of accounts, with the sign that is normal for them."""
    signs = {head: CHART[head].normal or 1 for head in heads}
    return Figure(words=words, how=how, of=of, heads=signs)


def _shares(words: str, shared: str) -> Figure:
    how = (
        "The whole pool's figure, divided by what the partners agreed to put in; odd pennies go "
        "to the largest remainders."
    )
    return Figure(words=words, how=how, of=Of.PARTNER, shared=shared)


NAMED: Final[Mapping[str, Figure]] = MappingProxyType(
    {
        "agreed": _sums(
            "Agreed",
            "Every contribution that was agreed, with shares taken of an overspend.",
            Of.PARTNER,
            Head.FUNDING,
        ),
        "brought-forward": _sums(
            "Budget brought forward",
            "Budget that came from the year before.",
            Of.POOL,
            Head.FUNDING_BROUGHT_FORWARD,
        ),
        "overspend-authorised": _sums(
            "Overspend authorised and not yet shared",
            "What partners authorised beyond their contributions, less what they have shared.",
            Of.POOL,
            Head.FUNDING_OVERSPEND,
        ),
        "all-agreed": _sums(
            "All there is to budget",
            "Agreed by the partners, brought forward, and overspends authorised.",
            Of.PARTNER,
            Head.FUNDING,
            Head.FUNDING_BROUGHT_FORWARD,
            Head.FUNDING_OVERSPEND,
        ),
        "contributions": _sums(
            "Contributions due", "Every instalment that fell due.", Of.PARTNER, Head.INCOME
        ),
        "risk-share": _sums(
            "Shares of overspend", "Every share of an overspend.", Of.PARTNER, Head.INCOME_RISKSHARE
        ),
        "due": _sums(
            "Fallen due",
            "Instalments that fell due, and shares of an overspend.",
            Of.PARTNER,
            Head.INCOME,
            Head.INCOME_RISKSHARE,
        ),
        "owed": _sums("Still owed", "What fell due, less what came.", Of.PARTNER, Head.RECEIVABLE),
        "received": Figure(
            words="Paid in",
            how="What fell due, less what is still owed.",
            of=Of.PARTNER,
            heads={Head.INCOME: -1, Head.INCOME_RISKSHARE: -1, Head.RECEIVABLE: -1},
        ),
        "owed-back": _sums(
            "Owed back", "Underspends to be returned.", Of.PARTNER, Head.PAYABLE_PARTNER
        ),
        "carried-forward": _sums(
            "Carried forward",
            "What is kept in a partner's name, ring-fenced funds included.",
            Of.PARTNER,
            Head.FUND_BROUGHT_FORWARD,
            Head.FUND_RINGFENCE,
        ),
        "repayable": _sums(
            "To be paid back, or carried forward",
            "What the pool owes back, and what it keeps in a partner's name.",
            Of.PARTNER,
            Head.PAYABLE_PARTNER,
            Head.FUND_BROUGHT_FORWARD,
            Head.FUND_RINGFENCE,
        ),
        "creditors": _sums(
            "Owed to providers",
            "What was received and not yet paid for, amounts withheld included.",
            Of.PROVIDER,
            Head.PAYABLE,
            Head.WITHHOLD,
        ),
        "cash": _sums(
            "Cash, settled with the host",
            "Money in, less money out; with what the host owes the pool, or is owed by it.",
            Of.POOL,
            Head.CASH,
            Head.DUE_HOST,
        ),
        "spending": _sums(
            "Expenditure",
            "Goods and services received, paid for or not.",
            Of.SCHEME,
            Head.EXPENDITURE,
        ),
        "unsettled": Figure(
            words="Spending, and results of years, not yet settled",
            how="Expenditure of an open year, and what of a closed year's result has gone nowhere.",
            of=Of.POOL,
            heads={Head.EXPENDITURE: 1, Head.RESULT: 1},
        ),
        "unallocated": _sums(
            "Not allocated", "Agreed, and given to no scheme.", Of.POOL, Head.UNALLOCATED
        ),
        "reserve": _sums("Risk reserve", "Set apart for risks.", Of.POOL, Head.RESERVE),
        "lapsed": _sums("Lapsed", "Budget that ended with its year.", Of.POOL, Head.LAPSED),
        "available": _sums("Available", "What may still be promised.", Of.SCHEME, Head.AVAILABLE),
        "committed": _sums(
            "Committed", "Promised to providers, and not yet delivered.", Of.SCHEME, Head.COMMITTED
        ),
        "spent": _sums("Spent", "Delivered, paid for or not.", Of.SCHEME, Head.SPENT),
        "budget": _sums(
            "Budget",
            "Available + committed + spent.",
            Of.SCHEME,
            Head.AVAILABLE,
            Head.COMMITTED,
            Head.SPENT,
        ),
        "share-of-spending": _shares("Share of expenditure", "spending"),
        "share-of-unsettled": _shares("Share of spending not yet settled", "unsettled"),
        "share-of-creditors": _shares("Share of what is owed to providers", "creditors"),
        "share-of-commitments": _shares("Share of commitments", "committed"),
        "share-of-cash": Figure(
            words="Share of cash",
            how="Paid in, less its share of spending, with its share of what is owed to providers "
            "and what is kept for it: what is left of its money.",
            of=Of.PARTNER,
            terms={
                "received": 1,
                "share-of-unsettled": -1,
                "share-of-creditors": 1,
                "repayable": 1,
            },
        ),
        "net": Figure(
            words="Underspend, or overspend if below zero",
            how="Contributions and shares of overspend, less its share of expenditure.",
            of=Of.PARTNER,
            terms={"due": 1, "share-of-spending": -1},
        ),
        "position": Figure(
            words="Net position",
            how="Owed by it, and its share of cash, less its shares of what is owed.",
            of=Of.PARTNER,
            terms={"owed": 1, "share-of-cash": 1, "share-of-creditors": -1, "repayable": -1},
        ),
    }
)


def key_of(head: Head) -> str:
    """Return the key of the figure that is one family of accounts as it is: debit positive."""
    return f"account-{head.value.replace(':', '-').lower()}"


FIGURES: Final[Mapping[str, Figure]] = MappingProxyType(
    {
        **NAMED,
        **{
            key_of(head): Figure(
                words=f"Account {head}",
                how="Every posting on it: debits are above zero, credits below.",
                of=kind.of,
                heads={head: 1},
            )
            for head, kind in CHART.items()
        },
    }
)
"""Every figure that there is, by its key: those with names, then each family of accounts."""
