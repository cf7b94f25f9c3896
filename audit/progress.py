"""A progress bar: on a terminal only, and only for what takes long enough to wonder.

It says how much is done, how many a second, and how long the rest takes at that rate.
"""

import sys
from time import monotonic
from typing import Final, TextIO

_WIDTH: Final = 30
_QUIET_S: Final = 1.0  # What is done sooner needs no bar.
_REDRAW_S: Final = 0.2


class Progress:
    """Shows how much of *total* is done. Leaves nothing behind when it is closed."""

    def __init__(self, label: str, total: int, *, to: TextIO | None = None) -> None:
        self._label: Final = label
        self._total = max(total, 1)
        self._to: Final = to or sys.stderr
        self._shown: Final = self._to.isatty()
        self._began_s: Final = monotonic()
        self._began_at: int | None = None
        self._next_s = self._began_s + _QUIET_S
        self._drawn = 0

    def advance(self, done: int) -> None:
        """Say that *done* of the total are done."""
        if self._began_at is None:
            self._began_at = done  # What an earlier run has done says nothing of the rate.
        if not self._shown or (now_s := monotonic()) < self._next_s:
            return
        self._next_s = now_s + _REDRAW_S
        share = min(1.0, done / self._total)
        bar = ("#" * round(share * _WIDTH)).ljust(_WIDTH)
        line = f"{self._label} [{bar}] {share:4.0%}{self._rate(done, now_s)}"
        self._to.write("\r" + line.ljust(self._drawn))
        self._to.flush()
        self._drawn = len(line)

    def _rate(self, done: int, now_s: float) -> str:
        rate = (done - (self._began_at or 0)) / (now_s - self._began_s)
        if rate <= 0:
            return ""
        left_s = round(max(0, self._total - done) / rate)
        return f"  {rate:,.0f}/s, {left_s // 60}:{left_s % 60:02} left"

    def advance_of(self, done: int, total: int) -> None:
        """Say that *done* of *total* are done, now that the total is known."""
        self._total = max(total, 1)
        self.advance(done)

    def close(self) -> None:
        """Wipe the bar away."""
        if self._drawn:
            self._to.write("\r" + " " * self._drawn + "\r")
            self._to.flush()
