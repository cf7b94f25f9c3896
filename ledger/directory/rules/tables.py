"""A CSV file from outside, read within bounds: which column is what, and what is in each row.

Nothing of a cell is ever repeated in an error: the line and the column say where to look,
and what is in the file may be personal.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ledger.core.errors import Fault, Invalid
from ledger.core.spreadsheets import rows_of

FAULTS_MAX: Final = 200
"""More faults than that are counted and not listed."""

CONTENT_MAX: Final = 4 * 1024 * 1024
"""Bytes of a file."""

_COLUMNS_MAX: Final = 100
_CELL_MAX: Final = 1000
_DELIMITERS: Final = ",;\t"


class UnreadableTable(Invalid):
    """The file as a whole is not a table that can be read."""

    slug = "unreadable-table"
    title = "This file cannot be read as a table"


class RowsRefused(Invalid):
    """Some rows are wrong, so none was imported. The faults name line and column."""

    slug = "rows-refused"
    title = "Some rows are not right, so nothing was imported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One thing to be read from each row.

    Attributes:
        name: What it is called, to people: the first heading by which it is found.
        also: Other headings for the same thing.
        read: From the text of a cell to a value; raises `Invalid`.
        required: Whether each row must have it.
    """

    name: str
    read: Callable[[str], Any]
    also: tuple[str, ...] = ()
    required: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One good row: its line in the file, and its values by the names of the columns."""

    line: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a file holds: the good rows, and the faults of the others.

    Attributes:
        matched: Heading in the file, by the name of the column it was taken for.
        ignored: Headings that nothing was asked of. What is under them is not kept.
        fault_count: All faults, of which *faults* lists the first `FAULTS_MAX`.
    """

    matched: Mapping[str, str]
    ignored: tuple[str, ...]
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]
    fault_count: int

    def insist(self) -> tuple[Row, ...]:
        """Return the rows. Raises `RowsRefused` if there is one fault: all or nothing."""
        if self.fault_count:
            raise RowsRefused(_counted(self.fault_count), self.faults)
        return self.rows


@dataclass(slots=True)
class Faults:
    """Faults as they are found: all counted, the first ones kept."""

    kept: list[Fault] = field(default_factory=list)
    count: int = 0
    kept_max: int = FAULTS_MAX

    def add(self, line: int, column: str, detail: str) -> None:
        """Add one, saying where it is."""
        self.count += 1
        if len(self.kept) < self.kept_max:
            where = f"line {line}, {column}" if column else f"line {line}"
            self.kept.append(Fault(where, detail))

    def refuse(self) -> None:
        """Raise `RowsRefused` if there is any."""
        if self.count:
            raise RowsRefused(_counted(self.count), self.kept)


def read_table(
    content: bytes,
    columns: Sequence[Column],
    *,
    rows_max: int,
    unique: Sequence[str] = (),
    faults_max: int = FAULTS_MAX,
) -> Table:
    """Return what a CSV file says of *columns*.

    The file is in UTF-8, with commas, semicolons or tabs, and a line of headings. In the
    columns named by *unique* no value may come twice. Of the faults *faults_max* are listed.

    Raises:
        UnreadableTable: it is no such file, too big, or lacks a required column.
    """
    text = io.StringIO(_text(content), newline="")
    reader = csv.reader(text, delimiter=_delimiter(content), strict=True)
    lines = rows_of(reader, UnreadableTable, columns_max=_COLUMNS_MAX, letters_max=_CELL_MAX)
    _, headings = next(lines)  # `_text` refuses a file without one.
    places = _places(headings, columns)
    rows: list[Row] = []
    faults = Faults(kept_max=faults_max)
    seen: dict[tuple[str, Any], int] = {}
    for count, (line, cells) in enumerate(lines, start=1):
        if count > rows_max:
            raise UnreadableTable(
                f"it has more than {rows_max:,} rows: split it into smaller files"
            )
        before = faults.count
        if len(cells) > len(headings):
            faults.add(line, "", "it has more cells than there are headings")
            continue
        values = _values(line, cells, columns, places, faults)
        for name in unique:
            value = values.get(name)
            if value is not None and (first := seen.setdefault((name, value), line)) != line:
                faults.add(line, name, f"it is the same as on line {first}")
        if faults.count == before:
            rows.append(Row(line, values))
    if not rows and not faults.count:
        raise UnreadableTable("it has headings and no rows")
    matched = {
        column.name: headings[places[column.name]] for column in columns if column.name in places
    }
    taken = set(places.values())
    ignored = tuple(h for place, h in enumerate(headings) if place not in taken and h.strip())
    return Table(
        matched=matched,
        ignored=ignored,
        rows=tuple(rows),
        faults=tuple(faults.kept),
        fault_count=faults.count,
    )


def _text(content: bytes) -> str:
    if len(content) > CONTENT_MAX:
        raise UnreadableTable("it has more than 4 MiB: split it into smaller files")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableTable(
            "it is not in UTF-8: save it again from the spreadsheet as 'CSV UTF-8'"
        ) from error
    if "\x00" in text:
        raise UnreadableTable("it is not a text file: save the sheet as CSV and choose that file")
    if not text.strip(" \t\r\n,;\"'"):
        raise UnreadableTable("it is empty")
    return text


def _delimiter(content: bytes) -> str:
    """Return the separator that the first line has most of; a comma if it has none."""
    first = content.split(b"\n", 1)[0].decode(errors="replace")
    return max(_DELIMITERS, key=first.count)


def _places(headings: Sequence[str], columns: Sequence[Column]) -> dict[str, int]:
    """Return which cell each column is in."""
    wanted = {_plain(each): column for column in columns for each in (column.name, *column.also)}
    places: dict[str, int] = {}
    for place, heading in enumerate(headings):
        column = wanted.get(_plain(heading))
        if column is None:
            continue
        if column.name in places:
            raise UnreadableTable(f"it has two columns for {column.name}: leave one of them")
        places[column.name] = place
    missing = [column.name for column in columns if column.required and column.name not in places]
    if missing:
        raise UnreadableTable(
            f"it has no column {' and no column '.join(missing)}: put headings in the first line"
        )
    return places


def _values(
    line: int,
    cells: Sequence[str],
    columns: Sequence[Column],
    places: Mapping[str, int],
    faults: Faults,
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column in columns:
        place = places.get(column.name)
        text = cells[place].strip() if place is not None and place < len(cells) else ""
        values[column.name] = None
        if text:
            try:
                values[column.name] = column.read(text)
            except Invalid as error:
                faults.add(line, column.name, error.detail)
        elif column.required:
            faults.add(line, column.name, "it is missing")
    return values


def _plain(heading: str) -> str:
    """Return a heading so that NHS_Number, "nhs number" and NhsNumber are the same."""
    return "".join(character for character in heading.casefold() if character.isalnum())


def _counted(count: int) -> str:
    return "one row is not right" if count == 1 else f"{count:,} things are not right"
