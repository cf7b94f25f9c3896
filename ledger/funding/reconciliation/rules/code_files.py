"""A list of codes as CSV: account, whose, nature, capital, nominal code, cost centre."""

import csv
import io
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from ledger.core.errors import Fault, Invalid
from ledger.funding.imports.rules.files import open_file
from ledger.funding.reconciliation.rules.code_maps import MAPPED_MAX, Coded, CodesRefused
from ledger.funding.reconciliation.rules.findings import folded
from ledger.funding.rules.chart import Book, Head
from ledger.funding.rules.postings import Nature

COLUMNS: Final = ("Account", "Whose", "Nature", "Capital", "Nominal code", "Cost centre")
_CAPITAL: Final[Mapping[str, bool | None]] = {"": None, "no": False, "yes": True}
_HEADS: Final = {folded(one): one for one in Head if one.book is Book.FINANCIAL}


def read_codes(content: bytes, names: Mapping[str, UUID]) -> tuple[Coded, ...]:
    """Return the lines of a list of codes.

    Args:
        content: The CSV file.
        names: Whoever has an account, by folded name.

    Raises:
        CodesRefused: it is no such file, or some lines are wrong; the faults name them.
    """
    try:
        file = open_file(content)
        rows = list(file.rows())
    except Invalid as error:
        raise CodesRefused(error.detail) from error
    if [folded(one) for one in file.headings[: len(COLUMNS)]] != [folded(one) for one in COLUMNS]:
        raise CodesRefused(f"its headings are: {', '.join(COLUMNS)}")
    if len(rows) > MAPPED_MAX:
        raise CodesRefused(f"give between 1 and {MAPPED_MAX:,} lines")
    lines, faults = [], []
    for number, cells in rows:
        try:
            lines.append(_line([*map(str.strip, cells), *[""] * len(COLUMNS)], names))
        except Invalid as error:
            faults.append(Fault(f"line {number}", error.detail))
    if faults:
        raise CodesRefused(f"{len(faults):,} of {len(rows):,} lines are not right", faults)
    return tuple(lines)


def write_codes(lines: tuple[Coded, ...], names: Mapping[UUID, str]) -> bytes:
    """Return a list of codes as the CSV file that `read_codes` reads."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    capital = {value: text for text, value in _CAPITAL.items()}
    for one in lines:
        whose = names.get(one.of, str(one.of)) if one.of else ""
        writer.writerow(
            [one.head, whose, one.nature or "", capital[one.capital], one.nominal, one.cost_centre]
        )
    return out.getvalue().encode()


def _line(cells: list[str], names: Mapping[str, UUID]) -> Coded:
    account, whose, nature, capital, nominal, cost_centre = cells[: len(COLUMNS)]
    head = _HEADS.get(folded(account))
    if head is None:
        raise Invalid(f"account: write one of {', '.join(_HEADS.values())}")
    if whose and folded(whose) not in names:
        raise Invalid("whose: name a partner, provider or scheme of this pool")
    if nature and nature not in set(Nature):
        raise Invalid(f"nature: write one of {', '.join(Nature)}, or nothing")
    if capital.casefold() not in _CAPITAL:
        raise Invalid("capital: write yes, no or nothing")
    return Coded(
        head=head,
        of=names[folded(whose)] if whose else None,
        nature=Nature(nature) if nature else None,
        capital=_CAPITAL[capital.casefold()],
        nominal=nominal,
        cost_centre=cost_centre,
    )
