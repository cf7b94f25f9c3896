"""Commitments in words: state, age, and what they hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

from markupsafe import Markup

from ledger.funding.queries.pools import PoolView
from ledger.funding.queries.promises import PromiseState, PromiseView
from ledger.web.charts import Bar, bars
from ledger.web.funding_lines import Cells, Money, Names
from ledger.web.shell import day

STATES: Final = {
    PromiseState.OPEN: ("Open", "blue"),
    PromiseState.PART_SPENT: ("Part spent", "yellow"),
    PromiseState.SPENT: ("Spent", "green"),
    PromiseState.RELEASED: ("Released", "grey"),
}
AGES: Final = ((30, "Up to 30 days"), (90, "31 to 90 days"), (180, "91 to 180 days"))
OLDER: Final = "More than 180 days"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentsPage:
    """What a pool has promised to providers."""

    held: str
    ages: Markup | None
    age_rows: list[Cells]
    rows: list[Cells]

    @classmethod
    def of(cls, shown: Sequence[PromiseView], pool: PoolView, names: Names, today: date) -> Self:
        """Present commitments, by how long something of them has been open."""
        money = Money(pool.currency)
        ages = {words: [0, 0] for words in (*(words for _, words in AGES), OLDER)}
        for one in shown:
            if one.promised.open_minor:
                age = ages[_age(one.open_days(today))]
                age[0] += 1
                age[1] += one.promised.open_minor
        held = sum(amount for _, amount in ages.values())
        return cls(
            held=money(held),
            ages=bars(
                "What is held, by how long ago it was promised",
                [Bar(words, part=amount, whole=held) for words, (_, amount) in ages.items()],
                part_word="held",
                whole_word="all that is held",
                say=money,
                name="ages",
            )
            if held
            else None,
            age_rows=[[words, str(count), money(a)] for words, (count, a) in ages.items()],
            rows=promise_rows(shown, pool, names, today),
        )


def promise_rows(
    shown: Iterable[PromiseView], pool: PoolView, names: Names, today: date
) -> list[Cells]:
    """Return a row for each commitment."""
    money = Money(pool.currency)
    rows: list[Cells] = []
    for one in shown:
        words, colour = STATES[one.state]
        days = one.open_days(today)
        rows.append(
            [
                one.reference or "No reference",
                f"{names.get(one.provider_id)}, for {names.get(one.scheme_id)}",
                {"text": words, "tag": colour},
                _promised(one, days, money),
                money(one.promised.committed_minor),
                money(one.promised.spent_minor),
                money(one.promised.open_minor),
            ]
        )
    return rows


def _promised(one: PromiseView, days: int, money: Money) -> str:
    aged = f" ({days} days)" if days else ""
    released = one.promised.released_minor
    back = f"; {money(released)} released" if released else ""
    return f"{day(one.made_on)}{aged}{back}"


def _age(days: int) -> str:
    return next((words for most, words in AGES if days <= most), OLDER)
