"""Periods: days that a pool may post to. They never overlap."""

from collections.abc import Iterable
from datetime import date

from ledger.core.errors import Invalid


class PeriodRefused(Invalid):
    """Days that cannot be a period."""

    slug = "period-refused"
    title = "These days cannot be a period"


def check_period(first_day: date, last_day: date, *, others: Iterable[tuple[date, date]]) -> None:
    """Check that a pool may have this period beside *others*. Raises `PeriodRefused`."""
    if last_day < first_day:
        raise PeriodRefused("the last day is before the first")
    for first, last in others:
        if first <= last_day and first_day <= last:
            raise PeriodRefused(f"some of these days are in the period from {first} to {last}")
