"""A paper as a PDF, on A4 pages that lie on their side, every page saying what it is of.

The font is reportlab's own Vera, embedded; where it lacks a letter, that is spelled otherwise,
and the end says so. Amounts have a line of their own in the right place: nothing is rounded.
"""

from html import escape
from io import BytesIO
from typing import Any, Final

from reportlab.lib import colors
from reportlab.lib.enums import TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from ledger.core.fonts import BODY, BOLD, vera
from ledger.core.lettering import NOTE
from ledger.core.money import format_minor
from ledger.funding.papers.paper import Cell, Column, Paper, Section, Sort

_MARGIN: Final = 16 * mm
_PAGE: Final = landscape(A4)
_WIDTH: Final = _PAGE[0] - 2 * _MARGIN
_INK: Final = colors.HexColor("#212b32")
_RULE: Final = colors.HexColor("#d8dde0")
_WEIGHT: Final = {Sort.TEXT: 1.6, Sort.MONEY: 1.0, Sort.NUMBER: 0.7, Sort.DAY: 0.8}


def to_pdf(paper: Paper) -> bytes:
    """Return a paper as PDF; the same paper gives the same bytes."""
    fonts, file = _Fonts(), BytesIO()

    def furniture(canvas: Any, document: Any) -> None:
        canvas.saveState()
        canvas.setFont(BODY, 7.5)
        canvas.setFillColor(_INK)
        foot = f"{paper.title[:90]} · {dict(paper.facts).get('Log size', '')} entries of the log"
        canvas.drawString(_MARGIN, 9 * mm, fonts.plain(foot))
        canvas.drawRightString(_PAGE[0] - _MARGIN, 9 * mm, f"Page {document.page}")
        if paper.demonstration:
            canvas.setFont(BOLD, 9)
            words = "DEMONSTRATION: fictional organisations and people"
            canvas.drawCentredString(_PAGE[0] / 2, _PAGE[1] - 9 * mm, words)
        canvas.restoreState()

    story: list[Flowable] = [fonts.paragraph(paper.title, "title")]
    for section in paper.sections:
        story += _section(section, paper.currency, fonts)
    story += _about(paper, fonts)
    if fonts.plain.lacked:
        story.append(fonts.paragraph(NOTE))
    SimpleDocTemplate(
        file,
        pagesize=_PAGE,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=paper.title,
        author="Care Ledger",
        subject="Demonstration" if paper.demonstration else "Pooled fund",
        lang="en-GB",
        invariant=1,
    ).build(story, onFirstPage=furniture, onLaterPages=furniture)
    return file.getvalue()


class _Fonts:
    """Turns texts into paragraphs of letters that the font has."""

    def __init__(self) -> None:
        self.plain = vera()
        self._styles = {
            "title": _style(16, BOLD, after=4),
            "h": _style(11, BOLD, before=8, after=3),
            "body": _style(8.5, BODY, after=3),
            "cell": _style(8, BODY),
            "cell-strong": _style(8, BOLD),
            "right": _style(8, BODY, alignment=TA_RIGHT),
            "right-strong": _style(8, BOLD, alignment=TA_RIGHT),
        }

    def paragraph(self, text: str, style: str = "body") -> Paragraph:
        return Paragraph(escape(self.plain(text), quote=False), self._styles[style])


def _style(size: float, font: str, *, after: float = 0, **more: Any) -> ParagraphStyle:
    said = {"alignment": TA_LEFT, "textColor": _INK, "spaceBefore": more.pop("before", 0), **more}
    name = f"{font}-{size}-{said['alignment']}"
    return ParagraphStyle(
        name, fontName=font, fontSize=size, leading=size * 1.35, spaceAfter=after, **said
    )


def _section(section: Section, currency: str, fonts: _Fonts) -> list[Flowable]:
    found: list[Flowable] = [fonts.paragraph(section.heading, "h")]
    if section.note:
        found.append(fonts.paragraph(section.note))
    head = [_cell(one.words, one, currency, fonts, strong=True) for one in section.columns]
    body = [
        [
            _cell(cell, column, currency, fonts, strong=row.strong)
            for cell, column in zip(row.cells, section.columns, strict=True)
        ]
        for row in section.rows
    ]
    weights = [_WEIGHT[one.sort] for one in section.columns]
    widths = [_WIDTH * one / sum(weights) for one in weights]
    look = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, 0), 1, _INK),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, _RULE),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]
    look += [
        ("LINEABOVE", (0, number), (-1, number), 0.8, _INK)
        for number, row in enumerate(section.rows, start=1)
        if row.strong
    ]
    return [*found, Table([head, *body], widths, repeatRows=1, style=TableStyle(look))]


def _cell(cell: Cell, column: Column, currency: str, fonts: _Fonts, *, strong: bool) -> Paragraph:
    right = column.sort in {Sort.MONEY, Sort.NUMBER}
    money = column.sort is Sort.MONEY and isinstance(cell, int)
    text = format_minor(cell, currency) if money else "" if cell is None else str(cell)  # type: ignore[arg-type]
    return fonts.paragraph(text, ("right" if right else "cell") + ("-strong" if strong else ""))


def _about(paper: Paper, fonts: _Fonts) -> list[Flowable]:
    rows = [
        [fonts.paragraph(name, "cell-strong"), fonts.paragraph(value, "cell")]
        for name, value in paper.facts
    ]
    found: list[Flowable] = [fonts.paragraph("What this was made from", "h")]
    found.append(
        Table(
            rows,
            [45 * mm, _WIDTH - 45 * mm],
            style=TableStyle(
                [
                    ("VALIGN", (0, 0), (-1, -1), "TOP"),
                    ("TOPPADDING", (0, 0), (-1, -1), 1),
                    ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
                ]
            ),
        )
    )
    found.append(Spacer(1, 2 * mm))
    return found + [fonts.paragraph(step) for step in paper.steps]
