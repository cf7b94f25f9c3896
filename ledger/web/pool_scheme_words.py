"""A scheme in words and figures. Plain values: templates decide nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Self
from uuid import UUID

from markupsafe import Markup

from ledger.funding.queries.pools import PoolView, SchemeView
from ledger.funding.queries.spending import BudgetChange
from ledger.funding.rules.postings import Nature
from ledger.funding.rules.statement import SchemeLine
from ledger.web.chart_columns import columns
from ledger.web.chart_stack import Part, stack
from ledger.web.charts import Line
from ledger.web.funding_lines import EVENTS, Cells, Money, Names
from ledger.web.pool_words import Figure, Why
from ledger.web.pool_year import forecast_minor, months_of, period_of
from ledger.web.shell import day

NATURES: Final = {
    Nature.EMPLOYEES: "Employees",
    Nature.PREMISES: "Premises",
    Nature.TRANSPORT: "Transport",
    Nature.SUPPLIES: "Supplies and services",
    Nature.THIRD_PARTY: "Payments to third parties",
    Nature.TRANSFER: "Transfer payments",
    Nature.SUPPORT: "Support services",
    Nature.CAPITAL: "Capital",
    Nature.INCOME: "Income",
    None: "Not said",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownScheme:
    """What a scheme's page is made of."""

    line: SchemeLine
    changes: Sequence[BudgetChange]
    by_day: Mapping[date, int]
    by_nature: Mapping[Nature | None, int]
    by_provider: Mapping[UUID, int]
    names: Names
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemePage:
    """What a scheme's page shows."""

    title: str
    ring_fenced: bool
    over: str
    figures: list[Figure]
    forecast: str
    stack: Markup
    months: Markup | None
    month_rows: list[Cells]
    history: list[Cells]
    nature_rows: list[Cells]
    provider_rows: list[Cells]

    @classmethod
    def of(cls, pool: PoolView, scheme: SchemeView, known: KnownScheme, why: Why) -> Self:
        """Present a scheme: its budget, where it came from, and where it went."""
        money, line = Money(pool.currency), known.line
        months, chart = _months(pool, known, money)
        return cls(
            title=scheme.label,
            ring_fenced=scheme.ring_fenced,
            over=f"{money(-line.available_minor)} beyond its budget"
            if line.available_minor < 0
            else "",
            figures=[
                Figure("Budget", money(line.budget_minor), why("budget")),
                Figure("Spent", money(line.spent_minor), why("spent")),
                Figure("Promised to providers", money(line.committed_minor), why("committed")),
                Figure("Available", money(line.available_minor), why("available")),
            ],
            forecast=_forecast(pool, known, money),
            stack=stack(
                "Where the budget is",
                [
                    Part("Spent", line.spent_minor),
                    Part("Promised to providers", line.committed_minor),
                    Part("Available", line.available_minor),
                ],
                say=money,
                name="budget",
            ),
            months=chart,
            month_rows=months,
            history=_history(known, money),
            nature_rows=[[NATURES[one], money(amount)] for one, amount in known.by_nature.items()],
            provider_rows=[
                [known.names.get(one, "Somebody"), money(amount)]
                for one, amount in known.by_provider.items()
            ],
        )


def _months(pool: PoolView, known: KnownScheme, money: Money) -> tuple[list[Cells], Markup | None]:
    period = period_of(pool, known.today)
    if period is None or not known.by_day:
        return [], None
    months = [month for month in months_of(period) if month <= known.today]
    spent = [
        sum(amount for one, amount in known.by_day.items() if one.replace(day=1) == month)
        for month in months
    ]
    labels = [f"{month:%b %y}" for month in months]
    drawn = columns(
        "Spent in each month", labels, [Line("Spent", tuple(spent))], say=money, name="months"
    )
    rows: list[Cells] = [
        [f"{month:%B %Y}", money(amount)] for month, amount in zip(months, spent, strict=True)
    ]
    return rows, drawn if len(months) > 1 else None


def _history(known: KnownScheme, money: Money) -> list[Cells]:
    rows: list[Cells] = []
    budget = 0
    for one in known.changes:
        budget += one.amount_minor
        way = "to" if one.amount_minor < 0 else "from"
        other = f" {way} {known.names.get(one.other, 'another scheme')}" if one.other else ""
        rows.append(
            [
                f"{EVENTS[one.event]}{other}",
                day(one.on),
                one.reference or "",
                money(one.amount_minor),
                money(budget),
            ]
        )
    return rows


def _forecast(pool: PoolView, known: KnownScheme, money: Money) -> str:
    period = period_of(pool, known.today)
    if period is None:
        return ""
    spent = sum(a for d, a in known.by_day.items() if period.first_day <= d <= period.last_day)
    forecast = forecast_minor(spent, period, known.today)
    if forecast is None or not spent:
        return "Nothing has been spent this year, so there is nothing to forecast from."
    left = known.line.budget_minor - forecast
    words = f"{money(left)} would be left" if left >= 0 else f"{money(-left)} beyond its budget"
    return (
        f"At the pace of the days so far it will have spent {money(forecast)} by "
        f"{day(period.last_day)}: {words}."
    )
