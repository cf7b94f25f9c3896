"""Back-off: each failure in a row makes the next attempt wait longer.

An attempt counts as failed until it has succeeded, so that guesses made at the same moment
count too. Names and addresses are kept as keyed digests, and a name that nobody has is
counted like any other: how long one waits says nothing about which accounts exist.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import LargeBinary, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core import clock, privacy
from ledger.core.db import Operational
from ledger.core.errors import NotAuthenticated
from ledger.edge.operational import changing

_FORGOTTEN_AFTER: Final = timedelta(minutes=30)
_WAIT_FIRST: Final = timedelta(seconds=30)
_WAIT_MAX: Final = timedelta(minutes=15)


class TooManyAttempts(NotAuthenticated):
    """Somebody has tried too often, and has to wait."""

    slug = "too-many-attempts"
    title = "Too many attempts to sign in"

    def __init__(self, wait: timedelta) -> None:
        self.wait_s = max(1, round(wait.total_seconds()))
        minutes = max(1, round(self.wait_s / 60))
        unit = "minute" if minutes == 1 else "minutes"
        super().__init__(f"wait {minutes} {unit}, then try again")


class Throttle(Operational):
    """How often something has failed in a row."""

    __tablename__ = "throttles"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int]
    failed_at: Mapped[datetime]
    blocked_until: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Counted:
    """Something whose failures are counted, and how many of them cost nothing."""

    what: str
    value: str
    free: int

    @property
    def key(self) -> bytes:
        """The digest under which it is counted."""
        return privacy.lookup_hmac(f"throttle-{self.what}", self.value)


def attempt(counted: Iterable[Counted]) -> None:
    """Count an attempt against each of *counted*.

    Raises:
        TooManyAttempts: one of them has to wait; the attempt is not counted.
    """
    counted = tuple(counted)
    try:
        _attempt(counted)
    except IntegrityError:  # Somebody else has just counted the first: count on from there.
        _attempt(counted)


def _attempt(counted: Iterable[Counted]) -> None:
    now = clock.now()
    with changing() as work:
        if any(one.key[0] == 0 for one in counted):  # One key in 256 sweeps for all.
            work.execute(delete(Throttle).where(Throttle.failed_at < now - _FORGOTTEN_AFTER))
        rows = [(one, work.get(Throttle, one.key, with_for_update=True)) for one in counted]
        waits = [row.blocked_until - now for _, row in rows if row and row.blocked_until]
        if waits and max(waits) > timedelta(0):
            raise TooManyAttempts(max(waits))
        for one, row in rows:
            current = row or Throttle(key=one.key, failures=0, failed_at=now)
            if now - current.failed_at > _FORGOTTEN_AFTER:
                current.failures = 0
            current.failures += 1
            current.failed_at = now
            beyond = current.failures - one.free
            wait = min(_WAIT_FIRST * 2 ** min(beyond - 1, 10), _WAIT_MAX) if beyond > 0 else None
            current.blocked_until = now + wait if wait else None
            work.add(current)


def succeeded(account: Counted, *others: Counted) -> None:
    """Start *account* anew; take this one attempt back from the others, and no more.

    (Somebody who owns one account must not wash away their guesses at the rest.)
    """
    with changing() as work:
        row = work.get(Throttle, account.key, with_for_update=True)
        if row is not None:
            work.delete(row)
        for one in others:
            row = work.get(Throttle, one.key, with_for_update=True)
            if row is not None:
                row.failures = max(0, row.failures - 1)
                row.blocked_until = None if row.failures <= one.free else row.blocked_until
