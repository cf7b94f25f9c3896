"""Entries as a table: CSV for spreadsheets, JSON Lines for programs. Streamed, never held.

A table proves nothing: whoever must be convinced takes a bundle. Each row gives the entry's
number and leaf hash, by which it can be found in one.
"""

import csv
import json
from collections.abc import Iterator
from io import StringIO
from typing import Any, Final

from sqlalchemy.orm import Session

from ledger.core import codes
from ledger.core.exports import Export, entries

COLUMNS: Final = (
    *("log", "index", "id", "at", "kind", "actor", "on_behalf_of", "org", "about"),
    *codes.NAMES,
    *("leaf", "demonstration"),
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_ROWS_AT_ONCE: Final = 200


def csv_pieces(session: Session, export: Export, *, demonstration: bool) -> Iterator[bytes]:
    """Yield the export as CSV (RFC 4180), some rows at a time, the names of columns first.

    No cell is a formula to a spreadsheet: what could be one begins with an apostrophe.
    """
    buffer = StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    mark = "sample data" if demonstration else ""
    for count, (index, body, leaf) in enumerate(entries(session, export), start=1):
        read = _parsed(body)
        about = read.get("about") or []
        row = {
            **read,
            **codes.codes_of(body),
            "log": export.tree,
            "index": index,
            "about": " ".join(map(str, about)),
            "leaf": leaf.hex(),
            "demonstration": mark,
        }
        writer.writerow([_cell(row.get(name)) for name in COLUMNS])
        if count % _ROWS_AT_ONCE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def jsonl_pieces(session: Session, export: Export, *, demonstration: bool) -> Iterator[bytes]:
    """Yield the export as JSON Lines: on each line an entry, its number and its leaf hash.

    ``entry`` is the exact bytes that were hashed, in place.
    """
    mark = b',"demonstration":true' if demonstration else b""
    held = []
    for index, body, leaf in entries(session, export):
        text = body if _parsed(body) else json.dumps(body.decode(errors="replace")).encode()
        head = f'{{"log":"{export.tree}","index":{index},"leaf":"{leaf.hex()}"'.encode()
        held.append(b"".join([head, mark, b',"entry":', text, b"}\n"]))
        if len(held) == _ROWS_AT_ONCE:
            yield b"".join(held)
            held = []
    yield b"".join(held)


def _parsed(body: bytes) -> dict[str, Any]:
    """Return an entry as the object that it is; empty if somebody damaged it."""
    try:
        read = json.loads(body)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _taken(buffer: StringIO) -> bytes:
    content = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return content
