"""A statement as a paper: a partner's own, or the host's of all of them side by side."""

from typing import Any
from uuid import UUID

from ledger.directory.rules.organisations import OrganisationKind
from ledger.funding.papers.paper import Column, Paper, Row, Section, Sort
from ledger.funding.queries.partner_statements import Stated
from ledger.funding.rules.figures import FIGURES
from ledger.funding.rules.partner_statement import IN_YEAR, Line

_STRONG = frozenset({"net", "position"})
_LINE = Column("line", "Line")


def statement_paper(stated: Stated, partner: UUID | None) -> Paper:
    """Return the statement of *partner*, in the layout of its sort of body; None for the host's.

    Args:
        stated: What it is made from.
        partner: Whose. The caller has asked whether it may be shown.
    """
    sections = [_year(stated, partner), _end(stated, partner), _budget(stated)]
    if partner is not None:
        sections.append(_own_layout(stated, partner))
    year = f"{stated.period.first_day:%-d %B %Y} to {stated.period.last_day:%-d %B %Y}"
    name = stated.name(partner) if partner else "all partners"
    return Paper(
        name=f"statement-{stated.pool.id}-{partner or 'all'}-{stated.period.last_day}"
        f"-{stated.pool.size}",
        title=f"{stated.pool.title}: statement of {name}, {year}",
        currency=stated.pool.currency,
        facts=facts(stated, ("Statement of", name), ("Year", year)),
        sections=tuple(sections),
        steps=STEPS,
        demonstration=stated.demonstration,
    )


STEPS = (
    "1. Take the entries of the log below the size, and check them against the root.",
    "2. Add up the postings of the pool's transactions among them, by account and day.",
    "3. Or ask any copy of this ledger, which gives the same bytes: ledger statements make.",
)


