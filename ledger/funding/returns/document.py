"""A return as bytes: a pure function of what it was told as of a size of the log.

The canonical JSON is what is signed: its SHA-256 is the digest of the return. The CSV has a
line a cell, with the same values.
"""

import csv
from hashlib import sha256
from io import StringIO
from typing import Final

from audit.canonical import encode
from ledger.core.money import decimal_minor
from ledger.core.spreadsheets import harmless
from ledger.funding.returns.queries import ReturnView
from ledger.funding.returns.rules.forms import form
from ledger.funding.returns.rules.sheet import Cell
from ledger.funding.returns.rules.values import ValueKind
from ledger.funding.returns.sources import Told

FORMAT: Final = "care-ledger-return-1"
CSV_HEAD: Final = ("section", "row", "cell", "title", "kind", "value", "state", "reason")


def as_json(one: ReturnView, told: Told) -> bytes:
    """Return the canonical bytes of a return: what is signed."""
    return encode(
        {
            "format": FORMAT,
            "form": one.form,
            "form_version": one.form_version,
            "return_id": str(one.id),
            "version": one.version,
            "replaces": str(one.replaces) if one.replaces else None,
            "pool_id": str(told.pool.id),
            "pool": told.pool.title,
            "currency": told.pool.currency,
            "kind": one.kind,
            "number": one.number,
            "year_first_day": one.year_first_day.isoformat(),
            "first_day": one.first_day.isoformat(),
            "last_day": one.last_day.isoformat(),
            "log_size": told.size,
            "complete": told.sheet.complete,
            "cells": [
                {
                    "id": cell.id,
                    "row": cell.row_title,
                    "title": cell.form.title,
                    "kind": cell.form.kind,
                    "value": cell.value,
                    "state": cell.colour,
                }
                for cell in told.sheet.cells
            ],
            "checks": [
                {"id": check.id, "title": check.form.title, "state": check.colour}
                for check in told.sheet.checks
            ],
        }
    )


def digest(body: bytes) -> str:
    """Return by what a return is known: SHA-256 of its canonical bytes, in hex."""
    return sha256(body).hexdigest()


def as_csv(one: ReturnView, told: Told) -> bytes:
    """Return a return as CSV (RFC 4180), UTF-8, a line a cell. Money has two decimals."""
    sections = {each.key: each.title for each in form(one.form, one.form_version).sections}
    text = StringIO(newline="")
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(CSV_HEAD)
    for cell in told.sheet.cells:
        said = (sections[cell.section], cell.row_title, cell.id, cell.form.title)
        lines.writerow(
            [
                *map(harmless, said),
                cell.form.kind,
                plain(cell) if cell.form.kind is ValueKind.MONEY else harmless(plain(cell)),
                cell.colour,
                cell.reason,
            ]
        )
    return text.getvalue().encode()


def plain(cell: Cell) -> str:
    """Return a cell's value as a file has it: money with a point, nothing as nothing."""
    if cell.value is None:
        return ""
    return decimal_minor(int(cell.value)) if cell.form.kind is ValueKind.MONEY else cell.value
