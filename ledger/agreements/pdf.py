"""A version as a PDF: its text, who signed it and how, and how anybody can check that.

Nothing in it depends on when, or for whom, it is made: the same state gives the same bytes.
Moments are UTC. The font is reportlab's own Vera, embedded; where it lacks a letter, that is
spelled otherwise and the last page says so: the digest is of the text as it is.
"""

from html import escape
from io import BytesIO
from typing import Any, Final

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib import colors
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import (
    Flowable,
    PageBreak,
    Paragraph,
    Preformatted,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from ledger.agreements.queries.issued import Evidence, Imprint
from ledger.agreements.queries.signing import SignatureView
from ledger.agreements.rules.lifecycle import State
from ledger.core.fonts import BODY, BOLD, vera
from ledger.core.lettering import NOTE

_MARGIN: Final = 20 * mm
_QR: Final = 32 * mm
_INK: Final = colors.HexColor("#212b32")
_STATES: Final = {
    State.PROPOSED: "Proposed: nobody has signed it yet",
    State.SIGNING: "Being signed",
    State.ACTIVE: "In force",
    State.SUSPENDED: "Suspended",
    State.EXPIRED: "Ended",
    State.TERMINATED: "Ended early",
    State.SUPERSEDED: "Replaced by a later version",
    State.DECLINED: "Declined: it never came into force",
}


_STEPS: Final = (
    """1. Whether this file is as it was issued: send it to the address below. The answer says
    which version it is, when it was issued, and which entry of the log says so. Nothing that is
    sent is kept.""",
    """2. Whether the text was signed: the same address knows the text's SHA-256, and names the
    organisations that signed it. Each of them may read the text itself, whose SHA-256 anybody
    can compute.""",
    """3. Whether the log holds the signature: the receipt below leads from the entry of the last
    signature to a tree head signed by the key of the log. A party downloads the bytes of that
    entry; the page About, Check a receipt, of the same service checks both in the browser.""",
)


class _Writer:
    """Turns texts into paragraphs, and remembers whether the font lacked a letter."""

    def __init__(self) -> None:
        self.plain = vera()
        self.styles = {
            "title": _style(18, 23, BOLD, after=4),
            "h1": _style(12, 16, BOLD, before=12, after=4),
            "body": _style(9.5, 13.5, BODY, after=5),
            "point": _style(9.5, 13.5, BODY, after=2, left=14),
            "small": _style(8, 11, BODY, after=3),
        }

    def paragraph(self, text: str, style: str = "body") -> Paragraph:
        return Paragraph(escape(self.plain(text), quote=False), self.styles[style])


def render(evidence: Evidence, imprint: Imprint) -> bytes:
    """Return the PDF of a version that was proposed."""
    shown, writer, file = evidence.shown, _Writer(), BytesIO()
    title = f"{shown.terms.title}, version {shown.number}"

    def furniture(canvas: Any, document: Any) -> None:
        canvas.saveState()
        canvas.setFont(BODY, 8)
        canvas.setFillColor(_INK)
        foot = f"{title[:80]} · text {shown.document_sha256[:16]}… · page {document.page}"
        canvas.drawString(_MARGIN, 11 * mm, writer.plain(foot))
        if imprint.demonstration:
            canvas.setFont(BOLD, 9)
            words = "DEMONSTRATION: fictional organisations and people"
            canvas.drawCentredString(A4[0] / 2, A4[1] - 12 * mm, words)
        canvas.restoreState()

    story = [*_text(evidence, writer), PageBreak(), *_signatures(evidence, writer), PageBreak()]
    story += _checking(evidence, imprint, writer)
    SimpleDocTemplate(
        file,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=title,
        author="Care Ledger",
        subject="Demonstration" if imprint.demonstration else "Agreement",
        lang="en-GB",
        invariant=1,
    ).build(story, onFirstPage=furniture, onLaterPages=furniture)
    return file.getvalue()


def _text(evidence: Evidence, writer: _Writer) -> list[Flowable]:
    shown = evidence.shown
    found: list[Flowable] = [writer.paragraph(shown.terms.title, "title")]
    parties = ", ".join(party.name for party in shown.terms.parties)
    facts = (
        f"Version {shown.number}. {_STATES.get(shown.state, shown.state)}.",
        f"Between {parties}.",
        f"First day {_day(shown.first_day)}, last day {_day(shown.last_day)}, both included.",
    )
    found += [writer.paragraph(fact) for fact in facts]
    section = ""
    for clause in shown.document.clauses:
        number = clause.number.partition(".")[0]
        if number != section:
            found.append(writer.paragraph(f"{number}. {clause.heading}", "h1"))
            section = number
        first, *rest = clause.text.split("\n")
        found.append(writer.paragraph(f"{clause.number} {first}"))
        found += [writer.paragraph(line.replace("- ", "• ", 1), "point") for line in rest]
    return found


def _signatures(evidence: Evidence, writer: _Writer) -> list[Flowable]:
    signing = evidence.signing
    found: list[Flowable] = [
        writer.paragraph("Evidence of signatures", "title"),
        writer.paragraph(
            "Each signature is an entry of the service's log and names the SHA-256 of the text. "
            "Names are those at the time of signing; a name that was erased since is left out."
        ),
    ]
    for one in sorted(signing.signatures, key=lambda each: (each.signed_at, each.entry_id)):
        found.append(writer.paragraph(one.organisation, "h1"))
        found.append(_rows(_facts(one, evidence), writer))
    if not signing.signatures:
        found.append(writer.paragraph("Nobody has signed this version."))
    if signing.bound:
        names = ", ".join(party.name for party in signing.bound)
        found.append(writer.paragraph("Bound by an earlier signature", "h1"))
        found.append(writer.paragraph(f"Nothing in this version concerns: {names}."))
    if signing.waiting:
        names = ", ".join(party.name for party in signing.waiting)
        found.append(writer.paragraph("Whose turn it is to sign", "h1"))
        found.append(writer.paragraph(f"{names}."))
    return found


def _facts(one: SignatureView, evidence: Evidence) -> list[tuple[str, str]]:
    delegated = ", by delegated authority" if one.delegated else ""
    level = f", assurance {one.acr}" if one.acr else ""
    rows = [
        ("Signed by", f"{one.signatory or '(name erased)'}, {one.position}{delegated}"),
        ("Signed at", f"{one.signed_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("Signed in", f"{one.auth_time:%Y-%m-%d %H:%M:%S} UTC{level}"),
        ("Text", one.document_sha256),
        ("Entry", f"{one.entry_id}, number {evidence.indexes.get(one.entry_id, '(not yet)')}"),
    ]
    if one.statement is not None:
        rows.insert(1, ("Stated", one.statement))
    if one.seal is not None:
        rows.append(("Seal", f"by the organisation's own key {one.key_id}"))
    return rows


def _checking(evidence: Evidence, imprint: Imprint, writer: _Writer) -> list[Flowable]:
    sha256 = evidence.shown.document_sha256
    address = f"{imprint.address}/agreements/check?sha256={sha256}"
    found: list[Flowable] = [writer.paragraph("How to check this document", "title")]
    found += [writer.paragraph(step) for step in _STEPS]
    found.append(
        _rows(
            [
                ("Address", address),
                ("Text (SHA-256)", sha256),
                ("Key of the log", imprint.log_key),
            ],
            writer,
        )
    )
    found += [Spacer(1, 4 * mm), _qr(address), Spacer(1, 2 * mm)]
    if evidence.receipt is not None:
        found.append(writer.paragraph("Receipt of the last signature", "h1"))
        style = _style(6.5, 8.5, BODY)
        lines = evidence.receipt.to_text().split("\n")
        cut = [line[at : at + 100] for line in lines for at in range(0, max(1, len(line)), 100)]
        found.append(Preformatted("\n".join(cut), style))
    if writer.plain.lacked:
        found.append(writer.paragraph(f"{NOTE} The SHA-256 is of the text as it is.", "small"))
    return found


def _rows(rows: list[tuple[str, str]], writer: _Writer) -> Table:
    cells = [[writer.paragraph(text, "small") for text in row] for row in rows]
    table = Table(cells, colWidths=[32 * mm, A4[0] - 2 * _MARGIN - 32 * mm], hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.5, colors.HexColor("#d8dde0")),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ]
        )
    )
    return table


def _qr(address: str) -> Drawing:
    drawn = QrCodeWidget(address, barLevel="M")
    left, bottom, right, top = drawn.getBounds()
    scale = _QR / (right - left), _QR / (top - bottom)
    drawing = Drawing(_QR, _QR, transform=[scale[0], 0, 0, scale[1], 0, 0])
    drawing.add(drawn)
    return drawing


def _style(
    size: float, leading: float, font: str, *, before: float = 0, after: float = 0, left: float = 0
) -> ParagraphStyle:
    return ParagraphStyle(
        f"{font}-{size}-{left}",
        fontName=font,
        fontSize=size,
        leading=leading,
        spaceBefore=before,
        spaceAfter=after,
        leftIndent=left,
        alignment=TA_LEFT,
        textColor=_INK,
        splitLongWords=1,
    )


def _day(day: Any) -> str:
    return f"{day.day} {day:%B %Y}"
