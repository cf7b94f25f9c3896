"""Ages, from a private birth day: at an instant, where the service is. Values only."""

from datetime import date, datetime, time, tzinfo
from enum import StrEnum
from typing import Final

PRESUMED_AT: Final = 16
"""Years from which capacity is presumed: Mental Capacity Act 2005 s.2(5)."""

ADULT_AT: Final = 18
"""Years at which parental responsibility ends: Children Act 1989 s.105."""


class AgeBand(StrEnum):
    """How old somebody is, as far as it matters for who decides."""

    UNDER_11 = "under-11"
    FROM_11 = "11-13"
    FROM_14 = "14-15"
    FROM_16 = "16-17"
    ADULT = "18-and-over"


_BANDS: Final = ((18, AgeBand.ADULT), (16, AgeBand.FROM_16), (14, AgeBand.FROM_14))


def birthday(born_on: date, years: int) -> date:
    """Return the day on which somebody reaches an age; who was born on 29 February, on 1 March."""
    try:
        return born_on.replace(year=born_on.year + years)
    except ValueError:
        return date(born_on.year + years, 3, 1)


def reaches(born_on: date, years: int, zone: tzinfo) -> datetime:
    """Return the instant at which somebody reaches an age: the midnight that begins the day.

    Family Law Reform Act 1969 s.9: at the commencement of the relevant anniversary.
    """
    return datetime.combine(birthday(born_on, years), time(), tzinfo=zone)


def age(born_on: date, t: datetime, zone: tzinfo) -> int:
    """Return how many whole years old somebody is at *t*."""
    on = t.astimezone(zone).date()
    years = on.year - born_on.year
    return years if on >= birthday(born_on, years) else years - 1


def band(born_on: date, t: datetime, zone: tzinfo) -> AgeBand:
    """Return the band of somebody's age at *t*."""
    years = age(born_on, t, zone)
    for least, found in _BANDS:
        if years >= least:
            return found
    return AgeBand.FROM_11 if years >= 11 else AgeBand.UNDER_11  # noqa: PLR2004
