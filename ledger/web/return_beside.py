"""Two states of a return side by side: what has moved since, and what an amendment changes."""

from dataclasses import dataclass
from fractions import Fraction

from ledger.core.money import format_minor
from ledger.funding.returns.files import shown
from ledger.funding.returns.rules.sheet import Cell, Colour
from ledger.funding.returns.rules.values import NUMBERS, ValueKind, number
from ledger.funding.returns.sources import Told


@dataclass(frozen=True, slots=True)
class _Pair:
    """A cell as it was and as it is; at least one of them is there."""

    was: Cell | None
    is_: Cell | None
    cell: Cell

    @property
    def moved(self) -> bool:
        return _said(self.was) != _said(self.is_)

    @property
    def counts(self) -> bool:
        """Whether it is a number that is asked for."""
        return self.cell.form.kind in NUMBERS and self.cell.colour is not Colour.NOT_ASKED

    def row(self, currency: str) -> list[str]:
        values = [shown(one, currency) if one else "" for one in (self.was, self.is_)]
        return [title_of(self.cell), *values, self._difference(currency)]

    @property
    def difference(self) -> Fraction:
        """By how much a number has moved; what is not there is nothing."""
        kind = self.cell.form.kind
        was, is_ = (number(kind, _said(one) or "0") for one in (self.was, self.is_))
        return is_ - was

    def _difference(self, currency: str) -> str:
        if not self.counts:
            return "Changed" if self.moved else ""
        moved = self.difference
        money = self.cell.form.kind is ValueKind.MONEY
        return format_minor(int(moved), currency) if money else str(moved)


def since_then(frozen: Told, now: Told) -> list[list[str]]:
    """Return each computed figure that has moved since: what it was, what it is, the difference.

    A scheme that was added since, and has nothing yet, has moved no figure.
    """
    return [
        one.row(frozen.pool.currency)
        for one in _pairs(frozen, now)
        if one.moved and one.cell.form.source == "postings" and (one.difference or not one.counts)
    ]


def beside(replaced: Told, amended: Told) -> list[list[str]]:
    """Return every number of an amended return beside what it replaces, with the difference.

    Words stand there only where they differ.
    """
    currency = amended.pool.currency
    return [one.row(currency) for one in _pairs(replaced, amended) if one.counts or one.moved]


def title_of(cell: Cell) -> str:
    """Return what a cell is called, with its row."""
    return f"{cell.form.title}: {cell.row_title}" if cell.row_title else cell.form.title


def _pairs(was: Told, now: Told) -> list[_Pair]:
    before = {one.id: one for one in was.sheet.cells}
    after = {one.id: one for one in now.sheet.cells}
    return [
        _Pair(before.get(key), after.get(key), cell) for key, cell in {**before, **after}.items()
    ]


def _said(cell: Cell | None) -> str | None:
    return cell.value if cell and cell.colour is not Colour.NOT_ASKED else None
