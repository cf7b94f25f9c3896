"""Words in files that people open in a spreadsheet."""

from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(text: str) -> str:
    """Return *text* so that no spreadsheet takes it for a formula: with an apostrophe before it.

    Only for words. An amount below zero is a number, and is written as it is.
    """
    return f"'{text}" if text.startswith(_FORMULA) else text
