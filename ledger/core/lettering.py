"""Text in the letters that a font has: nothing is left out, and nothing becomes a question mark.

A letter that is missing loses its accents; a Greek or Cyrillic one is spelled in Latin letters,
much as in passports; any other stands as its number in Unicode, such as [U+4E2D].
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

_LATIN: Final = re.compile(r"LATIN (CAPITAL|SMALL) (?:LETTER|LIGATURE) ([A-Z]{1,2})\b")
_ONE_LETTER: Final = dict(
    zip(
        "абвгдезиклмнопрстуфыэіґαβγδεζηικλμνοπρσςτυφω",
        "abvgdeziklmnoprstufyeigavgdeziiklmnoprsstyfo",
        strict=True,
    )
)
_MORE_LETTERS: Final = dict(
    zip(
        "жхцчшщъьюяєθξχψ",
        ("zh", "kh", "ts", "ch", "sh", "shch", "", "", "iu", "ia", "ie", "th", "x", "ch", "ps"),
        strict=True,
    )
)
_SPELLINGS: Final = _ONE_LETTER | _MORE_LETTERS


NOTE: Final = (
    "The font of this file lacks some letters of the text: they are printed without their "
    "accents, in Latin letters, or by their number in Unicode."
)
"""What a file says where a letter was lacking."""


class Lettering:
    """Spells texts for a font, and remembers whether one lacked a letter.

    Attributes:
        lacked: Whether some letter was spelled otherwise.
    """

    def __init__(self, has: Callable[[str], bool]) -> None:
        """Spell for a font that *has* some letters; it must have those of ASCII."""
        self._has = has
        self.lacked = False

    def __call__(self, text: str) -> str:
        """Return *text* in letters that the font has; line feeds stay."""
        return "".join(self._letter(letter) for letter in unicodedata.normalize("NFC", text))

    def _letter(self, letter: str) -> str:
        if letter == "\n" or self._has(letter):
            return letter
        self.lacked = True
        return _plain(letter, self._has)


def _plain(letter: str, has: Callable[[str], bool]) -> str:
    parts = unicodedata.normalize("NFKD", letter)
    bases = [one for one in parts if not unicodedata.combining(one)]
    if len(parts) > 1 or not bases:
        return "".join(one if has(one) else _plain(one, has) for one in bases)
    if (spelled := _SPELLINGS.get(letter.lower())) is not None:
        return spelled if letter.islower() else spelled.capitalize()
    if found := _LATIN.match(unicodedata.name(letter, "")):
        return found[2] if found[1] == "CAPITAL" else found[2].lower()
    if unicodedata.category(letter) in {"Cf", "Zs", "Zl", "Zp"}:
        return " " if unicodedata.category(letter).startswith("Z") else ""
    return f"[U+{ord(letter):04X}]"
