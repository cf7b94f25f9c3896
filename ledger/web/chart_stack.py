"""One bar whose parts add up to a whole, with a numbered key: no part is told by colour alone.

{{ stack("Where all of it is", [Part("Spent", 36_493_98), ...], say=money, name="left") }}
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from ledger.web.charts import Frame, Say, Told, svg, written

_BAR: Final = 44
_LINE: Final = 30
_NUMBER_MIN: Final = 22
"""A part that is narrower has no room for its number: the key beside it still says it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the whole. Nothing and less than nothing has a line in the key, and no width."""

    label: str
    amount: int


def stack(title: str, parts: Sequence[Part], *, say: Say, name: str) -> Markup:
    """Return a bar of *parts* in their order, and a key with what each comes to."""
    words = "; ".join(f"{one.label}: {say(one.amount)}" for one in parts)
    told = Told(name, title, words)
    whole = max(1, sum(max(0, one.amount) for one in parts))
    drawn = []
    for frame in (Frame("wide", 960, 0, 0), Frame("narrow", 350, 0, 0)):
        marks = [*_bar(frame, parts, whole), *_key(frame, parts, whole, say)]
        drawn.append(svg(frame, _BAR + 20 + _lines(frame) * len(parts), told, marks))
    return Markup().join(drawn)


def _bar(frame: Frame, parts: Sequence[Part], whole: int) -> Iterable[Markup]:
    x = 0.0
    for number, one in enumerate(parts):
        width = max(0, one.amount) / whole * frame.width
        if width:
            yield _rect(number, x, 0, width, _BAR)
        if width >= _NUMBER_MIN:
            kind = f"cl-chart__middle cl-chart__on--{number}"
            yield written(x + width / 2, _BAR / 2 + 6, str(number + 1), kind)
        x += width


def _key(frame: Frame, parts: Sequence[Part], whole: int, say: Say) -> Iterable[Markup]:
    for number, one in enumerate(parts):
        y = _BAR + 16 + number * _lines(frame)
        share = f"{round(max(0, one.amount) * 100 / whole)}%"
        yield _rect(number, 0, y, 26, 22)
        yield written(13, y + 17, str(number + 1), f"cl-chart__middle cl-chart__on--{number}")
        if frame.version == "wide":
            yield written(38, y + 17, one.label)
            yield written(560, y + 17, say(one.amount), "cl-chart__end")
            yield written(630, y + 17, share, "cl-chart__end cl-chart__quiet")
        else:
            yield written(38, y + 17, one.label)
            yield written(38, y + 39, f"{say(one.amount)}, {share}", "cl-chart__quiet")


def _lines(frame: Frame) -> int:
    return _LINE if frame.version == "wide" else 54


def _rect(number: int, x: float, y: float, width: float, height: float) -> Markup:
    return Markup(
        '<rect class="cl-chart__slice cl-chart__slice--{}" x="{}" y="{}" width="{}" height="{}"/>'
    ).format(number, f"{x:.1f}", f"{y:.1f}", f"{width:.1f}", f"{height:.1f}")
