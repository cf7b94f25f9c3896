"""Who owes whom: an arrow from each that owes to each that is owed, with the amount on it.

{{ owes("Who owes whom", [Owes("Northmoor Council", "The pool", 4_000_00), …], say=…, name=…) }}
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from ledger.web.charts import Frame, Say, Told, svg, written

_ROW_WIDE: Final = 52
_ROW_NARROW: Final = 104
_LABEL_MAX: Final = 38


@dataclass(frozen=True, slots=True)
class Owes:
    """A debt: who owes, to whom, and how much; above zero."""

    debtor: str
    creditor: str
    amount: int


def owes(title: str, debts: Sequence[Owes], *, say: Say, name: str) -> Markup:
    """Return an arrow for each debt; the thicker, the more is owed."""
    words = "; ".join(f"{one.debtor} owes {one.creditor} {say(one.amount)}" for one in debts)
    told = Told(name, title, words)
    most = max((one.amount for one in debts), default=1)
    drawn = []
    for frame, row, draw in (
        (Frame("wide", 960, 0, 0), _ROW_WIDE, _wide),
        (Frame("narrow", 350, 0, 0), _ROW_NARROW, _narrow),
    ):
        marks = [
            mark
            for number, one in enumerate(debts)
            for mark in draw(one, number * row, 2 + 6 * one.amount / most, say)
        ]
        drawn.append(svg(frame, row * len(debts) + 8, told, marks))
    return Markup().join(drawn)


def _wide(one: Owes, y: float, thick: float, say: Say) -> Iterable[Markup]:
    yield written(330, y + 33, _cut(one.debtor), "cl-chart__end")
    yield written(475, y + 18, say(one.amount), "cl-chart__middle")
    yield _line((345, y + 28), (590, y + 28), thick)
    yield _head(f"588,{y + 18:.1f} 606,{y + 28:.1f} 588,{y + 38:.1f}")
    yield written(620, y + 33, _cut(one.creditor))


def _narrow(one: Owes, y: float, thick: float, say: Say) -> Iterable[Markup]:
    yield written(0, y + 16, _cut(one.debtor))
    yield _line((14, y + 26), (14, y + 58), thick)
    yield _head(f"4,{y + 56:.1f} 24,{y + 56:.1f} 14,{y + 72:.1f}")
    yield written(36, y + 50, say(one.amount), "cl-chart__quiet")
    yield written(0, y + 90, _cut(one.creditor))


def _cut(label: str) -> str:
    """Return a name that fits; it is whole in the description, and in the table."""
    return f"{label[: _LABEL_MAX - 1]}…" if len(label) > _LABEL_MAX else label


def _line(start: tuple[float, float], end: tuple[float, float], thick: float) -> Markup:
    return Markup(
        '<line class="cl-chart__arrow" x1="{}" y1="{}" x2="{}" y2="{}" stroke-width="{}"/>'
    ).format(*(f"{each:.1f}" for each in (*start, *end, thick)))


def _head(points: str) -> Markup:
    return Markup('<polygon class="cl-chart__head" points="{}"/>').format(points)
