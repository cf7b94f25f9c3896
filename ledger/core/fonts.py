"""The font of every PDF: Vera, which reportlab brings along. Imported only where one is written."""

from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from ledger.core.lettering import Lettering

BODY: Final = "Vera"
BOLD: Final = "VeraBd"


def vera() -> Lettering:
    """Make the font known to reportlab, and return what spells a file's texts in its letters."""
    for name in (BODY, BOLD):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))
    known = pdfmetrics.getFont(BODY).face.charToGlyph
    return Lettering(lambda letter: ord(letter) in known)
