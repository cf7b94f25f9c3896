"""Which day of an agreement comes near enough that its parties are reminded."""

from collections.abc import Collection
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

DAYS_BEFORE: Final = (90, 30, 7)
"""How long before a day its parties are reminded, each once."""


class Matter(StrEnum):
    """What comes near. The value is stored and logged: never rename one."""

    EXPIRY = "expiry"
    REVIEW = "review"


def reached(day: date, *, today: date, noted: Collection[int]) -> int | None:
    """Return which distance to *day* is reached and was not *noted*; None if none is.

    Only the nearest counts: whoever is reminded seven days before needs no reminder of the
    thirty and ninety that went by while the service stood still.
    """
    if today > day:
        return None
    passed = [days for days in DAYS_BEFORE if today >= day - timedelta(days=days)]
    return None if not passed or min(passed) in noted else min(passed)
