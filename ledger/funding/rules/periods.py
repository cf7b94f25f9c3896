"""Periods: days that a pool may post to. They never overlap."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Final

from ledger.core.errors import Invalid
from ledger.funding.rules.events import Event


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


class Stage(StrEnum):
    """How far the closing of a period has got. Closed for good is `closed_at`."""

    OPEN = "open"
    SOFT_CLOSED = "soft-closed"
    YEAR_CLOSED = "year-closed"


PROMISES: Final = frozenset(
    {
        Event.CONTRIBUTION_AGREED,
        Event.RESERVE_SET,
        Event.BUDGET_ALLOCATED,
        Event.BUDGET_VIRED,
        Event.SPENDING_COMMITTED,
        Event.BUNDLE_STARTED,
        Event.BUDGET_BROUGHT_FORWARD,
    }
)
"""What a soft-closed period takes no more: it is only being put right."""

AFTER_RESULT: Final = frozenset(
    {
        Event.UNDERSPEND_CARRIED,
        Event.UNDERSPEND_RETURNED,
        Event.FUND_DRAWN,
        Event.BUDGET_LAPSED,
        Event.PAYMENT_MADE,
        Event.CONTRIBUTION_RECEIVED,
        Event.REFUND_RECEIVED,
    }
)
"""What a period takes once its income and expenditure have become a result."""


def takes(stage: Stage, event: Event) -> bool:
    """Say whether a period at *stage* takes *event*; a reversal counts as its original."""
    if stage is Stage.YEAR_CLOSED:
        return event in AFTER_RESULT
    return stage is Stage.OPEN or event not in PROMISES
