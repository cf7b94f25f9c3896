"""Charts drawn here as SVG: no library, no script, no style attribute; classes from app.css.

Each comes twice, for wide screens and for phones; the style sheet shows one. A chart carries its
title and all its numbers in words for those who do not see it; put the numbers beside it as a
table too (``parts/lists.jinja``).

    {{ bars("Allocated and spent", [Bar("Falls", part=38850000, whole=41200000), ...],
            part_word="spent", whole_word="allocated", say=format_minor, name="schemes") }}
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

Say = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Bar:
    """A whole, and the part of it that is used; the part may be larger."""

    label: str
    part: int
    whole: int


@dataclass(frozen=True, slots=True)
class Line:
    """A series: one value for each label of the horizontal axis; None where there is none."""

    name: str
    values: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """Sizes of one of the two versions, in pixels at its natural size."""

    version: str
    width: int
    left: int
    right: int


@dataclass(frozen=True, slots=True)
class Told:
    """What a chart says to those who do not see it, and the name its parts are known by."""

    name: str
    title: str
    words: str


_BAR: Final = 26
_MARKS_MAX: Final = 5
_LABEL_MAX: Final = 32
_LABEL_MAX_NARROW: Final = 40
_LETTER: Final = 8.5
"""About how wide a letter is, in pixels at 16 px."""


def bars(
    title: str, rows: Sequence[Bar], *, part_word: str, whole_word: str, say: Say, name: str
) -> Markup:
    """Return a bar for each row, the part upon the whole, a part that is too large in red."""
    words = "; ".join(
        f"{row.label}: {whole_word} {say(row.whole)}, {part_word} {say(row.part)}" for row in rows
    )
    told = Told(name, title, words)
    numbers = [
        f"{say(row.part)} {part_word} of {say(row.whole)}{', over' * (row.part > row.whole)}"
        for row in rows
    ]
    top = max([*(max(row.part, row.whole) for row in rows), 1])
    left = width_of(row.label[:_LABEL_MAX] for row in rows) + 16
    wide = Frame("wide", 960, left, width_of(numbers) + 8)
    drawn = []
    for frame, pitch in ((wide, _BAR + 20), (Frame("narrow", 350, 0, 4), _BAR + 54)):
        scale = (frame.width - frame.left - frame.right) / top
        marks: list[Markup] = []
        for number, row in enumerate(rows):
            marks += _bar(row, frame, 4 + number * pitch, scale, numbers[number])
        drawn.append(svg(frame, 4 + len(rows) * pitch, told, marks))
    return Markup().join(drawn)


def _bar(row: Bar, frame: Frame, y: int, scale: float, numbers: str) -> Iterable[Markup]:
    part, whole = max(0, row.part) * scale, max(0, row.whole) * scale
    kind = "cl-chart__over" if row.part > row.whole else "cl-chart__part"
    most = _LABEL_MAX if frame.version == "wide" else _LABEL_MAX_NARROW
    cut = len(row.label) > most  # It is whole in the description, and in the table.
    label = f"{row.label[: most - 1]}…" if cut else row.label
    if frame.version == "wide":
        yield written(frame.left - 12, y + 18, label, "cl-chart__end")
        yield written(frame.left + max(part, whole) + 8, y + 18, numbers)
    else:
        yield written(0, y + 15, label)
        y += 22
        yield written(0, y + _BAR + 18, numbers, "cl-chart__quiet")
    yield _box(frame.left, y, (whole, _BAR), "cl-chart__whole")
    yield _box(frame.left, y + 5, (part, _BAR - 10), kind)


def lines(
    title: str, labels: Sequence[str], series: Sequence[Line], *, say: Say, name: str
) -> Markup:
    """Return one line for each of *series* over *labels*, told apart by dashes as by colour."""
    words = "; ".join(
        f"{line.name}: "
        + ", ".join(
            f"{label} {say(value)}"
            for label, value in zip(labels, line.values, strict=True)
            if value is not None
        )
        for line in series
    )
    found = [value for line in series for value in line.values if value is not None]
    low, high, step = axis(min([0, *found]), max([0, *found]))
    told = Told(name, title, words)
    drawn = []
    left = width_of(say(value) for value in range(low, high + 1, step)) + 12
    for frame in (Frame("wide", 960, left, 30), Frame("narrow", 350, left, 16)):
        marks = _plot(frame, labels, series, (low, high, step), say)
        drawn.append(svg(frame, 312 + 26 * len(series), told, marks))
    return Markup().join(drawn)


def _plot(
    frame: Frame,
    labels: Sequence[str],
    series: Sequence[Line],
    scale: tuple[int, int, int],
    say: Say,
) -> Iterable[Markup]:
    low, high, step = scale
    above, below = 10, 260
    right = frame.width - frame.right

    def x(number: int) -> float:
        return frame.left + number * (right - frame.left) / max(1, len(labels) - 1)

    def y(value: int) -> float:
        return below - (value - low) * (below - above) / (high - low)

    for value in range(low, high + 1, step):
        at = f"{y(value):.1f}"
        yield Markup('<line class="cl-chart__grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
            frame.left, right, at, at
        )
        yield written(frame.left - 10, y(value) + 5, say(value), "cl-chart__end")
    every = max(1, -(-len(labels) // (12 if frame.version == "wide" else 4)))
    for number in range(0, len(labels), every):
        yield written(x(number), below + 24, labels[number], "cl-chart__middle")
    for number, line in enumerate(series):
        points = [(x(i), y(v)) for i, v in enumerate(line.values) if v is not None]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        kind = f"cl-chart__line cl-chart__line--{number}"
        yield Markup('<polyline class="{}" points="{}"/>').format(kind, path)
        key = 312 + 26 * number
        yield Markup('<line class="{}" x1="0" x2="36" y1="{}" y2="{}"/>').format(
            kind, key - 5, key - 5
        )
        yield written(46, key, line.name)


def axis(low: int, high: int) -> tuple[int, int, int]:
    """Return (lowest, highest, step) of an axis: whole steps of 1, 2 or 5 and noughts."""
    span, step, factors = max(1, high - low), 1, (2, 5, 10)
    power = 1
    while span > step * _MARKS_MAX:
        for factor in factors:
            step = factor * power
            if span <= step * _MARKS_MAX:
                break
        power *= 10
    return low // step * step, max(-(-high // step) * step, low // step * step + step), step


def svg(frame: Frame, height: int, told: Told, marks: Iterable[Markup]) -> Markup:
    """Return *marks* as a picture with its title and description."""
    name, size = f"{told.name}-{frame.version}", (frame.width, height)
    head = Markup(
        '<svg class="cl-chart cl-chart--{}" role="img" aria-labelledby="{}-t {}-d" '
        'viewBox="0 0 {} {}" width="{}" height="{}" xmlns="http://www.w3.org/2000/svg">'
    ).format(frame.version, name, name, *size, *size)
    words = Markup('<title id="{}-t">{}</title><desc id="{}-d">{}</desc>').format(
        name, told.title, name, told.words
    )
    return Markup().join([head, words, *marks, Markup("</svg>")])


def width_of(texts: Iterable[str]) -> int:
    """Return about how many pixels the widest of *texts* takes."""
    return int(max((len(text) for text in texts), default=0) * _LETTER)


def written(x: float, y: float, words: str, kind: str = "") -> Markup:
    """Return words at a place; *kind* is their class."""
    named = Markup(' class="{}"').format(kind) if kind else ""
    return Markup('<text{} x="{}" y="{}">{}</text>').format(
        named, f"{x:.1f}", f"{y:.1f}", escape(words)
    )


def _box(x: float, y: float, size: tuple[float, float], kind: str) -> Markup:
    width, height = size
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
        kind, f"{x:.1f}", f"{y:.1f}", f"{max(0.0, width):.1f}", f"{height:.1f}"
    )
