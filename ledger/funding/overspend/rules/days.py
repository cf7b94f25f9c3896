"""The days that follow an overspend, and what a forecast is: rules without a database.

How many days there are, and how far above its budget a forecast may be, the agreement says.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Final
from uuid import UUID

from ledger.core.errors import Invalid
from ledger.funding.rules.sharing import half_even

REMIND_BEFORE: Final = timedelta(days=2)
"""So long before a day whoever must act is reminded once; and once more when it has passed."""

RATE_FROM_DAY: Final = 28
"""Before so many days of a period have passed, its spending says nothing of the rest."""

ACTIONS_MAX: Final = 20


class Cause(StrEnum):
    """Why a scheme is overspent. The value is logged: never rename one."""

    DEMAND = "demand"
    PRICE = "price"
    LATE_INVOICE = "late-invoice"
    MISTAKE = "mistake"
    OTHER = "other"


class Duty(StrEnum):
    """What somebody has to do by a day. The value is logged: never rename one."""

    NOTICE = "notice"
    PLAN = "plan"


class State(StrEnum):
    """How far an overspend has got."""

    RUNNING = "running"
    PLAN_GIVEN = "plan-given"
    PLAN_ACCEPTED = "plan-accepted"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing in a plan: what, by which partner, by when. Impersonal: it names no people."""

    what: str
    organisation_id: UUID
    by: date


class PlanRefused(Invalid):
    """A plan that says nothing to do, or of somebody outside the pool, or of the past."""

    slug = "action-plan-refused"
    title = "This is no plan that can be followed"


def check_plan(actions: tuple[Action, ...], *, partners: frozenset[UUID], today: date) -> None:
    """Check an action plan. Raises `PlanRefused`."""
    if not 0 < len(actions) <= ACTIONS_MAX:
        raise PlanRefused(f"give from 1 to {ACTIONS_MAX} actions")
    for number, one in enumerate(actions, 1):
        if not one.what.strip():
            raise PlanRefused(f"say what is to be done in action {number}")
        if one.organisation_id not in partners:
            raise PlanRefused(f"action {number} is for a partner of the pool to do")
        if one.by < today:
            raise PlanRefused(f"the day of action {number} is past")


def state(*, ended: bool, planned: bool, accepted: bool) -> State:
    """Return how far an overspend has got."""
    if ended:
        return State.RESOLVED
    if not planned:
        return State.RUNNING
    return State.PLAN_ACCEPTED if accepted else State.PLAN_GIVEN


def reminders_due(due_on: date, today: date) -> int:
    """Return how many reminders of a duty are due: one shortly before its day, one after it."""
    return (today >= due_on - REMIND_BEFORE) + (today > due_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a scheme is going to have spent by the end of a period. In minor units.

    Attributes:
        spent_minor: What came in the period, paid or not.
        committed_minor: What is promised and has not come.
        to_come_minor: What will come besides, if it goes on as it did.
        budget_minor: Available, committed and spent.
        rated: Enough days have passed, and something came or is promised: only then is what
            is left over an underspend. A scheme that has not begun may need all it has.
    """

    spent_minor: int
    committed_minor: int
    to_come_minor: int
    budget_minor: int
    rated: bool = True

    @property
    def forecast_minor(self) -> int:
        """The sum of the three."""
        return self.spent_minor + self.committed_minor + self.to_come_minor

    @property
    def underspend_minor(self) -> int:
        """What of the budget is not going to be needed, as far as is known."""
        if not self.rated:
            return 0
        return max(0, self.budget_minor - self.forecast_minor)

    def warns(self, above: Fraction) -> bool:
        """Say whether it is more than *above* of the budget beyond it: the partners are told."""
        return self.forecast_minor > self.budget_minor * (1 + above)


def days_gone(first_day: date, last_day: date, today: date) -> int:
    """Return how many days of a period are gone, today included."""
    return (min(today, last_day) - first_day).days + 1


def to_come(uncommitted_minor: int, *, first_day: date, last_day: date, today: date) -> int:
    """Return what is still to come without having been promised, at the rate so far.

    Only spending that no commitment covered has a rate: what is promised is counted as a
    commitment, once. What was said not to recur is left out by the caller. Days are whole,
    today included; the product is exact and rounded once, half to even.

    Args:
        uncommitted_minor: What came so far without a commitment.
        first_day: Of the period.
        last_day: Of the period.
        today: As of when.
    """
    whole, gone = (last_day - first_day).days + 1, days_gone(first_day, last_day, today)
    if gone < RATE_FROM_DAY or uncommitted_minor <= 0:
        return 0
    return half_even(Fraction(uncommitted_minor * (whole - gone), gone))
