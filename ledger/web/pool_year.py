"""How a year goes: what was spent by the end of each month, beside the budget in equal parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self

from markupsafe import Markup

from ledger.funding.queries.pools import PeriodView, PoolView
from ledger.web.charts import Line, lines
from ledger.web.funding_lines import Cells, Money
from ledger.web.shell import day


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """A period in figures, month by month.

    Attributes:
        words: What the year comes to at the pace so far.
        rows: Month, spent in it, spent by its end, budget in equal parts by its end.
    """

    title: str
    words: str
    chart: Markup | None
    rows: list[Cells]

    @classmethod
    def of(
        cls, pool: PoolView, by_day: Mapping[date, int], budget_minor: int, today: date
    ) -> Self | None:
        """Present the period that today is in, or the last one; None if there is none."""
        period = period_of(pool, today)
        if period is None:
            return None
        money = Money(pool.currency)
        months = months_of(period)
        within = {
            one: amount
            for one, amount in by_day.items()
            if period.first_day <= one <= period.last_day
        }
        spent = [sum(a for one, a in within.items() if _first(one) == month) for month in months]
        shown = [month <= today for month in months]
        by_end = [sum(spent[: at + 1]) if shown[at] else None for at in range(len(months))]
        plan = [budget_minor * (at + 1) // len(months) for at in range(len(months))]
        series = (
            Line("Spent by the end of the month", tuple(by_end)),
            Line("Budget in equal parts", tuple(plan)),
        )
        labels = [f"{month:%b %y}" for month in months]
        return cls(
            title=f"{day(period.first_day)} to {day(period.last_day)}",
            words=_pace(sum(within.values()), budget_minor, period, today, money),
            chart=lines("Spent and budget, added up", labels, series, say=money, name="year")
            if len(months) > 1
            else None,
            rows=[
                [f"{month:%B %Y}", money(spent[at]), money(so_far), money(plan[at])]
                for at, month in enumerate(months)
                if (so_far := by_end[at]) is not None
            ],
        )


def period_of(pool: PoolView, today: date) -> PeriodView | None:
    """Return the period that a day is in, or the last there is."""
    there = [one for one in pool.periods if one.first_day <= today <= one.last_day]
    return there[0] if there else (pool.periods[-1] if pool.periods else None)


def months_of(period: PeriodView) -> list[date]:
    """Return the first day of each month that a period has days in."""
    months, month = [], _first(period.first_day)
    while month <= period.last_day:
        months.append(month)
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return months


def forecast_minor(spent_minor: int, period: PeriodView, today: date) -> int | None:
    """Return what a period comes to if its other days cost what those so far did.

    None on its first day or before, when nothing can be said. Rounded to the nearest penny.
    """
    gone = (min(today, period.last_day) - period.first_day).days + 1
    whole = (period.last_day - period.first_day).days + 1
    return (2 * spent_minor * whole + gone) // (2 * gone) if gone > 1 else None


def _pace(
    spent_minor: int, budget_minor: int, period: PeriodView, today: date, money: Money
) -> str:
    forecast = forecast_minor(spent_minor, period, today)
    if forecast is None or not spent_minor:
        return "It is too early to say what the year will come to."
    if forecast > budget_minor:
        than = f"{money(forecast - budget_minor)} more than the schemes' budgets"
    else:
        than = f"{money(budget_minor - forecast)} less than the schemes' budgets"
    return (
        f"If the rest of the year costs what the days so far did, {money(forecast)} will have "
        f"been spent by {day(period.last_day)}: {than}. Nothing else is behind this forecast."
    )


def _first(one: date) -> date:
    return one.replace(day=1)
