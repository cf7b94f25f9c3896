"""The only clock. Everything below the edge is given `now`; nothing else asks."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


class _Place:
    """Where the service is: which civil day a moment belongs to."""

    zone = ZoneInfo("Europe/London")


def now() -> datetime:
    """Return this moment in UTC."""
    return datetime.now(UTC)  # noqa: TID251


def use_zone(name: str) -> None:
    """Count civil days in the time zone *name* from now on."""
    _Place.zone = ZoneInfo(name)


def zone() -> ZoneInfo:
    """Return the time zone in which this service counts days."""
    return _Place.zone


def civil_date(moment: datetime) -> date:
    """Return the day that *moment* belongs to, where the service is."""
    return moment.astimezone(_Place.zone).date()


def today() -> date:
    """Return the day that it is here."""
    return civil_date(now())
