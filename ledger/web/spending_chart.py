"""Columns of what was spent each month, one picture for each scheme, all to their own scale."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import Final

from markupsafe import Markup

from ledger.web.charts import Frame, Say, Told, svg, written

_ABOVE: Final = 26
_BELOW: Final = 150
_HEIGHT: Final = 200


def columns(title: str, months: Sequence[tuple[str, int]], *, say: Say, name: str) -> Markup:
    """Return a column for each of *months*, spelled ``2026-04``, on wide screens and on phones."""
    words = "; ".join(f"{month_words(month)} {say(minor)}" for month, minor in months)
    told = Told(name, title, words)
    frames = (Frame("wide", 960, 8, 8), Frame("narrow", 350, 4, 4))
    return Markup().join(svg(frame, _HEIGHT, told, _marks(frame, months, say)) for frame in frames)


def _marks(frame: Frame, months: Sequence[tuple[str, int]], say: Say) -> Iterable[Markup]:
    highest = max([1, *(minor for _, minor in months)])
    lowest = min([0, *(minor for _, minor in months)])
    pitch = (frame.width - frame.left - frame.right) / max(1, len(months))
    scale = (_BELOW - _ABOVE) / (highest - lowest)
    zero = _BELOW + lowest * scale
    top = max(range(len(months)), key=lambda at: months[at][1], default=0)
    for at, (_, minor) in enumerate(months):
        x, tall = frame.left + at * pitch, abs(minor) * scale
        y = zero - tall if minor > 0 else zero
        kind = "cl-chart__part" if minor >= 0 else "cl-chart__over"
        yield Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
            kind, f"{x + pitch * 0.1:.1f}", f"{y:.1f}", f"{pitch * 0.8:.1f}", f"{tall:.1f}"
        )
    yield Markup('<line class="cl-chart__grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
        frame.left, frame.width - frame.right, f"{zero:.1f}", f"{zero:.1f}"
    )
    if months:
        after = frame.left + top * pitch > frame.width / 2
        x = frame.left + top * pitch + (pitch if after else 0)
        said = f"{say(months[top][1])} in {month_words(months[top][0])}"
        yield written(x, 18, said, "cl-chart__end" if after else "")
    yield from _years(frame, [month for month, _ in months], pitch)


def month_words(spelled: str) -> str:
    """Return ``2026-04`` as people say it."""
    return f"{date.fromisoformat(f'{spelled}-01'):%B %Y}"


def _years(frame: Frame, months: Sequence[str], pitch: float) -> Iterable[Markup]:
    """Yield the years where they begin, as far apart as they can be read."""
    starts = [at for at, (a, b) in enumerate(pairwise(months), 1) if a[:4] != b[:4]]
    last = -1e9
    for at in [0, *starts] if months else []:
        x = frame.left + at * pitch
        if x - last < 46 or x > frame.width - 40:  # noqa: PLR2004  (as wide as a year)
            continue
        last = x
        yield Markup('<line class="cl-chart__grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
            f"{x:.1f}", f"{x:.1f}", _ABOVE, _BELOW + 12
        )
        yield written(x + 2, _BELOW + 30, months[at][:4], "cl-chart__quiet")
