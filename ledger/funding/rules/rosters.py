"""Rosters and need-weighted populations as they come: a CSV file, read whole or refused.

What is kept must be what was counted, and impersonal: a column that is not asked for is
refused, so that no name or number of a patient is ever kept beside the log.
"""

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from re import compile as pattern
from typing import Any, Final, NamedTuple
from uuid import UUID

from ledger.core.errors import Fault, Invalid
from ledger.directory.rules.tables import Column, Faults, Row, Table, read_table
from ledger.funding.rules.payment_models import Line

ROWS_MAX: Final = 10_000
_NUMBER: Final = pattern(r"-?\d{1,12}(\.\d{1,12})?")


class Purpose(StrEnum):
    """What evidence is the grounds of."""

    ROSTER = "roster"
    POPULATIONS = "populations"
    OUTCOME = "outcome"
    SETTLEMENT = "settlement"


class MoreThanAsked(Invalid):
    """A file with columns that are not counted."""

    slug = "evidence-has-more"
    title = "This file has columns that are not counted"


class Counted(NamedTuple):
    """People of one sort with one provider, by the provider's code."""

    members: Fraction
    rate_minor: Fraction | None
    risk_index: Fraction


Roster = Mapping[tuple[str, str], Counted]
"""By code of the provider and stratum, in the order of the file."""


def _number(text: str) -> Fraction:
    if not _NUMBER.fullmatch(text) or text.startswith("-"):
        raise Invalid("give a number of zero or more, with a full stop for decimals")
    return Fraction(text)


def _words(text: str) -> str:
    if len(text) > 100 or not text.isprintable():  # noqa: PLR2004  (as of a place's name)
        raise Invalid("give up to 100 characters on one line")
    return text


_ROSTER: Final = (
    Column(name="provider", also=("practice", "practice code", "ods code"), read=_words),
    Column(
        name="members",
        also=("patients", "registered population", "weighted population"),
        read=_number,
    ),
    Column(name="stratum", read=_words, required=False),
    Column(name="rate minor", read=_number, required=False),
    Column(name="risk index", read=_number, required=False),
)
_POPULATIONS: Final = (
    Column(name="place", also=("upper tier authority",), read=_words),
    Column(name="weighted population", also=("weight",), read=_number),
    Column(name="population", also=("registered population",), read=_number, required=False),
    Column(name="practices", read=_number, required=False),
    Column(name="icb", read=_words, required=False),
)


def read_roster(content: bytes) -> Roster:
    """Return whom a roster counts.

    Raises:
        UnreadableTable: it is no CSV file, or lacks a column.
        MoreThanAsked: it has another column.
        RowsRefused: with the line and column of each fault.
    """
    counted: dict[tuple[str, str], Counted] = {}
    faults = Faults()
    for row in _rows(content, _ROSTER):
        said = row.values
        key = (said["provider"], said["stratum"] or "all")
        if key in counted:
            faults.add(row.line, "provider", "this provider and stratum are counted before")
        index = Fraction(1) if said["risk index"] is None else said["risk index"]
        counted[key] = Counted(said["members"], said["rate minor"], index)
    faults.refuse()
    return counted


def read_populations(content: bytes) -> dict[str, Fraction]:
    """Return the need-weighted population of each place; a place in several areas is summed.

    Raises:
        UnreadableTable, MoreThanAsked, RowsRefused: as `read_roster`.
    """
    found: dict[str, Fraction] = {}
    for row in _rows(content, _POPULATIONS):
        place = row.values["place"]
        found[place] = found.get(place, Fraction(0)) + row.values["weighted population"]
    return found


def lines_of(
    roster: Roster, providers: Mapping[str, UUID], *, rate_minor: Fraction | None
) -> list[Line]:
    """Return the lines that a roster pays for.

    Args:
        roster: Whom it counts.
        providers: The pool's providers by code.
        rate_minor: For one person a month, where the roster gives no rate of its own.

    Raises:
        Invalid: a provider that is none of the pool's, or no rate; each is named.
    """
    faults = [
        Fault(f"provider {code}", "it is no provider of this pool: add it first")
        for code in dict.fromkeys(code for code, _ in roster)
        if code not in providers
    ]
    faults += [
        Fault(f"provider {code}, {stratum}", "give a rate, in the roster or for all of it")
        for (code, stratum), one in roster.items()
        if one.rate_minor is None and rate_minor is None
    ]
    if faults:
        raise Invalid(f"{len(faults):,} things are not right", faults[:200])
    return [
        Line(
            provider_id=providers[code],
            stratum=stratum,
            members=one.members,
            rate_minor=one.rate_minor if one.rate_minor is not None else rate_minor or Fraction(0),
            risk_index=one.risk_index,
        )
        for (code, stratum), one in roster.items()
    ]


def difference(before: list[Line], after: list[Line]) -> list[Line]:
    """Return the lines that make one month paid by *before* a month paid by *after*.

    A line whose price changed is taken back at the old price and paid at the new one.
    """
    was = {_priced(line): line for line in before}
    now = {_priced(line): line for line in after}
    changed = []
    for key in dict.fromkeys((*was, *now)):
        line = now.get(key) or was[key]
        less = was[key].members if key in was else Fraction(0)
        more = now[key].members if key in now else Fraction(0)
        if more != less:
            changed.append(
                Line(
                    provider_id=line.provider_id,
                    stratum=line.stratum,
                    members=more - less,
                    rate_minor=line.rate_minor,
                    risk_index=line.risk_index,
                )
            )
    return changed


def _priced(line: Line) -> tuple[Any, ...]:
    return line.provider_id, line.stratum, line.rate_minor, line.risk_index


def _rows(content: bytes, columns: tuple[Column, ...]) -> tuple[Row, ...]:
    table: Table = read_table(content, columns, rows_max=ROWS_MAX)
    if table.ignored:
        raise MoreThanAsked(
            "leave out every column but those that are counted",
            [Fault("columns", f"{len(table.ignored)} are not asked for")],
        )
    return table.insist()
