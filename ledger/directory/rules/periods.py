"""Days from which and to which something holds, both included."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from ledger.core.errors import Invalid

_AGE_MAX_YEARS: Final = 130
_OLDEST_YEAR: Final = 1890
_FUTURE_MAX: Final = timedelta(days=3 * 366)


class BadPeriod(Invalid):
    """A period that ends before it begins, or begins absurdly far away."""

    slug = "bad-period"
    title = "These dates do not make a period"


@dataclass(frozen=True, slots=True)
class Period:
    """From one day to another, both included; without an end if *until_on* is None."""

    from_on: date
    until_on: date | None = None

    def holds(self, on: date) -> bool:
        """Say whether *on* is one of its days."""
        return self.from_on <= on and (self.until_on is None or on <= self.until_on)

    def overlaps(self, other: "Period") -> bool:
        """Say whether some day is in both."""
        return (other.until_on is None or self.from_on <= other.until_on) and (
            self.until_on is None or other.from_on <= self.until_on
        )


def check_period(period: Period, *, today: date) -> None:
    """Check that *period* can be somebody's term. Raises `BadPeriod` if not."""
    if period.until_on is not None and period.until_on < period.from_on:
        raise BadPeriod(f"it ends on {period.until_on}, before it begins on {period.from_on}")
    if period.from_on > today + _FUTURE_MAX or period.from_on.year < _OLDEST_YEAR:
        raise BadPeriod(f"it begins on {period.from_on}: check the year")


def check_date_of_birth(born_on: date, *, today: date) -> None:
    """Check that somebody can have been born on that day. Never repeats it.

    Raises:
        Invalid: it is in the future, or too long ago.
    """
    if born_on > today:
        raise Invalid("a date of birth is not in the future: check the year")
    if born_on.year < today.year - _AGE_MAX_YEARS:
        raise Invalid(f"a date of birth is less than {_AGE_MAX_YEARS} years ago: check the year")
