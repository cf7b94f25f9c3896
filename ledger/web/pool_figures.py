"""Where each figure of a pool's pages is explained: how it comes about, and its postings."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from flask import url_for

from ledger.funding.rules.figures import FIGURES

Why = Callable[..., str]
"""Gives the address that explains a figure: its key, and what it is of, if not of the pool."""


def pool_figure(pool_id: UUID) -> Why:
    """Return what gives the address that explains a figure of a pool."""
    return partial(_figure, pool_id)


def scheme_figure(pool_id: UUID, scheme_id: UUID) -> Why:
    """Return what gives the address that explains a figure of a scheme."""
    return partial(_figure, pool_id, of=scheme_id)


def _figure(pool_id: UUID, key: str, of: UUID | None = None) -> str:
    if key not in FIGURES:  # Said beside the drawing that it is the sum of.
        return url_for("pools.show", pool_id=pool_id, _anchor=key)
    return url_for("pool_figures_pages.show", pool_id=pool_id, key=key, of=of)
