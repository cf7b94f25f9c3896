"""A payments file as it comes: its letters, its separator, its headings, row by row.

It is read as a stream: a file of a million rows takes no more memory than one of ten. What is
decided first (encoding, separator, where the headings are) is decided by its beginning.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from ledger.core.errors import Invalid
from ledger.core.spreadsheets import rows_of

CONTENT_MAX: Final = 16 * 1024 * 1024
"""Bytes of a file."""
ROWS_MAX: Final = 200_000
_LINE_MAX: Final = 64 * 1024
_CELL_MAX: Final = 2_000
_COLUMNS_MAX: Final = 60
_HEADINGS_WITHIN: Final = 20
_DELIMITERS: Final = ",;\t|"


class UnreadablePayments(Invalid):
    """The file as a whole is no table of payments."""

    slug = "unreadable-payments"
    title = "This file cannot be read as a table of payments"


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """The bytes of a file, and how they are to be read.

    Attributes:
        headings: The cells of the first line that names columns.
        heading_line: Its line; lines are counted from 1, as an editor does.
    """

    content: bytes
    encoding: str
    delimiter: str
    headings: tuple[str, ...]
    heading_line: int

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (line, cells) of each row below the headings that is not empty.

        Raises:
            UnreadablePayments: a quotation mark is never closed, a line or a cell is far too
                long, or there are too many rows.
        """
        count = 0
        for line, cells in _cells(self.content, self.encoding, self.delimiter):
            if line <= self.heading_line:
                continue
            count += 1
            if count > ROWS_MAX:
                raise UnreadablePayments(f"it has more than {ROWS_MAX:,} rows: split it")
            yield line, cells

    def sample(self, count: int) -> list[tuple[int, list[str]]]:
        """Return the first *count* rows."""
        return list(islice(self.rows(), count))


def open_file(content: bytes) -> PaymentFile:
    """Look at the beginning of a file. Raises `UnreadablePayments`."""
    if len(content) > CONTENT_MAX:
        raise UnreadablePayments(f"it has more than {CONTENT_MAX >> 20} MB: split it")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\x00" in content:
        raise UnreadablePayments("it is no text: save the sheet as CSV and choose that file")
    else:
        encoding = "utf-8-sig" if _is_utf8(content) else "cp1252"
    first = content[:_LINE_MAX].decode(encoding, "replace").lstrip("\r\n ")
    if not first.strip(" \t\r\n,;\"'"):
        raise UnreadablePayments("it is empty")
    beginning = first.splitlines()[:_HEADINGS_WITHIN]
    delimiter = max(_DELIMITERS, key=lambda one: max(line.count(one) for line in beginning))
    found = list(islice(_cells(content, encoding, delimiter), _HEADINGS_WITHIN))
    widest = max((_named(cells) for _, cells in found), default=0)
    if widest < 2:  # noqa: PLR2004  (a day and an amount)
        raise UnreadablePayments("it has no line of headings with at least a day and an amount")
    for line, cells in found:
        # A title above the table names one thing; the headings name nearly as many as any row.
        if _named(cells) * 10 >= widest * 7:
            return PaymentFile(content, encoding, delimiter, tuple(map(str.strip, cells)), line)
    raise UnreadablePayments("it has no line of headings")


def _named(cells: Sequence[str]) -> int:
    return sum(1 for cell in cells if cell.strip())


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return True


def _cells(content: bytes, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    stream = io.TextIOWrapper(io.BytesIO(content), encoding, errors="replace", newline="")
    reader: Any = csv.reader(_lines(stream), delimiter=delimiter, strict=True)
    yield from rows_of(reader, UnreadablePayments, columns_max=_COLUMNS_MAX, letters_max=_CELL_MAX)


def _lines(stream: io.TextIOWrapper) -> Iterator[str]:
    """Yield lines, each within bounds: one line of ten million letters is no table."""
    number = 0
    while line := stream.readline(_LINE_MAX + 1):
        number += 1
        if len(line) > _LINE_MAX:
            raise UnreadablePayments(f"line {number} has more than {_LINE_MAX:,} letters")
        if "\x00" in line:
            raise UnreadablePayments(f"line {number} holds the NUL character")
        yield line
