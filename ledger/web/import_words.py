"""Imports of payments in words: plain values, for pages that decide nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from ledger.funding.imports.queries import ImportView
from ledger.funding.imports.rules.files import PaymentFile
from ledger.funding.imports.rules.mapping import REQUIRED, Part
from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.postings import Nature
from ledger.web.funding_lines import Money
from ledger.web.shell import day

Option = dict[str, object]
Report = Mapping[str, Any]
PARTS: Final = {
    Part.DAY: "The day it was paid",
    Part.AMOUNT: "The amount",
    Part.REFERENCE: "The payment's number",
    Part.SERVICE: "The service",
    Part.CATEGORY: "The sort of expenditure",
    Part.SUPPLIER: "Who was paid",
}
_COLUMNS: Final[Mapping[str, str]] = {part.value: words for part, words in PARTS.items()}
"""What a fault calls a column that it knows by its part, and not by its heading."""
STAGES: Final = {
    "reading": ("Being read", "blue"),
    "read": ("To be looked at", "yellow"),
    "sent": ("Waiting for approval", "yellow"),
    "posting": ("Being posted", "blue"),
    "failed": ("Could not be posted", "red"),
    "posted": ("Posted", "green"),
    "dropped": ("Not posted", "grey"),
}
NATURES: Final = {
    Nature.EMPLOYEES: "Employees",
    Nature.PREMISES: "Premises",
    Nature.TRANSPORT: "Transport",
    Nature.SUPPLIES: "Supplies and services",
    Nature.THIRD_PARTY: "Third party payments",
    Nature.TRANSFER: "Transfer payments",
    Nature.SUPPORT: "Support services",
    Nature.CAPITAL: "Capital",
    Nature.INCOME: "Income",
}
NEW: Final = "new"
"""What a form says for a scheme that is still to be added."""
UNSAID: Final = "The file does not say"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnQuestion:
    """Which column is a part of a payment: the choices, and what is in the chosen one."""

    name: str
    label: str
    hint: str
    options: list[Option]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPage:
    """One import, whatever stage it is in."""

    heading: str
    tag: str
    colour: str
    done: int
    all: int
    facts: list[dict[str, str]]
    room: list[str]
    sample: list[list[object]]
    faults: list[list[object]]
    more_faults: int
    duplicates: list[list[object]]
    budget: list[list[object]]
    beyond: str
    months: list[list[object]]
    right: bool

    @classmethod
    def of(cls, one: ImportView, pool: PoolView, people: Mapping[UUID, str | None]) -> "ImportPage":
        """Present an import."""
        words, colour = STAGES[one.stage]
        report, money = one.report or {}, Money(pool.currency)
        maker = people.get(one.maker_id) or "somebody"
        facts = [{"key": "Brought in by", "value": f"{maker}, {day(one.at.date())}"}]
        if one.approvals:
            who = " and ".join(people.get(each.person_id) or "somebody" for each in one.approvals)
            facts.append({"key": "Approved by", "value": who})
        if report:
            facts += _facts(report, money)
        facts.append({"key": "Fingerprint of the file", "value": f"SHA-256 {one.sha256[:16]}…"})
        faults, count = report.get("faults", []), report.get("fault_count", 0)
        return cls(
            heading="Payments from a file",
            tag=words,
            colour=colour,
            done=one.rows_done,
            all=max(one.rows_all, 1),
            facts=facts,
            room=_room(report),
            sample=[_row(each, money) for each in report.get("sample", [])],
            faults=[
                [f"Line {line}", _COLUMNS.get(column, column) or "Row", detail]
                for line, column, detail in faults
            ],
            more_faults=count - len(faults),
            duplicates=[
                [f"Line {line}", f"The same number, day and amount as {where}"]
                for line, where in report.get("duplicates", [])
            ],
            budget=_budget(report, money),
            beyond=_beyond(report, money),
            months=[
                [f"{month} {service}", category or UNSAID, money(minor)]
                for month, service, category, minor in report.get("months", [])
            ],
            right=bool(report) and not count and not report["duplicate_count"],
        )


def columns(one: ImportView, file: PaymentFile) -> list[ColumnQuestion]:
    """Return the questions of which column is what, with examples from the file."""
    rows = [cells for _, cells in file.sample(50)]
    questions = []
    for part, label in PARTS.items():
        chosen = one.mapping.columns.get(part)
        found = dict.fromkeys(
            row[chosen].strip()[:40] for row in rows if chosen is not None and chosen < len(row)
        )
        options: list[Option] = [
            {"value": "", "text": "Not in the file", "selected": chosen is None}
        ]
        options += [
            {"value": str(at), "text": heading or f"Column {at + 1}", "selected": at == chosen}
            for at, heading in enumerate(file.headings)
        ]
        hint = f"For example: {', '.join([each for each in found if each][:3])}" if found else ""
        needed = "" if part in REQUIRED else " (if the file has it)"
        questions.append(
            ColumnQuestion(
                name=f"column-{part.value}", label=label + needed, hint=hint, options=options
            )
        )
    return questions


def services(one: ImportView, pool: PoolView) -> list[ColumnQuestion]:
    """Return the questions of which scheme each service is."""
    return [
        ColumnQuestion(
            name=f"service-{number}",
            label=words or "Every payment",
            hint="",
            options=[
                {"value": NEW, "text": "Add it as a new scheme", "selected": chosen is None},
                *[
                    Option(value=str(s.id), text=s.label, selected=s.id == chosen)
                    for s in pool.schemes
                ],
            ],
        )
        for number, (words, chosen) in enumerate(one.mapping.schemes.items())
    ]


def natures(one: ImportView) -> list[ColumnQuestion]:
    """Return the questions of which sort of expenditure each category is."""
    return [
        ColumnQuestion(
            name=f"category-{number}",
            label=words,
            hint="",
            options=[
                {"value": "", "text": "None of these", "selected": chosen is None},
                *[
                    Option(value=nature.value, text=text, selected=nature is chosen)
                    for nature, text in NATURES.items()
                ],
            ],
        )
        for number, (words, chosen) in enumerate(one.mapping.natures.items())
    ]


def _facts(report: Report, money: Money) -> list[dict[str, str]]:
    facts = [
        {"key": "Payments", "value": f"{report['rows']:,}"},
        {"key": "Together", "value": money(report["total_minor"])},
    ]
    if report["first_day"]:
        first, last = (date.fromisoformat(report[name]) for name in ("first_day", "last_day"))
        facts.append({"key": "Paid between", "value": f"{day(first)} and {day(last)}"})
    if report["skipped"]:
        lines = ", ".join(map(str, report["skipped"][:5]))
        facts.append({"key": "Lines of totals, left out", "value": lines})
    return facts


def _room(report: Report) -> list[str]:
    """Say what is added to the pool with the payments."""
    if not report:
        return []
    periods = [tuple(map(date.fromisoformat, each)) for each in report["new_periods"]]
    return [
        *(f"A scheme: {title or 'Not said in the file'}" for title in report["new_schemes"]),
        *(f"A period: {day(first)} to {day(last)}" for first, last in periods),
    ]


def _row(each: list[Any], money: Money) -> list[object]:
    line, on, service, nature, reference, minor = each
    sort = NATURES[Nature(nature)] if nature else UNSAID
    return [f"Line {line}", day(date.fromisoformat(on)), reference, service, sort, money(minor)]


def _beyond(report: Report, money: Money) -> str:
    """Say by how much the payments go beyond budgets; nothing where they do not."""
    over = [minor - available for _, _, minor, available in report.get("budget", [])]
    over = [minor for minor in over if minor > 0]
    if not over:
        return ""
    schemes = "one scheme" if len(over) == 1 else f"{len(over)} schemes"
    return (
        f"They put {schemes} beyond budget, by {money(sum(over))} in all. What is owed is posted "
        "whatever the budget is; every partner is told, and the days to explain it begin."
    )


def _budget(report: Report, money: Money) -> list[list[object]]:
    rows: list[list[object]] = []
    for service, _, minor, available in report.get("budget", []):
        left = available - minor
        says = (
            {"text": f"{money(-left)} beyond its budget", "tag": "red"} if left < 0 else money(left)
        )
        rows.append([service or "Every payment", money(minor), money(available), says])
    return rows
