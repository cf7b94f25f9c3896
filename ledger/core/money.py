"""Amounts of money in words. Inside, an amount is an integer of minor units, always."""

import re
from typing import Final

from ledger.core.errors import Invalid

_SIGNS: Final = {"GBP": "£", "EUR": "€", "USD": "$"}
_AMOUNT: Final = re.compile(r"(-?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{2}))?$", re.ASCII)
MINUS: Final = "\N{MINUS SIGN}"
"""As in good type: as wide as a plus, and never a line break."""
MINOR_MAX: Final = 2**53 - 1
"""The largest amount: beyond this, JSON readers disagree (RFC 8785 section 3.2.2.3)."""


def format_minor(amount_minor: int, currency: str = "GBP") -> str:
    """Return an amount as people write it: ``£1,234.56``, ``CHF 12.00``; `MINUS` before a debt."""
    sign = MINUS if amount_minor < 0 else ""
    major, minor = divmod(abs(amount_minor), 100)
    unit = _SIGNS.get(currency, f"{currency} ")
    return f"{sign}{unit}{major:,}.{minor:02}"


def decimal_minor(amount_minor: int) -> str:
    """Return an amount as a file has it: ``1234.56``, ``-0.05``."""
    sign = "-" if amount_minor < 0 else ""
    major, minor = divmod(abs(amount_minor), 100)
    return f"{sign}{major}.{minor:02}"


def parse_minor(text: str) -> int:
    """Return the minor units of ``1234.56``, ``£1,234.56`` or ``-12``.

    Raises:
        Invalid: it is no amount with none or two decimals, or it is too large.
    """
    found = _AMOUNT.fullmatch(text.strip().replace("£", "", 1))
    if not found:
        raise Invalid(f"{text[:40]!r} is no amount: write it like 1234.56")
    sign, major, minor = found.groups()
    amount_minor = int(major.replace(",", "")) * 100 + int(minor or 0)
    if amount_minor > MINOR_MAX:
        raise Invalid(f"{text[:40]!r} is more than this ledger can hold")
    return -amount_minor if sign else amount_minor
