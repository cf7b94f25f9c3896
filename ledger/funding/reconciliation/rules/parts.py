"""One line that is several of a day: sums of a few lines, found without trying each way again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from ledger.funding.reconciliation.rules.findings import Line

TOGETHER_MAX: Final = 12
"""Of so many lines of a day, sums are looked for: at most 4,096 of them."""

_Key = tuple[tuple[str, str], bool, int]


@dataclass(slots=True)
class Days:
    """Lines by code, side and day, and what some of a day's lines come to."""

    lines: dict[_Key, dict[str, Line]]
    sums: dict[_Key, dict[int, tuple[Line, ...] | None]] = field(default_factory=dict)

    @classmethod
    def of(cls, lines: Iterable[Line]) -> "Days":
        """Return lines by their days, in their order."""
        made: dict[_Key, dict[str, Line]] = {}
        for line in lines:
            made.setdefault(_key(line, line.day.toordinal()), {})[line.key] = line
        return cls(made)

    def parts(self, whole: Line, near: int) -> tuple[Line, ...] | None:
        """Return the lines of one day that sum to *whole*, if there is one way only.

        All of a day come before some of it, and the nearest day first.
        """
        day = whole.day.toordinal()
        for on in sorted(
            range(day - near, day + near + 1), key=lambda each: (abs(each - day), each)
        ):
            key = _key(whole, on)
            if len(self.lines.get(key, ())) < 2:  # noqa: PLR2004
                continue
            if key not in self.sums:
                self.sums[key] = _sums([*self.lines[key].values()])
            if (found := self.sums[key].get(whole.amount_minor)) is not None:
                return found
        return None

    def remove(self, lines: Iterable[Line]) -> None:
        """Forget lines that were taken."""
        for line in lines:
            key = _key(line, line.day.toordinal())
            del self.lines[key][line.key]
            self.sums.pop(key, None)


def _key(line: Line, day: int) -> _Key:
    return line.code, line.amount_minor > 0, day


def _sums(lines: Sequence[Line]) -> dict[int, tuple[Line, ...] | None]:
    """Return which lines make each sum: all of them, or the only two or more that do."""
    made: dict[int, tuple[Line, ...] | None] = {}
    if len(lines) <= TOGETHER_MAX:
        ways: list[tuple[int, tuple[Line, ...]]] = [(0, ())]
        for line in lines:
            ways += [(sum_minor + line.amount_minor, (*way, line)) for sum_minor, way in ways]
        for sum_minor, way in ways:
            if 1 < len(way) < len(lines):
                made[sum_minor] = None if sum_minor in made else way
    made[sum(line.amount_minor for line in lines)] = tuple(lines)
    return made
