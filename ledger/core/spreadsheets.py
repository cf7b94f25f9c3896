"""Files that people open in a spreadsheet: words that go into one, rows that come from one."""

import csv
from collections.abc import Iterator
from typing import Any, Final

from ledger.core.errors import LedgerError

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(text: str) -> str:
    """Return *text* so that no spreadsheet takes it for a formula: with an apostrophe before it.

    Only for words. An amount below zero is a number, and is written as it is.
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def rows_of(
    reader: Any, refuse: type[LedgerError], *, columns_max: int, letters_max: int
) -> Iterator[tuple[int, list[str]]]:
    """Yield (line on which it begins, cells) of each row of a CSV reader that is not empty.

    Raises:
        LedgerError: as *refuse*, naming the line: a quotation mark in the wrong place, more
            than *columns_max* cells, or a cell of more than *letters_max* letters.
    """
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise refuse(
                f"the row that begins on line {line} has a quotation mark in the wrong place, "
                "or one that is never closed"
            ) from error
        if len(cells) > columns_max:
            raise refuse(f"line {line} has more than {columns_max} cells")
        if any(len(cell) > letters_max for cell in cells):
            raise refuse(f"a cell on line {line} has more than {letters_max:,} letters")
        if any(cell.strip() for cell in cells):
            yield line, cells
