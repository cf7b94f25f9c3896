"""What is set once for a process of tests, so that thousands of applications can be made in it.

Nothing here changes what a test sees. What does need a disk that is asked to keep its word, a
power cut, is tried in processes of their own (tests/faults); those import none of this.
"""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.engine import Engine

import ledger.core.db  # noqa: F401  # Its listener comes first, so that ours has the last word.

_flush: Final = os.fsync


def _not_flushed(_file: object) -> None:
    """Take the place of `os.fsync`: a process that ends loses nothing it has written."""


def _sqlite_not_flushed(connection: Any, _record: object) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        connection.execute("PRAGMA synchronous = OFF")


def wait_for_no_disk() -> None:
    """Let commits and files of this process return before the disk has them."""
    event.listen(Engine, "connect", _sqlite_not_flushed)
    os.fsync = _not_flushed  # type: ignore[assignment]


@contextmanager
def waiting_for_the_disk() -> Iterator[None]:
    """Give back what the product itself does, for as long as the block runs."""
    event.remove(Engine, "connect", _sqlite_not_flushed)
    os.fsync = _flush
    try:
        yield
    finally:
        wait_for_no_disk()


def keep_what_is_imported() -> None:
    """Spare the collector what lives until the end, and ask it less often.

    Every application that is made would have it look through all modules again, which took
    longer than to make the application.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
