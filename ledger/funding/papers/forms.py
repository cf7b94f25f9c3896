"""Every form that a paper is written in."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import StringIO
from types import MappingProxyType
from typing import Final

from audit import encode
from ledger.core.spreadsheets import harmless
from ledger.funding.papers import xlsx
from ledger.funding.papers.paper import Paper, Sort, plain


@dataclass(frozen=True, slots=True)
class Form:
    """A way to write a paper."""

    ending: str
    words: str
    media_type: str
    write: Callable[[Paper], bytes]


def to_json(paper: Paper) -> bytes:
    """Return a paper as canonical JSON (RFC 8785), amounts in minor units."""
    return encode(
        {
            "paper": paper.name,
            "title": paper.title,
            "currency": paper.currency,
            "demonstration": paper.demonstration,
            "facts": dict(paper.facts),
            "steps": list(paper.steps),
            "sections": [
                {
                    "name": section.name,
                    "heading": section.heading,
                    "note": section.note,
                    "columns": [
                        {"name": one.name, "words": one.words, "sort": str(one.sort)}
                        for one in section.columns
                    ],
                    "rows": [
                        {
                            "figure": row.figure,
                            "of": None if row.of is None else str(row.of),
                            "cells": [
                                cell if cell is None or isinstance(cell, int) else str(cell)
                                for cell in row.cells
                            ],
                        }
                        for row in section.rows
                    ],
                }
                for section in paper.sections
            ],
        }
    )


def to_csv(paper: Paper) -> bytes:
    """Return a paper as CSV (RFC 4180): each section with its head, then the facts.

    No word is a formula to a spreadsheet: what could be one begins with an apostrophe.
    """
    buffer = StringIO()
    writer = csv.writer(buffer)
    for section in paper.sections:
        if len(paper.sections) > 1:
            writer.writerow([harmless(section.heading)])
        writer.writerow([harmless(one.words) for one in section.columns])
        for row in section.rows:
            writer.writerow(
                [
                    harmless(plain(cell, column.sort))
                    if column.sort is Sort.TEXT
                    else plain(cell, column.sort)
                    for cell, column in zip(row.cells, section.columns, strict=True)
                ]
            )
        writer.writerow([])
    for name, value in paper.about:
        writer.writerow([name, harmless(value)])
    return buffer.getvalue().encode()


def to_pdf(paper: Paper) -> bytes:
    """Return a paper as PDF."""
    from ledger.funding.papers import pdf  # noqa: PLC0415  (reportlab: not at every start)

    return pdf.to_pdf(paper)


FORMS: Final[Mapping[str, Form]] = MappingProxyType(
    {
        one.ending: one
        for one in (
            Form("pdf", "PDF, to print and to keep", "application/pdf", to_pdf),
            Form(
                "xlsx",
                "XLSX, for a spreadsheet",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                xlsx.to_xlsx,
            ),
            Form("csv", "CSV, for a spreadsheet or a program", "text/csv; charset=utf-8", to_csv),
            Form("json", "JSON, for a program", "application/json", to_json),
        )
    }
)
"""The forms, by the ending of their files."""


def write(paper: Paper, ending: str) -> bytes:
    """Return a paper in a form of `FORMS`."""
    return FORMS[ending].write(paper)
