"""Counts for `limits`, in the memory of this process and without a thread.

The library's own starts a thread at nearly every request, to throw away what has run out. Here
that is done by the request that comes first once a minute is over.
"""

from threading import Lock
from time import time
from typing import Final

from limits.storage import Storage

_SWEEP_EVERY_S: Final = 60


class Counts(Storage):
    """How often each key was counted, until it runs out. Any number of threads may use one."""

    STORAGE_SCHEME = ["counts"]  # noqa: RUF012  (the library writes it so)

    def __init__(self, uri: str | None = None, **options: float | str | bool) -> None:
        super().__init__(uri, **options)  # type: ignore[arg-type]
        self._counted: dict[str, tuple[int, float]] = {}
        self._sweep_at_s = 0.0
        self._mutex: Final = Lock()

    @property
    def base_exceptions(self) -> type[Exception]:
        """Say what may go wrong here that is no mistake of ours: nothing in particular."""
        return ValueError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count *amount* more; what is counted for the first time runs out in *expiry* seconds."""
        now_s = time()
        with self._mutex:
            if now_s >= self._sweep_at_s:
                self._sweep(now_s)
            count, ends_at_s = self._counted.get(key, (0, 0.0))
            if ends_at_s <= now_s:
                count, ends_at_s = 0, now_s + expiry
            self._counted[key] = (count + amount, ends_at_s)
            return count + amount

    def get(self, key: str) -> int:
        """Return how often *key* was counted."""
        count, ends_at_s = self._counted.get(key, (0, 0.0))
        return count if ends_at_s > time() else 0

    def get_expiry(self, key: str) -> float:
        """Return when what was counted for *key* runs out, in seconds since 1970."""
        return self._counted.get(key, (0, time()))[1]

    def check(self) -> bool:
        """Say that it works."""
        return True

    def reset(self) -> int:
        """Forget everything; return how many keys there were."""
        with self._mutex:
            forgotten, self._counted = len(self._counted), {}
        return forgotten

    def clear(self, key: str) -> None:
        """Forget what was counted for *key*."""
        with self._mutex:
            self._counted.pop(key, None)

    def _sweep(self, now_s: float) -> None:
        self._counted = {key: one for key, one in self._counted.items() if one[1] > now_s}
        self._sweep_at_s = now_s + _SWEEP_EVERY_S
