"""A paper as values. Forms write it; pages show it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from ledger.core.money import decimal_minor

Cell: TypeAlias = str | int | date | None
"""As its column says; None is an empty cell."""


class Sort(StrEnum):
    """What a column holds."""

    TEXT = "text"
    MONEY = "money"
    """Minor units; written in pounds with two decimals."""
    NUMBER = "number"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Column:
    """A column; *name* is what programs call it."""

    name: str
    words: str
    sort: Sort = Sort.TEXT


@dataclass(frozen=True, slots=True)
class Row:
    """A row, a cell for each column.

    Attributes:
        figure: The key of the figure that it shows; see `rules.figures`.
        of: Whose figure it is.
        strong: It is a total.
        first: The first day that counts, of a figure that is what moved.
        last: The last day that counts.
    """

    cells: tuple[Cell, ...]
    figure: str | None = None
    of: UUID | None = None
    strong: bool = False
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A table with its heading, and a sentence on how to read it."""

    name: str
    heading: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """Everything that a form writes.

    Attributes:
        name: For its file, without an ending.
        facts: What it was made from, so that anybody can make it again.
        steps: How to do that.
    """

    name: str
    title: str
    currency: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    steps: tuple[str, ...] = ()
    demonstration: bool = False

    @property
    def about(self) -> tuple[tuple[str, str], ...]:
        """What it says of itself, the title first."""
        marked = (("Demonstration", "fictional organisations and people"),)
        return (("Paper", self.title), *self.facts, *(marked if self.demonstration else ()))


def plain(cell: Cell, sort: Sort) -> str:
    """Return a cell as a program reads it: ``-1234.56``, ``2026-04-01``."""
    if cell is None:
        return ""
    return decimal_minor(cell) if sort is Sort.MONEY and isinstance(cell, int) else str(cell)
