"""A paper on a page: its tables as plain values, each figure with the way to why it is so."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from ledger.core.money import format_minor
from ledger.funding.papers.paper import Cell, Paper, Row, Section, Sort
from ledger.web.shell import day

Href = Callable[[Row], str | None]
"""The address of the figure of a row, if it has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A section as a template draws it."""

    heading: str
    note: str
    head: list[object]
    rows: list[list[object]]


def shown(paper: Paper, href: Href) -> list[Shown]:
    """Return the sections of a paper, the first amount of a row leading to its figure."""
    return [_section(section, paper.currency, href) for section in paper.sections]


def _section(section: Section, currency: str, href: Href) -> Shown:
    numeric = {Sort.MONEY, Sort.NUMBER}
    return Shown(
        heading=section.heading,
        note=section.note,
        head=[
            {"text": one.words, "numeric": True} if one.sort in numeric else one.words
            for one in section.columns
        ],
        rows=[_row(section, row, currency, href(row)) for row in section.rows],
    )


def _row(section: Section, row: Row, currency: str, href: str | None) -> list[object]:
    sorts = [one.sort for one in section.columns]
    cells: list[Any] = [
        words(cell, sort, currency) for cell, sort in zip(row.cells, sorts, strict=True)
    ]
    place = linked(section, row)
    if href is not None and place is not None:
        cells[place] = {"text": cells[place], "href": href}
    return cells


def linked(section: Section, row: Row) -> int | None:
    """Return the column whose amount is the row's figure: the pool's, where it is of nobody."""
    names = [one.name for one in section.columns]
    if row.of is None and "pool" in names:
        return names.index("pool")
    return next((n for n, one in enumerate(section.columns) if one.sort is Sort.MONEY), None)


def words(cell: Cell, sort: Sort, currency: str) -> str:
    """Return a cell as people read it."""
    if cell is None:
        return ""
    if isinstance(cell, date):
        return day(cell)
    if isinstance(cell, int):
        return format_minor(cell, currency) if sort is Sort.MONEY else f"{cell:,}"
    return cell
