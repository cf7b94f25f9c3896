"""The data flows of an agreement as a picture: who gives to whom. A table beside it says what.

Wide: the parties stand on an ellipse, which grows until no box touches another and no arrow
passes under a box that it does not concern. For phones they stand in a column, with arcs beside
it. An arrow has a head at each end where both give; it is dashed where no flow is in force.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import atan2, cos, hypot, pi, sin
from typing import Final

from markupsafe import Markup

from ledger.agreements.queries import Graph, Node
from ledger.web.charts import Frame, Told, svg, written

_WIDE: Final = 960
_NARROW: Final = 350
_BOX: Final = (150.0, 58.0)
_GAP: Final = 14.0
_RADIUS_MIN: Final = 112
_RADIUS_MAX: Final = 480
_RADIUS_CROWDED: Final = 320
_LETTERS_MAX: Final = 18
_LINES_MAX: Final = 3
_LEADING: Final = 17
_HEAD: Final = 13.0
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Arrow:
    """A line between two parties, by their places in the list; *back* says whether both give."""

    giver: int
    receiver: int
    back: bool
    in_force: bool


def diagram(graph: Graph, *, title: str) -> Markup:
    """Return the picture twice, for wide screens and for phones; the style sheet shows one."""
    arrows = _arrows(graph)
    names = [node.name for node in graph.nodes]
    said = "; ".join(
        f"{names[one.giver]} and {names[one.receiver]} give to each other"
        if one.back
        else f"{names[one.giver]} gives to {names[one.receiver]}"
        for one in arrows
    )
    told = Told("flows", title, said or "Nothing is shared.")
    wide, height = ellipse(len(names), [(one.giver, one.receiver) for one in arrows])
    narrow = [(_BOX[0] / 2 + 2, 2 + _BOX[1] / 2 + n * (_BOX[1] + 24)) for n in range(len(names))]
    return Markup().join(
        [
            svg(
                Frame("wide", _WIDE, 0, 0),
                int(height),
                told,
                [*_straight(wide, arrows), *_boxes(wide, graph.nodes)],
            ),
            svg(
                Frame("narrow", _NARROW, 0, 0),
                int(narrow[-1][1] + _BOX[1] / 2 + 4) if narrow else 4,
                told,
                [*_arcs(narrow, arrows), *_boxes(narrow, graph.nodes)],
            ),
        ]
    )


def ellipse(parties: int, lines: Sequence[tuple[int, int]]) -> tuple[list[Point], float]:
    """Return where the boxes of so many *parties* stand, and how high the picture is.

    *lines* are the pairs that an arrow joins. The flattest ellipse is taken on which nothing
    touches. Where more than ten all give to each other there is none: some arrows then pass
    under a box, and the boxes still stand apart.
    """
    for radius in range(_RADIUS_MIN if parties > 2 else 0, _RADIUS_MAX, 8):  # noqa: PLR2004  (a pair)
        for turn in (0.0, 0.5):
            found = _standing(parties, radius, turn)
            if _is_apart(found) and not _is_crossed(found, lines):
                return _from_the_top(found)
    return _from_the_top(_standing(parties, _RADIUS_CROWDED, 0.5))


def _standing(parties: int, radius: int, turn: float) -> list[Point]:
    across = (_WIDE - _BOX[0]) / 2 - 2
    angles = [pi + (n + turn) * 2 * pi / max(1, parties) for n in range(parties)]
    return [(_WIDE / 2 + across * cos(a), radius * sin(a)) for a in angles]


def _from_the_top(points: list[Point]) -> tuple[list[Point], float]:
    top = min((y for _, y in points), default=0.0) - _BOX[1] / 2 - 2
    moved = [(x, y - top) for x, y in points]
    return moved, max((y for _, y in moved), default=0.0) + _BOX[1] / 2 + 2


def _is_apart(points: Sequence[Point]) -> bool:
    return all(
        abs(a[0] - b[0]) >= _BOX[0] + _GAP or abs(a[1] - b[1]) >= _BOX[1] + _GAP
        for a, b in combinations(points, 2)
    )


def _is_crossed(points: Sequence[Point], lines: Sequence[tuple[int, int]]) -> bool:
    return any(
        _passes(points[start], points[end], point)
        for start, end in lines
        for place, point in enumerate(points)
        if place not in {start, end}
    )


def _passes(start: Point, end: Point, box: Point) -> bool:
    """Say whether a line from *start* to *end* passes under the box at *box* (Liang-Barsky)."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    enters, leaves = 0.0, 1.0
    sides = (
        (-dx, start[0] - (box[0] - _BOX[0] / 2)),
        (dx, box[0] + _BOX[0] / 2 - start[0]),
        (-dy, start[1] - (box[1] - _BOX[1] / 2)),
        (dy, box[1] + _BOX[1] / 2 - start[1]),
    )
    for step, room in sides:
        if step == 0:
            if room < 0:
                return False
        elif step < 0:
            enters = max(enters, room / step)
        else:
            leaves = min(leaves, room / step)
    return enters < leaves


