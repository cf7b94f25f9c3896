"""Where each computed cell of a return comes from: the same figure, at the return's size."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from ledger.funding.returns.queries import ReturnView
from ledger.funding.returns.rules.figures import UNSAID
from ledger.funding.returns.rules.sheet import Cell
from ledger.funding.returns.sources import Told
from ledger.funding.rules.books import Days
from ledger.web.figure_pages import figure_href

_SAME: Final = "See why it is this number"
_PART: Final = "See the figure that it is part of"

_FIGURES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("partner", "agreed"): "agreed",
        ("partner", "due"): "due",
        ("partner", "received"): "received",
        ("partner", "owed"): "owed",
        ("scheme", "planned"): "budget",
        ("scheme", "committed"): "committed",
        ("scheme", "spent"): "spent",
        ("ring-fence", "planned"): "budget",
        ("ring-fence", "spent"): "spent",
        ("", "agreed"): "all-agreed",
        ("", "received"): "received",
        ("", "spent"): "spent",
    }
)
"""The figure that a cell is, by what there is a row for and the measure."""
_PARTS: Final[Mapping[str, str]] = MappingProxyType({"spent": "spent", "variance": "budget"})
_ROWS: Final = frozenset({"partner", "scheme", "ring-fence"})


def why(one: ReturnView, told: Told, each: str, cell: Cell) -> tuple[str, str]:
    """Return the address of the figure behind a computed cell, and what the link says.

    Args:
        one: The return.
        told: What it says, as of which size.
        each: What its section has a row for; nothing for the pool.
        cell: The cell.
    """
    row = _id(cell.row) if each in _ROWS else None
    whole = not each or row is not None
    key = _FIGURES.get((each, cell.form.measure)) if whole else None
    days = Days(first=one.year_first_day, last=one.last_day)
    shown = key or _PARTS.get(cell.form.measure, "all-agreed")
    href = figure_href(told.pool.id, shown, size=told.size, of=row, days=days)
    return href, _SAME if key else _PART


def _id(row: str) -> UUID | None:
    """Return whom a row is about; nobody for the row of what belongs to no partner."""
    return None if row == UNSAID else UUID(row)
