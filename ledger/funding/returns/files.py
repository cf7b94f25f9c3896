"""A return as a spreadsheet and as a PDF: the same return gives the same bytes.

Neither depends on when, or for whom, it is made. Text goes into a spreadsheet as text: no cell
is a formula, whatever it begins with.
"""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import Final

from xlsxwriter import Workbook

from ledger.core.money import format_minor
from ledger.funding.returns.document import as_csv, as_json, digest
from ledger.funding.returns.queries import ReturnView
from ledger.funding.returns.rules.forms import form
from ledger.funding.returns.rules.sheet import Cell, Colour
from ledger.funding.returns.rules.values import ValueKind
from ledger.funding.returns.sources import Told

_CREATED: Final = datetime(2000, 1, 1)  # noqa: DTZ001  (a spreadsheet's moments have no zone)
STATES: Final = {Colour.GREEN: "done", Colour.RED: "missing", Colour.NOT_ASKED: "not asked"}
_WIDTHS: Final = (30, 60, 24, 12)
_ROUNDED_BEYOND: Final = 10**15
"""A spreadsheet's number has fifteen digits: beyond this many pence it would round."""


def as_xlsx(one: ReturnView, told: Told) -> bytes:
    """Return a return as XLSX (ECMA-376), a sheet with a line a cell."""
    file = BytesIO()
    book = Workbook(file, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties({"created": _CREATED, "title": title(one, told)})
    bold, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
    page = book.add_worksheet("Return")
    for column, width in enumerate(_WIDTHS):
        page.set_column(column, column, width)
    for number, (key, value) in enumerate(facts(one, told)):
        page.write_string(number, 0, key, bold)
        page.write_string(number, 1, value)
    start = len(facts(one, told)) + 1
    for column, words in enumerate(("Where", "What", "Value", "State")):
        page.write_string(start, column, words, bold)
    sections = sections_of(one)
    for number, cell in enumerate(told.sheet.cells, start + 1):
        page.write_string(number, 0, where_of(sections, cell))
        page.write_string(number, 1, cell.form.title)
        minor = int(cell.value) if cell.value and cell.form.kind is ValueKind.MONEY else None
        if minor is not None and abs(minor) < _ROUNDED_BEYOND:
            page.write_number(number, 2, minor / 100, money)
        else:
            page.write_string(number, 2, shown(cell, told.pool.currency))
        page.write_string(number, 3, STATES[cell.colour])
    book.close()
    return file.getvalue()


def as_pdf(one: ReturnView, told: Told) -> bytes:
    """Return a return as PDF."""
    from ledger.funding.returns import pdf  # noqa: PLC0415  (reportlab: not at every start)

    return pdf.written(one, told)


def title(one: ReturnView, told: Told) -> str:
    """Return what a return is called."""
    what = f"quarter {one.number}" if one.number else "year"
    amended = f", amended (version {one.version})" if one.replaces else ""
    return f"{told.pool.title}: return of the {what}{amended}"


def facts(one: ReturnView, told: Told) -> list[tuple[str, str]]:
    """Return what a return is about, and by what it is known again."""
    state = "complete" if told.sheet.complete else "incomplete"
    return [
        ("About", f"{one.first_day} to {one.last_day}, figures since {one.year_first_day}"),
        ("Form", f"{one.form}, version {one.form_version}"),
        ("State", f"{state}: {told.sheet.done} of {told.sheet.asked} cells and checks done"),
        ("Log size", str(told.size)),
        ("SHA-256", digest(as_json(one, told))),
    ]


def shown(cell: Cell, currency: str) -> str:
    """Return a cell's value as people read it."""
    if cell.value is None:
        return ""
    if cell.form.kind is ValueKind.MONEY:
        return format_minor(int(cell.value), currency)
    return f"{cell.value}%" if cell.form.kind is ValueKind.PERCENTAGE else cell.value


def sections_of(one: ReturnView) -> dict[str, str]:
    """Return the titles of a form's sections."""
    return {each.key: each.title for each in form(one.form, one.form_version).sections}


def where_of(sections: dict[str, str], cell: Cell) -> str:
    """Return where in its form a cell stands, in words."""
    return f"{sections[cell.section]}: {cell.row_title}" if cell.row else sections[cell.section]


FILES: Final[dict[str, tuple[Callable[[ReturnView, Told], bytes], str]]] = {
    "json": (as_json, "application/json"),
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "pdf": (as_pdf, "application/pdf"),
}
"""What a return is taken away as, with the content type of each."""
