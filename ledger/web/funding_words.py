"""A pool and its statement in words and figures. Plain values: templates decide nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.statement import PartnerLine, SchemeLine, Statement
from ledger.web.charts import Bar, Line, bars, lines
from ledger.web.funding_lines import Cells, Money, Names


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolPage:
    """What a pool's page shows."""

    title: str
    figures: list[tuple[str, str]]
    overspent: list[str]
    chart: Markup | None
    months: Markup | None
    month_rows: list[Cells]
    scheme_rows: list[Cells]
    partner_rows: list[Cells]

    @classmethod
    def of(
        cls, pool: PoolView, said: Statement, by_month: Mapping[str, int], names: Names
    ) -> "PoolPage":
        """Present a pool as its statement has it."""
        money = Money(pool.currency)
        labels = {scheme.id: scheme.label for scheme in pool.schemes}
        rows = [
            Bar(labels[one], part=line.spent_minor + line.committed_minor, whole=line.budget_minor)
            for one, line in said.schemes.items()
        ]
        months = [_month(one, "%b %y") for one in by_month]
        series = (Line("Spent in the month", tuple(by_month.values())),)
        return cls(
            title=pool.title,
            figures=[
                ("Agreed by the partners", money(said.agreed_minor)),
                ("Paid in so far", money(said.partners_total.received_minor)),
                ("Spent", money(said.spent_minor)),
                ("Committed", money(said.committed_minor)),
                ("Available to schemes", money(said.available_minor)),
                ("Risk reserve", money(said.reserve_minor)),
                ("Not allocated yet", money(said.unallocated_minor)),
                ("Cash held", money(said.cash_minor)),
                ("Owed to providers", money(sum(said.providers.values()))),
            ],
            overspent=[
                f"{labels[one]} is {money(-line.available_minor)} beyond its budget."
                for one, line in said.schemes.items()
                if line.available_minor < 0
            ],
            chart=bars(
                "Used (spent or committed) of each scheme's budget",
                rows,
                part_word="used",
                whole_word="budget",
                say=money,
                name="schemes",
            )
            if rows
            else None,
            months=lines("Spent, month by month", months, series, say=money, name="months")
            if len(months) > 1
            else None,
            month_rows=[[_month(one, "%B %Y"), money(amount)] for one, amount in by_month.items()],
            scheme_rows=[
                scheme_cells(labels[one], line, money) for one, line in said.schemes.items()
            ],
            partner_rows=[
                [
                    names.get(one, "A partner"),
                    money(line.agreed_minor),
                    money(line.due_minor),
                    money(line.received_minor),
                    money(line.owed_minor),
                ]
                for one, line in said.partners.items()
            ],
        )


SCHEME_HEAD = ("Budget", "Committed", "Spent", "Available")


def scheme_cells(label: str, line: SchemeLine, money: Money) -> Cells:
    """Return a scheme's row of figures; the first is the sum of the other three."""
    return [
        label,
        money(line.budget_minor),
        money(line.committed_minor),
        money(line.spent_minor),
        money(line.available_minor),
    ]


PARTNER_HEAD = (
    ("agreed", "Agreed"),
    ("due", "Fallen due"),
    ("received", "Paid in"),
    ("owed", "Still owed"),
    ("spent", "Share of spending"),
    ("creditors", "Share of what is owed to providers"),
    ("repayable", "To be paid back"),
    ("cash", "Share of cash"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementPage:
    """A statement, per partner and per scheme, with totals that add up."""

    title: str
    as_of: str
    partner_heads: list[str]
    partner_rows: list[Cells]
    scheme_rows: list[Cells]
    pool_rows: list[Cells]

    @classmethod
    def of(
        cls, pool: PoolView, said: Statement, names: Names, *, size: int | None
    ) -> "StatementPage":
        """Present a statement; *size* is that of the log it was made from."""
        money = Money(pool.currency)
        labels = {scheme.id: scheme.label for scheme in pool.schemes}

        def cells(line: PartnerLine) -> Cells:
            return [money(getattr(line, f"{name}_minor")) for name, _ in PARTNER_HEAD]

        total = SchemeLine(
            budget_minor=sum(line.budget_minor for line in said.schemes.values()),
            available_minor=said.available_minor,
            committed_minor=said.committed_minor,
            spent_minor=said.spent_minor,
        )
        # Partners across, figures down: a partner's statement is a column to print or cut out.
        columns = [cells(line) for line in (*said.partners.values(), said.partners_total)]
        return cls(
            title=pool.title,
            as_of="all entries recorded so far"
            if size is None
            else f"the first {size:,} entries of the log",
            partner_heads=[*(names.get(one, "A partner") for one in said.partners), "All partners"],
            partner_rows=[
                [words, *(column[row] for column in columns)]
                for row, (_, words) in enumerate(PARTNER_HEAD)
            ],
            scheme_rows=[
                *(scheme_cells(labels[one], line, money) for one, line in said.schemes.items()),
                scheme_cells("All schemes", total, money),
            ],
            pool_rows=[
                ["Not allocated", money(said.unallocated_minor)],
                ["Risk reserve", money(said.reserve_minor)],
                ["Budgets of all schemes", money(total.budget_minor)],
                ["Lapsed", money(said.lapsed_minor)],
                ["All the partners agreed to", money(said.agreed_minor)],
            ],
        )


def _month(spelled: str, form: str) -> str:
    """Return a month that is spelled ``2026-04`` as people say it."""
    return date.fromisoformat(f"{spelled}-01").strftime(form)
