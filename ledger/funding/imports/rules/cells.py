"""Single cells of a payments file, as finance systems write them: amounts, days, sorts of spending.

Nothing of a cell is repeated in an error, but in what was understood: it may be personal.
"""

import re
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final

from ledger.core.errors import Invalid
from ledger.core.money import MINOR_MAX
from ledger.funding.rules.impersonal import check_reference
from ledger.funding.rules.postings import Nature

REFERENCE_MAX: Final = 40
_MINUS: Final = "\N{MINUS SIGN}\N{EN DASH}\N{NON-BREAKING HYPHEN}"
_NOISE: Final = re.compile(r"[\s\u00a0\u202f£']|GBP", re.IGNORECASE)
_GROUPED: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d+(?:\.\d{1,2})?", re.ASCII)
_REFERENCE: Final = re.compile(r"[\w ./#:+-]+", re.ASCII)
_NUMBERS: Final = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{2}|\d{4})", re.ASCII)
_NAMED: Final = ("%d-%b-%y", "%d-%b-%Y", "%d-%B-%Y", "%d-%B-%y")


class Order(StrEnum):
    """Which of two small numbers comes first in a day such as 03/04/2012."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


class Sign(StrEnum):
    """What a file writes before money that went out."""

    PLUS = "plus"
    MINUS = "minus"


def read_amount(text: str) -> int:
    """Return minor units of ``1,234.50``, ``£ 12``, ``(3.00)`` or ``3.00-``: brackets are minus.

    Raises:
        Invalid: it is no amount with at most two decimals, or it is too large.
    """
    plain = text.strip().translate(dict.fromkeys(map(ord, _MINUS), "-"))
    plain = _NOISE.sub("", plain)
    negative = False
    if plain.startswith("(") and plain.endswith(")"):
        negative, plain = True, plain[1:-1]
    if plain.endswith(("CR", "cr")):
        negative, plain = not negative, plain[:-2]
    plain = plain.removesuffix("DR").removesuffix("dr")
    for end in (plain[:1], plain[-1:]):
        if end == "-":
            negative = not negative
            plain = plain.removeprefix("-") if plain.startswith("-") else plain.removesuffix("-")
            break
    if not _GROUPED.fullmatch(plain):
        raise Invalid("this is no amount: write it like 1234.56, a payment back like -1234.56")
    major, _, pence = plain.replace(",", "").partition(".")
    if len(major) > 16:  # noqa: PLR2004  (before a very long number is made of it)
        raise Invalid("this is more than this ledger can hold")
    minor = int(major) * 100 + int(pence.ljust(2, "0") or 0)
    if minor > MINOR_MAX:
        raise Invalid("this is more than this ledger can hold")
    return -minor if negative else minor


@lru_cache(maxsize=4096)
def read_day(text: str, order: Order) -> date:
    """Return the day of ``2011-04-01``, ``1/4/2011``, ``01-Apr-11`` or a moment on it.

    Raises:
        Invalid: there is no such day, or it is not spelled like one.
    """
    plain = text.strip().split("T")[0]
    if " " in plain and ":" in plain:  # A spreadsheet's midnight.
        plain = plain.split(" ")[0]
    found = _NUMBERS.fullmatch(plain)
    if found is None:
        return _named_month(plain)
    first, second, third = found.groups()
    if len(first) == 4:  # noqa: PLR2004  (a year)
        year, month, day = int(first), int(second), int(third)
    else:
        day, month, year = int(first), int(second), int(third)
        if order is Order.MONTH_FIRST:
            day, month = month, day
        year += 2000 if len(third) == 2 else 0  # noqa: PLR2004
    try:
        return date(year, month, day)
    except ValueError as error:
        raise Invalid("there is no such day: look at the order of day and month") from error


def _named_month(plain: str) -> date:
    dashed = re.sub(r"[\s/.,-]+", "-", plain)
    for form in _NAMED:
        try:
            return datetime.strptime(dashed, form).date()  # noqa: DTZ007  (a day has no zone)
        except ValueError:
            continue
    raise Invalid("this is no day: write it like 2011-04-01 or 01/04/2011")


def read_reference(text: str) -> str:
    """Return a payment's number.

    Raises:
        Invalid: it may be a name or free words.
        ReferencePersonal: it is a patient's number.
    """
    plain = " ".join(text.split())
    if len(plain) > REFERENCE_MAX:
        raise Invalid(f"a payment's number has at most {REFERENCE_MAX} characters")
    if not _REFERENCE.fullmatch(plain) or not any(map(str.isdigit, plain)):
        raise Invalid("this is no payment's number: letters, digits and -/.#:+ with a digit")
    check_reference(plain)
    return plain


def guess_nature(text: str) -> Nature | None:
    """Return the sort of expenditure that a category's name says; None if it says none."""
    words = " ".join(re.sub(r"[^a-z]+", " ", text.casefold()).split())
    for start, nature in _NATURES.items():
        if words.startswith(start):
            return nature
    return None


_NATURES: Final = {
    "employee": Nature.EMPLOYEES,
    "staff": Nature.EMPLOYEES,
    "premises": Nature.PREMISES,
    "transport": Nature.TRANSPORT,
    "suppl": Nature.SUPPLIES,
    "third part": Nature.THIRD_PARTY,
    "transfer": Nature.TRANSFER,
    "support": Nature.SUPPORT,
    "capital": Nature.CAPITAL,
    "income": Nature.INCOME,
}
