"""A return as a spreadsheet and as a PDF: the same return gives the same bytes.

Neither depends on when, or for whom, it is made. Text goes into a spreadsheet as text: no cell
is a formula, whatever it begins with.
"""

from collections.abc import Callable
from datetime import datetime
from html import escape
from io import BytesIO
from typing import Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table, TableStyle
from xlsxwriter import Workbook

from ledger.core.lettering import NOTE, Lettering
from ledger.core.money import format_minor
from ledger.funding.queries.return_figures import Told
from ledger.funding.queries.returns import ReturnView
from ledger.funding.return_document import as_csv, as_json, digest
from ledger.funding.rules.return_forms import form
from ledger.funding.rules.return_sheet import Cell, Colour
from ledger.funding.rules.return_values import ValueKind

_CREATED: Final = datetime(2000, 1, 1)  # noqa: DTZ001  (a spreadsheet's moments have no zone)
_STATES: Final = {Colour.GREEN: "done", Colour.RED: "missing", Colour.NOT_ASKED: "not asked"}
_FONTS: Final = ("Vera", "VeraBd")
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
    sections = _sections(one)
    for number, cell in enumerate(told.sheet.cells, start + 1):
        page.write_string(number, 0, _where(sections, cell))
        page.write_string(number, 1, cell.form.title)
        minor = int(cell.value) if cell.value and cell.form.kind is ValueKind.MONEY else None
        if minor is not None and abs(minor) < _ROUNDED_BEYOND:
            page.write_number(number, 2, minor / 100, money)
        else:
            page.write_string(number, 2, shown(cell, told.pool.currency))
        page.write_string(number, 3, _STATES[cell.colour])
    book.close()
    return file.getvalue()


def as_pdf(one: ReturnView, told: Told) -> bytes:
    """Return a return as PDF, in reportlab's own Vera; what it lacks is spelled otherwise."""
    for name in _FONTS:
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))
    known = pdfmetrics.getFont("Vera").face.charToGlyph
    spell = Lettering(lambda letter: ord(letter) in known)
    styles = {
        "h1": ParagraphStyle("h1", fontName="VeraBd", fontSize=16, leading=20, spaceAfter=8),
        "h2": ParagraphStyle("h2", fontName="VeraBd", fontSize=11, leading=15, spaceBefore=10),
        "body": ParagraphStyle("body", fontName="Vera", fontSize=8.5, leading=11),
    }

    def said(text: str, style: str = "body") -> Paragraph:
        plain = escape(spell(text), quote=False)
        return Paragraph(plain.replace("\n", "<br/>"), styles[style])

    story: list[Flowable] = [said(title(one, told), "h1")]
    story += [said(f"{key}: {value}") for key, value in facts(one, told)]
    sections, grid = _sections(one), TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP")])
    groups: dict[str, list[Cell]] = {}
    for cell in told.sheet.cells:
        if cell.colour is not Colour.NOT_ASKED:
            groups.setdefault(_where(sections, cell), []).append(cell)
    for where, cells in groups.items():
        story.append(said(where, "h2"))
        rows = [
            [said(c.form.title), said(shown(c, told.pool.currency)), said(_STATES[c.colour])]
            for c in cells
        ]
        story.append(Table(rows, colWidths=[80 * mm, 65 * mm, 25 * mm], style=grid))
    if spell.lacked:
        story.append(said(NOTE))
    file = BytesIO()
    SimpleDocTemplate(
        file, pagesize=A4, title=title(one, told), author="Care Ledger", lang="en-GB", invariant=1
    ).build(story)
    return file.getvalue()


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


def _sections(one: ReturnView) -> dict[str, str]:
    return {each.key: each.title for each in form(one.form, one.form_version).sections}


def _where(sections: dict[str, str], cell: Cell) -> str:
    return f"{sections[cell.section]}: {cell.row_title}" if cell.row else sections[cell.section]


FILES: Final[dict[str, tuple[Callable[[ReturnView, Told], bytes], str]]] = {
    "json": (as_json, "application/json"),
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "pdf": (as_pdf, "application/pdf"),
}
"""What a return is taken away as, with the content type of each."""
