"""Who covers an overspend, drawn: one bar, from left to right in the order of the waterfall."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from ledger.web.charts import Frame, Say, Told, svg, written

_TALL: Final = 44
_ROW: Final = 28


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the bar. *kind* is a class of app.css: who pays it, or that nobody does."""

    label: str
    amount_minor: int
    kind: str


def stacked(title: str, pieces: Sequence[Piece], *, say: Say, name: str) -> Markup:
    """Return one bar of all *pieces*, and what each of them is below it."""
    words = "; ".join(f"{one.label}: {say(one.amount_minor)}" for one in pieces)
    told = Told(name, title, words)
    height = _TALL + 16 + _ROW * len(pieces)
    frames = (Frame("wide", 960, 0, 0), Frame("narrow", 350, 0, 0))
    return Markup().join(svg(one, height, told, _marks(one, pieces, say)) for one in frames)


def _marks(frame: Frame, pieces: Sequence[Piece], say: Say) -> Iterable[Markup]:
    whole = max(1, sum(one.amount_minor for one in pieces))
    x, letters = 0.0, 34 if frame.version == "narrow" else 100
    for number, one in enumerate(pieces):
        width = one.amount_minor * frame.width / whole
        yield _box(x, 0, (width, _TALL), one.kind)
        # A number on each, so that nobody has to tell colours apart.
        if width >= 24:  # noqa: PLR2004  (two digits fit)
            yield written(x + width / 2, _TALL / 2 + 6, str(number + 1), "cl-fall__number")
        x += width
    for number, one in enumerate(pieces):
        y = _TALL + 16 + number * _ROW
        yield _box(0, y, (20, 20), one.kind)
        # The amount first: on a phone the label is cut, and is whole in the table below.
        text = f"{number + 1}. {say(one.amount_minor)} {one.label}"
        cut = f"{text[: letters - 1]}…" if len(text) > letters else text
        yield written(28, y + 16, cut)


def _box(x: float, y: float, size: tuple[float, float], kind: str) -> Markup:
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
        kind, f"{x:.1f}", f"{y:.1f}", f"{size[0]:.1f}", f"{size[1]:.1f}"
    )
