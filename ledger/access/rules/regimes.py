"""The regime table: which rules govern a purpose on a day. See ``policies/regimes.csv``."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from ledger.access.rules.words import Exemption, Regime
from ledger.vocabulary import purposes
from ledger.vocabulary.categories import Category

ANY: Final = "any"
_KEPT_MAX: Final = 10_000
_STATUTORY: Final = frozenset({Regime.STATUTORY_DUTY, Regime.STATUTORY_PROHIBITION})
_COLUMNS: Final = ("row", "version", "from", "until", "purpose", "category", "regime", "basis")


class BadRegimes(ValueError):
    """The table cannot be used. Names each line that is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimeRow:
    """One row: *regime* governs *purpose* and *category* from a day to a day, inclusive."""

    row: str
    version: int
    from_on: date
    until_on: date | None
    purpose: str
    category: str
    regime: Regime
    basis: str
    exemption: Exemption | None = None
    """Why the opt-out register is not asked, if it is not."""

    @property
    def name(self) -> str:
        """Row and version, as answers give them."""
        return f"{self.row}/{self.version}"

    def holds(self, on: date) -> bool:
        """Say whether it governs on that day."""
        return self.from_on <= on and (self.until_on is None or on <= self.until_on)


class Regimes:
    """The whole table. Look-ups for a day and a purpose are worked out once and kept."""

    def __init__(self, rows: Iterable[RegimeRow]) -> None:
        self.rows: Final = tuple(rows)
        self._found: dict[tuple[str, Category, date], RegimeRow | None] = {}

    def governing(self, purpose: str, category: Category, on: date) -> RegimeRow | None:
        """Return the nearest row that holds on that day; None if the table had not begun."""
        key = (purpose, category, on)
        try:
            return self._found[key]
        except KeyError:
            pass
        if len(self._found) > _KEPT_MAX:  # Research projects have no end, and days go by.
            self._found.clear()
        lineage = purposes.lineage(purpose) | {ANY}
        near = [
            row
            for row in self.rows
            if row.holds(on) and row.purpose in lineage and row.category in (category, ANY)
        ]
        best = max(near, key=_nearness, default=None)
        self._found[key] = best
        return best


def parse(text: str) -> Regimes:
    """Read the table.

    Raises:
        BadRegimes: naming each line with a word that is not known, days in the wrong
            order, two rows for one purpose on one day, or no row for ``any`` purpose.
    """
    rows: list[RegimeRow] = []
    faults: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        words = [word.strip() for word in next(csv.reader([line]))]
        try:
            row = _row(words)
            for other in rows:
                _check_apart(other, row)
            rows.append(row)
        except ValueError as error:
            faults.append(f"{number}: {error}")
    if not any(row.purpose == row.category == ANY and row.until_on is None for row in rows):
        faults.append("no row for any purpose and any category that has no end")
    if faults:
        raise BadRegimes("\n".join(faults))
    return Regimes(rows)


def _row(words: list[str]) -> RegimeRow:
    if len(words) not in {len(_COLUMNS), len(_COLUMNS) + 1}:
        raise ValueError(f"needs {', '.join(_COLUMNS)} and perhaps an exemption")
    name, version, from_on, until_on, purpose, category, regime, basis = words[: len(_COLUMNS)]
    exemption = _exemption(words[len(_COLUMNS) :], regime)
    if purpose != ANY and not purposes.is_known(purpose):
        raise ValueError(f"{purpose!r} is no purpose; see ledger/vocabulary")
    if category != ANY and category not in set(Category):
        raise ValueError(f"{category!r} is no category; known: {', '.join(sorted(Category))}")
    if regime not in set(Regime):
        raise ValueError(f"{regime!r} is no regime; known: {', '.join(sorted(Regime))}")
    if not name or not basis:
        raise ValueError("a row has a name and a legal basis")
    row = RegimeRow(
        row=name,
        version=int(version),
        from_on=date.fromisoformat(from_on),
        until_on=date.fromisoformat(until_on) if until_on else None,
        purpose=purpose,
        category=category,
        regime=Regime(regime),
        basis=basis,
        exemption=exemption,
    )
    if row.until_on is not None and row.until_on < row.from_on:
        raise ValueError("ends before it begins")
    return row


def _exemption(words: list[str], regime: str) -> Exemption | None:
    if not words or not words[0]:
        return None
    if words[0] not in set(Exemption):
        raise ValueError(f"{words[0]!r} is no exemption; known: {', '.join(sorted(Exemption))}")
    if regime != Regime.OPT_OUT:
        raise ValueError("only a row under opt-out asks the register, and so can be exempt")
    return Exemption(words[0])


def _check_apart(one: RegimeRow, other: RegimeRow) -> None:
    if one.name == other.name:
        raise ValueError(f"{one.name} is there already: give the row its next version")
    if (one.purpose, one.category) == (other.purpose, other.category):
        first, second = sorted((one, other), key=lambda row: row.from_on)
        if first.until_on is None or second.from_on <= first.until_on:
            raise ValueError(f"{one.name} and {other.name} govern the same on one day")


def _nearness(row: RegimeRow) -> tuple[bool, int, bool]:
    """Order by what the law requires or forbids, then by purpose, then by category."""
    depth = 0 if row.purpose == ANY else len(purposes.lineage(row.purpose))
    return row.regime in _STATUTORY, depth, row.category != ANY
