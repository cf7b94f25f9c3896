"""A pool's front page: what was put in, what is left, who owes whom, and how the year goes.

Plain values: templates decide nothing, and nothing here asks the database.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self
from uuid import UUID

from markupsafe import Markup

from ledger.funding.queries.owing import Debt
from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.statement import Statement
from ledger.web.chart_owes import owes
from ledger.web.chart_stack import Part, stack
from ledger.web.charts import Bar, bars
from ledger.web.funding_lines import Cells, Money, Names
from ledger.web.funding_words import scheme_cells
from ledger.web.pool_debts import DebtWords, debt_rows
from ledger.web.pool_year import Year

Why = Callable[..., str]
"""Gives the address that says why a figure is what it is: its key, and what it is of."""
WhyScheme = Callable[[UUID], str]
SHOWN_MAX = 12
"""So many arrows are drawn; the table has them all."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that answers a question, and where it is explained."""

    label: str
    value: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a front page is made of, read in one go.

    Attributes:
        sources: What each partner agreed, by the source that the agreement names.
        debts: What is owed, either way.
        by_day: What was spent on each day.
    """

    said: Statement
    sources: Mapping[tuple[UUID, str | None], int]
    debts: Sequence[Debt]
    by_day: Mapping[date, int]
    names: Names
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PutIn:
    """What did we put in?"""

    figures: list[Figure]
    chart: Markup | None
    rows: list[Cells]
    source_rows: list[Cells]

    @classmethod
    def of(cls, known: Known, money: Money, why: Why) -> Self:
        """Present contributions by partner and by source."""
        said, names = known.said, known.names
        drawn = [
            Bar(names.get(one, "A partner"), part=line.received_minor, whole=line.agreed_minor)
            for one, line in said.partners.items()
        ]
        total = said.partners_total
        return cls(
            figures=[
                Figure("Agreed by the partners", money(total.agreed_minor), why("agreed")),
                Figure("Fallen due so far", money(total.due_minor), why("due")),
                Figure("Paid in so far", money(total.received_minor), why("received")),
            ],
            chart=bars(
                "Paid in, of what each partner agreed",
                drawn,
                part_word="paid in",
                whole_word="agreed",
                say=money,
                name="put-in",
            )
            if drawn
            else None,
            rows=[
                [
                    names.get(one, "A partner"),
                    {"text": money(line.agreed_minor), "href": why("agreed", one)},
                    {"text": money(line.due_minor), "href": why("due", one)},
                    {"text": money(line.received_minor), "href": why("received", one)},
                    {"text": money(line.owed_minor), "href": why("owed", one)},
                ]
                for one, line in said.partners.items()
            ],
            source_rows=[
                [source or "Not said", names.get(partner, "A partner"), money(amount)]
                for (partner, source), amount in known.sources.items()
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What is left? One bar, whose parts add up to all the money there is to budget."""

    figures: list[Figure]
    chart: Markup
    rows: list[list[object]]
    sum_words: str

    @classmethod
    def of(cls, said: Statement, money: Money, why: Why) -> Self:
        """Present where all the funding is."""
        parts = {
            "spent": Part("Spent", said.spent_minor),
            "committed": Part("Promised to providers", said.committed_minor),
            "available": Part("Available to schemes", said.available_minor),
            "reserve": Part("Risk reserve", said.reserve_minor),
            "unallocated": Part("Not allocated yet", said.unallocated_minor),
            "lapsed": Part("Lapsed", said.lapsed_minor),
        }
        left = said.available_minor + said.reserve_minor + said.unallocated_minor
        return cls(
            figures=[
                Figure("Not spent and not promised", money(left), why("left")),
                Figure("Available to schemes", money(said.available_minor), why("available")),
                Figure("Cash, settled with the host", money(said.cash_minor), why("cash")),
            ],
            chart=stack("Where all the funding is", list(parts.values()), say=money, name="left"),
            rows=[
                [{"text": one.label, "href": why(key)}, money(one.amount)]
                for key, one in parts.items()
            ],
            sum_words=f"Together they are {money(said.agreed_minor)}: all the money there is to "
            "budget, with what was brought forward and any overspend that was authorised.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """Who owes whom?"""

    sentences: list[str]
    chart: Markup | None
    rows: list[Cells]

    @classmethod
    def of(cls, debts: Sequence[Debt], pool: PoolView, names: Names, money: Money) -> Self:
        """Present what is owed, the largest first."""
        words = [DebtWords.of(one, pool, names) for one in debts]
        words.sort(key=lambda one: -one.drawn.amount)
        drawn = [one.drawn for one in words[:SHOWN_MAX]]
        return cls(
            sentences=[one.sentence(money) for one in words[:SHOWN_MAX]],
            chart=owes("Who owes whom", drawn, say=money, name="owes") if drawn else None,
            rows=debt_rows(debts, names, money),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolPage:
    """What a pool's page shows, question by question."""

    title: str
    put_in: PutIn
    left: Left
    owed: Owed
    year: Year | None
    scheme_chart: Markup | None
    scheme_rows: list[list[object]]

    @classmethod
    def of(cls, pool: PoolView, known: Known, why: Why, why_scheme: WhyScheme) -> Self:
        """Present a pool as it stands."""
        money, said = Money(pool.currency), known.said
        labels = {scheme.id: scheme.label for scheme in pool.schemes}
        drawn = [
            Bar(labels[one], part=line.spent_minor + line.committed_minor, whole=line.budget_minor)
            for one, line in said.schemes.items()
        ]
        return cls(
            title=pool.title,
            put_in=PutIn.of(known, money, why),
            left=Left.of(said, money, why),
            owed=Owed.of(known.debts, pool, known.names, money),
            year=Year.of(
                pool, known.by_day, sum(x.budget_minor for x in said.schemes.values()), known.today
            ),
            scheme_chart=bars(
                "Used (spent or committed) of each scheme's budget",
                drawn,
                part_word="used",
                whole_word="budget",
                say=money,
                name="schemes",
            )
            if drawn
            else None,
            scheme_rows=[
                [
                    {"text": labels[one], "href": why_scheme(one)},
                    *scheme_cells(labels[one], line, money)[1:],
                ]
                for one, line in said.schemes.items()
            ],
        )
