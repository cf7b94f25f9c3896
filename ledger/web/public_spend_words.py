"""Published spending in words. Plain values: templates decide nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

from markupsafe import Markup

from ledger.funding.publication.queries import PublicationView
from ledger.funding.publication.rules.tables import PublicSpend, Row
from ledger.funding.rules.postings import Nature
from ledger.web.chart_columns import columns
from ledger.web.charts import Line
from ledger.web.funding_lines import Cells, Money
from ledger.web.pool_scheme_words import NATURES
from ledger.web.shell import day

TITLES: Final = {
    "month": "By month",
    "scheme": "By scheme",
    "type": "By sort of expenditure",
    "provider": "By organisation that was paid",
}
HEADS: Final = {
    "month": "Month",
    "scheme": "Scheme",
    "type": "Sort of expenditure",
    "provider": "Organisation",
}
MONTHS_MIN: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicTable:
    """One table; without rows it is withheld, and *why* says so."""

    title: str
    head: str
    rows: list[Cells]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPage:
    """What anybody is shown."""

    days: str
    total: str
    chart: Markup | None
    not_drawn: bool
    tables: list[PublicTable]

    @classmethod
    def of(cls, spend: PublicSpend, shown: PublicationView) -> Self:
        """Present what is published, and say what is not."""
        money = Money(shown.currency)
        days = f"{day(shown.first_day)} to {day(shown.last_day)}"
        total = (
            f"{money(spend.total.amount_minor)} in {spend.total.payments:,} payments due"
            if spend.total
            else f"There were fewer than {shown.floor} payments, so nothing is shown."
        )
        return cls(
            days=days,
            total=total,
            chart=_chart(spend.tables["month"] or (), money),
            not_drawn=any(row.hidden for row in spend.tables["month"] or ()),
            tables=[
                PublicTable(
                    title=title,
                    head=HEADS[name],
                    rows=[_cells(name, row, money) for row in spend.tables[name] or ()],
                    why=""
                    if spend.tables[name] is not None
                    else "Not shown: some line is so small that it could be worked out.",
                )
                for name, title in TITLES.items()
            ],
        )


def _chart(rows: Sequence[Row], money: Money) -> Markup | None:
    months = [row for row in rows if not row.hidden]
    if len(months) < MONTHS_MIN:
        return None
    labels = [f"{date.fromisoformat(f'{row.name}-01'):%b %y}" for row in months]
    spent = Line("Spent", tuple(row.amount_minor for row in months))
    return columns("Spent in each month", labels, [spent], say=money, name="public")


def _cells(dimension: str, row: Row, money: Money) -> Cells:
    name = row.name
    if not row.hidden and dimension == "month":
        name = f"{date.fromisoformat(f'{name}-01'):%B %Y}"
    elif not row.hidden and dimension == "type":
        name = NATURES[Nature(name) if name != "not-said" else None]
    return [name, f"{row.payments:,}", money(row.amount_minor)]
