"""Where each figure of a pool's pages is explained: its postings, and why it is what it is."""

from collections.abc import Callable
from functools import partial
from typing import Final
from uuid import UUID

from flask import url_for

from ledger.funding.rules.chart import Account, Head

_ACCOUNTS: Final = {
    "unallocated": Head.UNALLOCATED,
    "reserve": Head.RESERVE,
    "lapsed": Head.LAPSED,
    "cash": Head.CASH,
}
_ON_THE_PAGE: Final = {
    "agreed": "partners",
    "due": "partners",
    "received": "partners",
    "left": "schemes",
    "available": "schemes",
    "committed": "schemes",
    "spent": "schemes",
}
"""Sums of several accounts: the table that they are the sum of."""
_OF_SCHEME: Final = {
    "budget": Head.AVAILABLE,
    "available": Head.AVAILABLE,
    "committed": Head.COMMITTED,
    "spent": Head.SPENT,
}


def pool_figure(pool_id: UUID) -> Callable[[str], str]:
    """Return what gives the address that explains a figure of a pool."""
    return partial(_pool_figure, pool_id)


def scheme_figure(pool_id: UUID, scheme_id: UUID) -> Callable[[str], str]:
    """Return what gives the address that explains a figure of a scheme."""
    return partial(_scheme_figure, pool_id, scheme_id)


def _pool_figure(pool_id: UUID, name: str) -> str:
    if name in _ON_THE_PAGE:
        return url_for("pools.show", pool_id=pool_id, _anchor=_ON_THE_PAGE[name])
    code = Account(head=_ACCOUNTS[name]).code
    return url_for("pools.list_transactions", pool_id=pool_id, account=code)


def _scheme_figure(pool_id: UUID, scheme_id: UUID, name: str) -> str:
    code = Account(head=_OF_SCHEME[name], of=scheme_id).code
    return url_for("pools.list_transactions", pool_id=pool_id, account=code)
