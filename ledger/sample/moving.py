"""Files that travel with the sample say 2026; what is told happens in the sample's own year."""

from datetime import date
from typing import Final

from ledger.sample.scene import DATA

_WRITTEN_IN: Final = 2026
ENCODING: Final = "cp1252"
"""As a spreadsheet on an office computer writes it."""


def lines_until(name: str, start: date, today: date) -> bytes:
    """Return a data file moved to the year that begins at *start*, without days to come.

    A line that begins with a day, ``05/04/2026``, is left out if the day is after *today*.
    """
    text = (DATA / name).read_bytes().decode(ENCODING).replace(str(_WRITTEN_IN), str(start.year))
    kept = (line for line in text.splitlines(keepends=True) if not _after(line, today))
    return "".join(kept).encode(ENCODING)


def _after(line: str, today: date) -> bool:
    day, month, year = line[:2], line[3:5], line[6:10]
    if not (line[2:3] == "/" and (day + month + year).isdecimal()):
        return False
    return date(int(year), int(month), int(day)) > today
