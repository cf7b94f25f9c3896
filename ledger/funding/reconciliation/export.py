"""The list of what does not match, as CSV and XLSX: the same bytes for the same result."""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import xlsxwriter

from ledger.core.money import decimal_minor
from ledger.core.spreadsheets import harmless
from ledger.funding.reconciliation.queries import ReconciliationView, Result

COLUMNS: Final = (
    "finding", "reason", "side", "day", "amount", "reference", "nominal", "cost centre",
    "line of file", "transaction", "beyond budget", "explanation", "seen to by", "due",
)  # fmt: skip
_CREATED: Final = datetime(2020, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def as_csv(found: Result, names: Mapping[UUID, str]) -> bytes:
    """Return each line that is in no match, with the reason and what was said of it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in _rows(found, names):
        writer.writerow([_plain(name, text) for name, text in zip(COLUMNS, row, strict=True)])
    return out.getvalue().encode()


def as_xlsx(found: Result, names: Mapping[UUID, str], one: ReconciliationView) -> bytes:
    """Return the same as a workbook, with the proof on a second sheet."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties({"created": _CREATED})
    sheet = book.add_worksheet("Does not match")
    for number, row in enumerate((COLUMNS, *_rows(found, names))):
        sheet.write_row(number, 0, row)
    proof = book.add_worksheet("Proof")
    for number, (words, amount_minor) in enumerate(
        (
            ("Theirs", found.proof.closing[0]),
            ("Ours", found.proof.closing[1]),
            ("Difference", found.proof.difference_minor),
            ("Listed: accepted with a difference", found.proof.matched_minor),
            ("Listed: suggested", found.proof.suggested_minor),
            ("Listed: no counterpart", found.proof.alone_minor),
            ("Before the first day, not listed", found.proof.opening_unexplained_minor),
        )
    ):
        proof.write_row(number, 0, (words, decimal_minor(amount_minor)))
    proof.write_row(8, 0, ("Size of the log", str(one.log_size)))
    proof.write_row(9, 0, ("SHA-256 of the result", found.digest))
    book.close()
    return out.getvalue()


def _rows(found: Result, names: Mapping[UUID, str]) -> Iterator[tuple[str, ...]]:
    for one in found.unmatched:
        said = found.explained.get(one.key)
        for side, lines in (("theirs", one.theirs), ("ours", one.ours)):
            for line in lines:
                yield (
                    one.key, one.reason, side, line.day.isoformat(),
                    decimal_minor(line.amount_minor), line.reference, line.nominal,
                    line.cost_centre, str(line.row or ""), str(line.transaction_id or ""),
                    "yes" if line.flagged else "", (said.words or "") if said else "",
                    names.get(said.owner_id, "") if said else "",
                    said.due_on.isoformat() if said else "",
                )  # fmt: skip


def _plain(name: str, text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; amounts are our own."""
    return text if name == "amount" else harmless(text)
