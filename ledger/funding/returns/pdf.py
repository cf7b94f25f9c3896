"""A return as a PDF: the same return gives the same bytes."""

from html import escape
from io import BytesIO

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table, TableStyle

from ledger.core.fonts import BODY, BOLD, vera
from ledger.core.lettering import NOTE
from ledger.funding.returns.files import STATES, facts, sections_of, shown, title, where_of
from ledger.funding.returns.queries import ReturnView
from ledger.funding.returns.rules.sheet import Cell, Colour
from ledger.funding.returns.sources import Told


def written(one: ReturnView, told: Told) -> bytes:
    """Return a return as PDF, in reportlab's own Vera; what it lacks is spelled otherwise."""
    spell = vera()
    styles = {
        "h1": ParagraphStyle("h1", fontName=BOLD, fontSize=16, leading=20, spaceAfter=8),
        "h2": ParagraphStyle("h2", fontName=BOLD, fontSize=11, leading=15, spaceBefore=10),
        "body": ParagraphStyle("body", fontName=BODY, fontSize=8.5, leading=11),
    }

    def said(text: str, style: str = "body") -> Paragraph:
        plain = escape(spell(text), quote=False)
        return Paragraph(plain.replace("\n", "<br/>"), styles[style])

    story: list[Flowable] = [said(title(one, told), "h1")]
    story += [said(f"{key}: {value}") for key, value in facts(one, told)]
    sections, grid = sections_of(one), TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP")])
    groups: dict[str, list[Cell]] = {}
    for cell in told.sheet.cells:
        if cell.colour is not Colour.NOT_ASKED:
            groups.setdefault(where_of(sections, cell), []).append(cell)
    for where, cells in groups.items():
        story.append(said(where, "h2"))
        rows = [
            [said(c.form.title), said(shown(c, told.pool.currency)), said(STATES[c.colour])]
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
