"""What a return is made from, and what stands in it: cells and checks, each with its colour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ledger.funding.returns.rules.forms import CellForm, CheckForm


class Colour(StrEnum):
    """How a cell or a check stands."""

    GREEN = "green"
    RED = "red"
    NOT_ASKED = "not-asked"


Rows = Mapping[str, Sequence[tuple[str, str]]]
"""For each sort of row, such as ``scheme``: the rows' keys with their titles, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a sheet is made from.

    Attributes:
        kind: ``quarter`` or ``year``.
        amended: It takes the place of a return that was signed.
        figures: What is computed, by kind of row, row and measure.
        answers: What was typed, by cell.
        before: Every value of the return of the quarter before, by cell; empty if there is none.
    """

    kind: str
    amended: bool
    rows: Rows
    figures: Mapping[tuple[str, str, str], int]
    answers: Mapping[str, str]
    before: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell of a sheet.

    Attributes:
        id: ``section/cell`` or ``section/row/cell``.
        carried: Its value is that of the return before, as nobody typed another.
        reason: Of a red one: what is wrong.
    """

    id: str
    section: str
    row: str
    row_title: str
    form: CellForm
    value: str | None
    carried: bool
    colour: Colour
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check of a sheet. Of a red one, `reason` says what is wrong and the form how to mend it.

    Attributes:
        cells: Which cells it compares.
    """

    id: str
    form: CheckForm
    row_title: str
    cells: tuple[str, ...]
    colour: Colour
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A whole return as it stands."""

    cells: tuple[Cell, ...]
    checks: tuple[Check, ...]

    @property
    def _colours(self) -> list[Colour]:
        return [*(one.colour for one in self.cells), *(one.colour for one in self.checks)]

    @property
    def asked(self) -> int:
        """How many cells and checks have to be green."""
        return sum(one is not Colour.NOT_ASKED for one in self._colours)

    @property
    def done(self) -> int:
        """How many of them are."""
        return sum(one is Colour.GREEN for one in self._colours)

    @property
    def complete(self) -> bool:
        """Whether nothing is red."""
        return self.done == self.asked

    @property
    def values(self) -> dict[str, str]:
        """What stands in each cell that is asked and filled in."""
        return {
            one.id: one.value
            for one in self.cells
            if one.value is not None and one.colour is not Colour.NOT_ASKED
        }
