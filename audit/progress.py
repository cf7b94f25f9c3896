"""A progress bar: on a terminal only, and only for what takes long enough to wonder."""

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
        self._next_s = monotonic() + _QUIET_S
        self._drawn = False

    def advance(self, done: int) -> None:
        """Say that *done* of the total are done."""
        if not self._shown or (now_s := monotonic()) < self._next_s:
            return
        self._next_s, self._drawn = now_s + _REDRAW_S, True
        share = min(1.0, done / self._total)
        bar = ("#" * round(share * _WIDTH)).ljust(_WIDTH)
        self._to.write(f"\r{self._label} [{bar}] {share:4.0%}")
        self._to.flush()

    def advance_of(self, done: int, total: int) -> None:
        """Say that *done* of *total* are done, now that the total is known."""
        self._total = max(total, 1)
        self.advance(done)

    def close(self) -> None:
        """Wipe the bar away."""
        if self._drawn:
            self._to.write("\r" + " " * (len(self._label) + _WIDTH + 8) + "\r")
            self._to.flush()
