"""A paper as a workbook: a sheet for each section, amounts as numbers, no formula anywhere."""

from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any, Final

import xlsxwriter

from ledger.core.money import decimal_minor
from ledger.funding.papers.paper import Cell, Column, Paper, Section, Sort

_CREATED: Final = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
"""Always the same, as the bytes must not say when they were made."""
_WIDTH: Final = {Sort.TEXT: 34, Sort.MONEY: 18, Sort.NUMBER: 12, Sort.DAY: 12}
_MONEY: Final = "#,##0.00;[Red]-#,##0.00"
_SHEET_NAME_MAX: Final = 31
_EXACT: Final = 10**15
"""Spreadsheets keep fifteen digits: a larger amount is written as a text, and not rounded."""


def to_xlsx(paper: Paper) -> bytes:
    """Return a paper as XLSX (ECMA-376): amounts in pounds, exact to the penny."""
    file = BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(file, options)
    book.set_properties({"title": paper.title, "author": "Care Ledger", "created": _CREATED})
    looks = _looks(book)
    for section in paper.sections:
        _section(book, section, looks)
    about = book.add_worksheet("About")
    about.set_column(0, 0, 28)
    about.set_column(1, 1, 90)
    for number, (name, value) in enumerate(
        (*paper.about, *(("How to make it again", step) for step in paper.steps))
    ):
        about.write_string(number, 0, name, looks["head"])
        about.write_string(number, 1, value, looks["wrapped"])
    book.close()
    return file.getvalue()


def _looks(book: Any) -> dict[str, Any]:
    made: dict[str, dict[str, Any]] = {
        "title": {"bold": True, "font_size": 14},
        "head": {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1},
        "head-right": {"bold": True, "text_wrap": True, "align": "right", "bottom": 1},
        "wrapped": {"text_wrap": True, "valign": "top"},
        "text": {},
        "money": {"num_format": _MONEY},
        "number": {"num_format": "0"},
        "day": {"num_format": "yyyy-mm-dd", "align": "left"},
    }
    made |= {f"{name}-strong": {**look, "bold": True, "top": 1} for name, look in made.items()}
    return {name: book.add_format(look) for name, look in made.items()}


def _section(book: Any, section: Section, looks: dict[str, Any]) -> None:
    sheet = book.add_worksheet(_sheet_name(section.heading))
    sheet.write_string(0, 0, section.heading, looks["title"])
    if section.note:
        sheet.write_string(1, 0, section.note)
    for place, column in enumerate(section.columns):
        look = looks["head" if column.sort in {Sort.TEXT, Sort.DAY} else "head-right"]
        sheet.write_string(2, place, column.words, look)
        sheet.set_column(place, place, _WIDTH[column.sort])
    for number, row in enumerate(section.rows, start=3):
        strong = "-strong" if row.strong else ""
        for place, (cell, column) in enumerate(zip(row.cells, section.columns, strict=True)):
            _cell(sheet, (number, place), cell, column, looks[f"{column.sort}{strong}"])
    sheet.freeze_panes(3, 0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _cell(sheet: Any, at: tuple[int, int], cell: Cell, column: Column, look: Any) -> None:
    if cell is None:
        sheet.write_blank(*at, None, look)
    elif isinstance(cell, int) and column.sort is Sort.MONEY:
        if abs(cell) < _EXACT:
            sheet.write_number(*at, cell / 100, look)
        else:
            sheet.write_string(*at, decimal_minor(cell), look)
    elif isinstance(cell, int):
        sheet.write_number(*at, cell, look)
    elif isinstance(cell, date):
        sheet.write_datetime(*at, datetime(cell.year, cell.month, cell.day), look)  # noqa: DTZ001
    else:
        sheet.write_string(*at, cell, look)


def _sheet_name(heading: str) -> str:
    """Return a heading as Excel allows a sheet to be called."""
    kept = "".join(" " if letter in "[]:*?/\\'" else letter for letter in heading)
    return " ".join(kept.split())[:_SHEET_NAME_MAX].strip()