def _arrows(graph: Graph) -> list[Arrow]:
    place = {node.organisation_id: number for number, node in enumerate(graph.nodes)}
    given: dict[tuple[int, int], bool] = {}
    for edge in graph.edges:
        pair = (place[edge.from_party], place[edge.to_party])
        given[pair] = given.get(pair, False) or edge.in_force
    return [
        Arrow(a, b, (b, a) in given, in_force or given.get((b, a), False))
        for (a, b), in_force in given.items()
        if a < b or (b, a) not in given
    ]


def _straight(points: Sequence[Point], arrows: Iterable[Arrow]) -> Iterable[Markup]:
    for arrow in arrows:
        giver, receiver = points[arrow.giver], points[arrow.receiver]
        start, end = _border(giver, receiver), _border(receiver, giver)
        yield _path(f"M{_at(start)} L{_at(end)}", arrow)
        yield _head(end, atan2(end[1] - start[1], end[0] - start[0]))
        if arrow.back:
            yield _head(start, atan2(start[1] - end[1], start[0] - end[0]))


def _arcs(points: Sequence[Point], arrows: Iterable[Arrow]) -> Iterable[Markup]:
    """Draw arcs from the right side of one box to that of another, further out if longer."""
    right, room = _BOX[0] + 6, _NARROW - _BOX[0] - 16
    for arrow in arrows:
        far = abs(arrow.giver - arrow.receiver) / max(1, len(points) - 1)
        out = right + room * (0.35 + 0.95 * far)
        shift = 10 if arrow.receiver > arrow.giver else -10
        start = (right, points[arrow.giver][1] + shift)
        end = (right, points[arrow.receiver][1] - shift)
        bend = f"C{out:.1f},{start[1]:.1f} {out:.1f},{end[1]:.1f}"
        yield _path(f"M{_at(start)} {bend} {_at(end)}", arrow)
        yield _head(end, pi)
        if arrow.back:
            yield _head(start, pi)


def _border(of: Point, towards: Point) -> Point:
    """Return where the line from one box to another leaves the first."""
    dx, dy = towards[0] - of[0], towards[1] - of[1]
    across = (_BOX[0] / 2 + 4) / abs(dx) if dx else 2.0
    along = (_BOX[1] / 2 + 4) / abs(dy) if dy else 2.0
    part = min(across, along)
    return of[0] + dx * part, of[1] + dy * part


def _path(drawn: str, arrow: Arrow) -> Markup:
    kind = "cl-flow__line" if arrow.in_force else "cl-flow__line cl-flow__line--not-yet"
    return Markup('<path class="{}" d="{}"/>').format(kind, drawn)


def _head(tip: Point, angle: float) -> Markup:
    corners = [tip]
    for side in (0.42, -0.42):
        reach = hypot(_HEAD, _HEAD / 3)
        corners.append((tip[0] - reach * cos(angle + side), tip[1] - reach * sin(angle + side)))
    return Markup('<polygon class="cl-flow__head" points="{}"/>').format(
        " ".join(_at(corner) for corner in corners)
    )


def _boxes(points: Sequence[Point], nodes: Sequence[Node]) -> Iterable[Markup]:
    for (x, y), node in zip(points, nodes, strict=True):
        kind = "cl-flow__box cl-flow__box--leads" if node.leads else "cl-flow__box"
        yield Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="4"/>').format(
            kind, f"{x - _BOX[0] / 2:.1f}", f"{y - _BOX[1] / 2:.1f}", *_BOX
        )
        lines = wrapped(node.name)
        words = "cl-flow__name cl-flow__name--leads" if node.leads else "cl-flow__name"
        first = y + 5 - (len(lines) - 1) * _LEADING / 2
        for number, line in enumerate(lines):
            yield written(x, first + number * _LEADING, line, words)


def wrapped(name: str) -> list[str]:
    """Return a name in at most three lines that fit a box; what is too long ends in an ellipsis."""
    lines = [""]
    for word in name.split():
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) <= _LETTERS_MAX or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    cut = [f"{each[: _LETTERS_MAX - 1]}…" if len(each) > _LETTERS_MAX else each for each in lines]
    if len(cut) <= _LINES_MAX:
        return cut
    last = cut[_LINES_MAX - 1][: _LETTERS_MAX - 1]
    return [*cut[: _LINES_MAX - 1], f"{last}…"]


def _at(point: Point) -> str:
    return f"{point[0]:.1f},{point[1]:.1f}"
