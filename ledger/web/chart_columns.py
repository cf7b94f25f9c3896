"""Columns by month: one or two to a label, told apart by being full or only drawn round.

{{ columns("Fallen due and received", ["Apr", ...], [Line("Due", (…)), …], say=…, name="due") }}
"""

from collections.abc import Iterable, Sequence
from typing import Final

from markupsafe import Markup

from ledger.web.charts import Frame, Line, Say, Told, axis, svg, width_of, written

_ABOVE: Final = 10
_BELOW: Final = 230


def columns(
    title: str, labels: Sequence[str], series: Sequence[Line], *, say: Say, name: str
) -> Markup:
    """Return a group of columns for each of *labels*; below zero they hang down."""
    words = "; ".join(
        f"{label}: "
        + ", ".join(f"{line.name.lower()} {say(line.values[at] or 0)}" for line in series)
        for at, label in enumerate(labels)
    )
    found = [value for line in series for value in line.values if value is not None]
    scale = axis(min([0, *found]), max([0, *found]))
    left = width_of(say(value) for value in range(scale[0], scale[1] + 1, scale[2])) + 12
    told = Told(name, title, words)
    return Markup().join(
        svg(
            frame,
            _BELOW + 40 + 26 * len(series),
            told,
            [*_columns(frame, labels, series, scale, say), *_key(series)],
        )
        for frame in (Frame("wide", 960, left, 8), Frame("narrow", 350, left, 4))
    )


def _columns(
    frame: Frame,
    labels: Sequence[str],
    series: Sequence[Line],
    scale: tuple[int, int, int],
    say: Say,
) -> Iterable[Markup]:
    low, high, step = scale
    right = frame.width - frame.right
    pitch = (right - frame.left) / max(1, len(labels))
    thick = pitch * 0.7 / max(1, len(series))

    def y(value: int) -> float:
        return _BELOW - (value - low) * (_BELOW - _ABOVE) / (high - low)

    for value in range(low, high + 1, step):
        yield Markup('<line class="cl-chart__grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
            frame.left, right, f"{y(value):.1f}", f"{y(value):.1f}"
        )
        yield written(frame.left - 10, y(value) + 5, say(value), "cl-chart__end")
    every = max(1, -(-len(labels) // (12 if frame.version == "wide" else 4)))
    for at, label in enumerate(labels):
        start = frame.left + at * pitch + pitch * 0.15
        if at % every == 0:
            yield written(start + pitch * 0.35, _BELOW + 24, label, "cl-chart__middle")
        for number, line in enumerate(series):
            amount = line.values[at] or 0
            top, bottom = min(y(amount), y(0)), max(y(amount), y(0))
            place = (start + number * thick, top, thick * 0.9, bottom - top)
            if amount:
                yield _rect(number, place)


def _key(series: Sequence[Line]) -> Iterable[Markup]:
    for number, line in enumerate(series):
        y = _BELOW + 40 + 26 * number
        yield _rect(number, (1, y, 22, 18))
        yield written(34, y + 15, line.name)


def _rect(number: int, place: tuple[float, float, float, float]) -> Markup:
    x, y, width, height = (f"{each:.1f}" for each in place)
    return Markup(
        '<rect class="cl-chart__column cl-chart__column--{}" x="{}" y="{}" width="{}" height="{}"/>'
    ).format(number, x, y, width, height)