def facts(stated: Stated, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """Return what a paper was made from."""
    return (
        *more,
        ("Pool", f"{stated.pool.title} ({stated.pool.id})"),
        ("Host", stated.name(stated.pool.host_id)),
        (
            "Agreement",
            f"{stated.pool.agreement_id}, version {stated.pool.agreement_version}",
        ),
        ("Period", str(stated.period.id)),
        ("Log size", str(stated.pool.size)),
        ("Tree root", stated.root),
    )


def _money(name: str, words: str) -> Column:
    return Column(name, words, Sort.MONEY)


def _year(stated: Stated, partner: UUID | None) -> Section:
    return _lines(
        stated,
        partner,
        [one for one in stated.lines if one.key in IN_YEAR],
        ("year", "In the year"),
        "Contributions and shares of overspend, less the share of expenditure, is the share of "
        "the year's underspend; below zero, of its overspend.",
    )


def _end(stated: Stated, partner: UUID | None) -> Section:
    return _lines(
        stated,
        partner,
        [one for one in stated.lines if one.key not in IN_YEAR],
        ("end", "At the end of the year"),
        "Owed by it, and its share of cash, less its share of what is owed and what is kept for "
        "it, is its net position. Commitments are promises, and owed by nobody yet.",
    )


def _lines(
    stated: Stated,
    partner: UUID | None,
    lines: list[Line],
    named: tuple[str, str],
    note: str,
) -> Section:
    if partner is None:
        columns = [
            _LINE,
            *(_money(str(one), stated.name(one)) for one in stated.pool.partner_ids),
            _money("host", "Of no partner (held by the host)"),
            _money("pool", "The pool"),
        ]
        cells = [(*one.partners_minor.values(), one.host_minor, one.pool_minor) for one in lines]
    else:
        columns = [_LINE, _money("own", stated.name(partner)), _money("pool", "The whole pool")]
        cells = [(one.partners_minor[partner], one.pool_minor) for one in lines]
        if stated.before is not None and stated.previous is not None:
            last = stated.previous.last_day
            columns.append(_money("before", f"The year before, to {last}"))
            cells = [
                (*row, stated.before[one.key].partners_minor[partner])
                for one, row in zip(lines, cells, strict=True)
            ]
    rows = [
        Row(
            (FIGURES[one.key].words, *row),
            figure="all-agreed" if partner is None and one.key == "agreed" else one.key,
            of=partner,
            strong=one.key in _STRONG,
            first=one.days.first,
            last=one.days.last,
        )
        for one, row in zip(lines, cells, strict=True)
    ]
    return Section(*named, tuple(columns), tuple(rows), note)


def _budget(stated: Stated) -> Section:
    labels = stated.pool.labels()
    rows = [
        Row(
            (
                labels[one.id],
                one.budget_minor,
                one.committed_minor,
                one.spent_minor,
                one.available_minor,
                one.forecast.forecast_minor,
            ),
            # What was spent in earlier years is in the figure, and not in this year's budget.
            figure="budget" if stated.previous is None else None,
            of=one.id,
            last=stated.period.last_day,
        )
        for one in stated.schemes
    ]
    sums = tuple(
        sum(row.cells[place] for row in rows if isinstance(row.cells[place], int))  # type: ignore[misc]
        for place in range(1, 6)
    )
    return Section(
        "schemes",
        "Budget and spending by scheme",
        (
            Column("scheme", "Scheme"),
            _money("budget", "Budget"),
            _money("committed", "Committed"),
            _money("spent", "Spent"),
            _money("available", "Available"),
            _money("forecast", "Forecast"),
        ),
        (*rows, Row(("All schemes", *sums), strong=True)),
        f"Budget is committed, spent and available. The forecast is as of {stated.until}: spent, "
        "committed, and spending without a commitment at the rate so far.",
    )


def _own_layout(stated: Stated, partner: UUID) -> Section:
    """Return what the partner's own accounts need: councils and NHS bodies differ."""
    known = stated.organisations.get(partner)
    if known is not None and known.kind is OrganisationKind.COUNCIL:
        return _pooled_budget_note(stated, partner)
    return _agreement_of_balances(stated, partner)


def _pooled_budget_note(stated: Stated, partner: UUID) -> Section:
    """Return the note that a council's accounts give of a pooled budget."""
    by_key = {one.key: one for one in stated.lines}
    due = {
        one: by_key["contributions"].partners_minor[one] + by_key["risk-share"].partners_minor[one]
        for one in stated.pool.partner_ids
    }
    labels, net = stated.pool.labels(), by_key["net"]
    year: dict[str, Any] = {"first": net.days.first, "last": net.days.last}
    rows = [
        *(Row((f"Funding from {stated.name(one)}", amount)) for one, amount in due.items()),
        Row(("Funding, all partners", sum(due.values())), figure="due", strong=True, **year),
        *(
            Row(
                (f"Expenditure on {labels[one.id]}", one.spending_minor), "spending", one.id, **year
            )
            for one in stated.schemes
        ),
        Row(
            ("Expenditure, all schemes", by_key["share-of-spending"].pool_minor),
            "spending",
            strong=True,
            **year,
        ),
        Row(("Net underspend (overspend below zero)", net.pool_minor), strong=True),
        Row(
            (f"Share of {stated.name(partner)}", net.partners_minor[partner]),
            "net",
            partner,
            strong=True,
            **year,
        ),
    ]
    return Section(
        "pooled-budget-note",
        "For the accounts: pooled budget note",
        (_LINE, _money("amount", "Amount")),
        tuple(rows),
        "Gross funding by partner, expenditure by scheme, and the council's share of what is "
        "left, as a council's statement of accounts discloses a pooled budget.",
    )


def _agreement_of_balances(stated: Stated, partner: UUID) -> Section:
    """Return what an NHS body agrees with the host at the year's end."""
    host = stated.name(stated.pool.host_id)
    by_key = {one.key: one for one in stated.lines}

    def own(words: str, *keys: str) -> Row:
        amount = sum(by_key[key].partners_minor[partner] for key in keys)
        figure, days = keys[0] if len(keys) == 1 else None, by_key[keys[0]].days
        return Row((words, amount), figure, partner, first=days.first, last=days.last)

    return Section(
        "agreement-of-balances",
        f"For the accounts: agreement of balances with {host}",
        (_LINE, _money("amount", "Amount")),
        (
            own("Payable to the pool (its receivable)", "owed"),
            own("Receivable from the pool (its payable)", "owed-back"),
            own("Kept in the pool for later years", "carried-forward"),
            own("Transferred to the pool in the year", "contributions", "risk-share"),
            own("Share of the pool's expenditure", "share-of-spending"),
            own("Share of cash held by the host", "share-of-cash"),
            own("Share of payables to providers", "share-of-creditors"),
            own("Share of the year's underspend", "net"),
        ),
        "Both sides of each balance between this body and the host, and its share of the pool, "
        "which it books line by line as a joint operation.",
    )
