"""Words that are kept for ever, and so name no person: references, and what returns say."""

import re
import unicodedata
from typing import Final

from ledger.core.errors import Invalid

_TEN_DIGITS: Final = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)", re.ASCII)
_E_MAIL: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_DIGITS: Final = 10


class ReferencePersonal(Invalid):
    """A reference that seems to name a person: it is in the log for ever."""

    slug = "reference-personal"
    title = "A reference names no person"


def check_reference(reference: str) -> None:
    """Check that a reference names nobody. Raises `ReferencePersonal`."""
    if names_person(reference):
        raise ReferencePersonal(
            "write no NHS number and no e-mail address; the number of a paper that looks like one "
            "is written as 94347-65919"
        )


def names_person(said: str) -> bool:
    """Say whether words hold an NHS number or an e-mail address, in whichever digits and signs."""
    said = _plain(said)
    numbers = ("".join(filter(str.isdecimal, one)) for one in _TEN_DIGITS.findall(said))
    return bool(_E_MAIL.search(said)) or any(map(is_nhs_number, numbers))


def _plain(said: str) -> str:
    """Return words as they are read: wide digits as digits, a dash of any length as a hyphen."""
    plain = []
    for sign in unicodedata.normalize("NFKC", said):
        sort = unicodedata.category(sign)
        if sort == "Nd":
            plain.append(str(unicodedata.decimal(sign)))
        elif sort != "Cf":  # What nobody sees divides no number.
            plain.append("-" if sort == "Pd" else sign)
    return "".join(plain)


def is_nhs_number(word: str) -> bool:
    """Say whether *word* is ten digits with the check digit of an NHS number (modulus 11)."""
    if len(word) != _DIGITS or not (word.isascii() and word.isdecimal()):
        return False
    weights = range(_DIGITS, 1, -1)
    left = -sum(int(digit) * weight for digit, weight in zip(word, weights, strict=False)) % 11
    return left == int(word[-1])
