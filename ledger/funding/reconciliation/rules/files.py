"""The lines of a bank's or a general ledger's CSV file, and the numbers of papers in their words.

The words of a line may name people, so they are read for numbers of papers and not kept: of
``BACS A SMITH INV-0042`` what remains is ``inv0042``. A reference that is an NHS number
refuses its row, without repeating it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import Final

from ledger.core.errors import Fault, Invalid
from ledger.funding.imports.rules.cells import Order, read_amount, read_day
from ledger.funding.imports.rules.files import open_file
from ledger.funding.reconciliation.rules.code_maps import CODE_MAX
from ledger.funding.reconciliation.rules.findings import Line, Source, folded
from ledger.funding.rules.impersonal import is_nhs_number

ROWS_MAX: Final = 5_000
REFERENCE_MAX: Final = 64
_FAULTS_MAX: Final = 200
_TELLING_DIGITS: Final = 5
_NUMBER: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z/._-]*")
_MONTH: Final = re.compile(r"(\d{4})-(\d{2})", re.ASCII)

HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "date": ("day", "posting date", "transaction date", "value date", "gl date", "period"),
    "amount": ("value", "net amount", "movement"),
    "debit": ("dr", "paid out", "money out", "payments", "withdrawals", "debit amount"),
    "credit": ("cr", "paid in", "money in", "receipts", "deposits", "credit amount"),
    "reference": ("ref", "your reference", "payment reference", "transaction reference"),
    "document": ("document no", "document number", "doc no", "voucher", "journal"),
    "text": ("description", "details", "narrative", "transaction description", "memo"),
    "nominal": ("nominal code", "account code", "subjective", "gl code", "nominal account"),
    "cost centre": ("cost center", "cc", "objective", "cost centre code"),
}
"""What is read, and under which other headings it is found, whatever their case and spaces."""


class LinesUnreadable(Invalid):
    """The file as a whole holds no lines that can be compared."""

    slug = "statement-unreadable"
    title = "This file cannot be read as a statement"


class LinesRefused(Invalid):
    """Some rows are wrong, so none is taken. The faults name the line of the file."""

    slug = "statement-rows-refused"
    title = "Some rows are not right, so nothing was taken"


def read_lines(content: bytes, source: Source) -> tuple[Line, ...]:
    """Return the lines of a file, in the order of what they say.

    Raises:
        LinesUnreadable: it is no CSV file with the headings that are needed.
        LinesRefused: some rows are wrong.
    """
    try:
        file = open_file(content)
        rows = list(file.rows())
    except Invalid as error:
        raise LinesUnreadable(error.detail) from error
    places = _places(file.headings, source)
    if not 0 < len(rows) <= ROWS_MAX:
        raise LinesUnreadable(f"give between 1 and {ROWS_MAX:,} rows below the headings")
    faults, lines = [], []
    for number, cells in rows:
        said = {name: cells[at].strip() if at < len(cells) else "" for name, at in places.items()}
        try:
            lines.append(_line(number, said, source))
        except Invalid as error:
            faults.append(Fault(f"line {number}", error.detail))
    if faults:
        raise LinesRefused(f"{len(faults):,} of {len(rows):,} rows", faults[:_FAULTS_MAX])
    return with_keys(lines)


def _places(headings: Sequence[str], source: Source) -> dict[str, int]:
    known = {folded(each): name for name, also in HEADINGS.items() for each in (name, *also)}
    places: dict[str, int] = {}
    for at, heading in enumerate(headings):
        name = known.get(folded(heading))
        if name in places:
            raise LinesUnreadable(f"it has two columns for {name}: leave one of them")
        if name is not None:
            places[name] = at
    wanted = ["date", *(["nominal"] if source is Source.LEDGER else [])]
    missing = [name for name in wanted if name not in places]
    if not places.keys() & {"amount", "debit", "credit"}:
        missing.append("amount")
    if missing:
        raise LinesUnreadable(f"it has no column {' and no column '.join(missing)}")
    return places


def _line(number: int, said: Mapping[str, str], source: Source) -> Line:
    reference = said.get("reference") or said.get("document") or ""
    papers = papers_of(reference, said.get("document", ""), said.get("text", ""))
    nominal, cost_centre = said.get("nominal", ""), said.get("cost centre", "")
    if source is Source.LEDGER and not nominal:
        raise Invalid("nominal: it is missing")
    if max(len(nominal), len(cost_centre)) > CODE_MAX:
        raise Invalid(f"a code has at most {CODE_MAX} characters")
    return Line(
        key="",
        day=_day(said["date"]),
        amount_minor=_amount(said, source),
        papers=papers,
        reference=_short(reference),
        nominal=nominal if source is Source.LEDGER else "",
        cost_centre=cost_centre if source is Source.LEDGER else "",
        row=number,
    )


def _day(text: str) -> date:
    """Return a day; of a period such as ``2026-04``, its first."""
    month = _MONTH.fullmatch(text)
    return read_day(f"{text}-01" if month else text, Order.DAY_FIRST)


def _amount(said: Mapping[str, str], source: Source) -> int:
    """Return what the row comes to: money into a bank, or a debit, is above zero."""
    given = {name: said[name] for name in ("amount", "debit", "credit") if said.get(name)}
    minor = {name: read_amount(text) for name, text in given.items()}
    moving = {name: amount for name, amount in minor.items() if amount}
    if len(moving) != 1:
        raise Invalid("give one amount that is not nothing")
    ((name, amount_minor),) = moving.items()
    if name == "amount":
        return amount_minor
    out = (name == "debit") is (source is Source.BANK)
    return -amount_minor if out else amount_minor


def _short(text: str) -> str:
    if len(text) > REFERENCE_MAX:
        raise Invalid(f"a reference has at most {REFERENCE_MAX} characters")
    if is_nhs_number("".join(text.split())):
        raise Invalid("the reference looks like an NHS number: it does not belong in accounts")
    return text


def papers_of(reference: str, *texts: str) -> frozenset[str]:
    """Return what a line may be known by: its reference, and numbers of papers in all its words.

    A year or a small number says nothing alone: ``Bank, April 2026`` is known by the whole.
    """
    words = (folded(word) for text in (reference, *texts) for word in _NUMBER.findall(text))
    telling = {word for word in words if any(map(str.isdigit, word)) and _tells(word)}
    return frozenset(
        word
        for word in telling | {folded(reference)} - {""}
        if len(word) <= REFERENCE_MAX and not is_nhs_number(word)
    )


def _tells(word: str) -> bool:
    return len(word) >= _TELLING_DIGITS or not word.isdecimal()


def with_keys(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Return lines with keys made of what they say; lines that say the same are numbered."""
    seen: Counter[str] = Counter()
    made = []
    for line in sorted(lines, key=lambda one: (_said(one), one.row)):
        name = sha256("\x1f".join(_said(line)).encode()).hexdigest()[:16]
        seen[name] += 1
        made.append(replace(line, key=f"{name}-{seen[name]}"))
    return tuple(made)


def _said(line: Line) -> tuple[str, ...]:
    papers = " ".join(sorted(line.papers))
    amount = str(line.amount_minor)
    return (
        line.day.isoformat(),
        amount,
        line.reference,
        line.nominal,
        line.cost_centre,
        papers,
    )
