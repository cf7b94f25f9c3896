"""Files of what patients said on paper, by phone or to somebody: columns, and what is in a row."""

import re
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final
from uuid import UUID

from ledger.consent.rules.choices import Source
from ledger.consent.rules.model import Effect
from ledger.core.errors import Invalid
from ledger.directory.rules import nhs_number, organisations
from ledger.directory.rules.imports import day
from ledger.directory.rules.tables import Column, Row, Table, read_table
from ledger.vocabulary import purposes
from ledger.vocabulary.categories import Category

ROWS_MAX: Final = 50_000
_ANSWERS: Final = {"yes": Effect.PERMIT, "y": Effect.PERMIT, "no": Effect.DENY, "n": Effect.DENY}
_SOURCES: Final = (Source.PAPER, Source.PHONE, Source.SPOKEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One good row.

    Attributes:
        line: Where it begins in the file.
        organisations: The ODS codes of who gets it; for a no, who does not, and none is: nobody.
        decided_on: Taken as the beginning of that day: whatever was said on it is later.
    """

    line: int
    nhs_number: str
    effect: Effect
    agreement_id: UUID | None
    purposes: frozenset[str]
    categories: frozenset[Category]
    organisations: frozenset[str]
    decided_on: date
    source: Source
    last_day: date | None


def read_forms(content: bytes, *, today: date, demonstration: bool) -> Table:
    """Read what patients said. Raises `UnreadableTable`."""
    columns = (
        Column(
            name="NHS number",
            also=("NHS no", "nhs", "patient NHS number", "patient number", "patient"),
            read=partial(_number, demonstration=demonstration),
        ),
        Column(name="answer", also=("yes or no", "says", "consent"), read=_answer),
        Column(name="agreement", also=("agreement id",), read=_id, required=False),
        Column(name="purposes", also=("purpose",), read=_purposes),
        Column(name="categories", also=("category", "data"), read=_categories, required=False),
        Column(
            name="organisations",
            also=("organisation", "ODS code", "ODS codes"),
            read=_codes,
            required=False,
        ),
        Column(name="decided on", also=("decided", "signed on"), read=partial(_past, today=today)),
        Column(name="source", also=("how",), read=_source),
        Column(name="until", also=("last day", "to"), read=day, required=False),
    )
    return read_table(content, columns, rows_max=ROWS_MAX, faults_max=ROWS_MAX)


def form_of(row: Row) -> Form:
    """Return what a good row says."""
    given = row.values
    return Form(
        line=row.line,
        nhs_number=given["NHS number"],
        effect=given["answer"],
        agreement_id=given["agreement"],
        purposes=given["purposes"],
        categories=given["categories"] or frozenset(),
        organisations=given["organisations"] or frozenset(),
        decided_on=given["decided on"],
        source=given["source"],
        last_day=given["until"],
    )


def _number(text: str, *, demonstration: bool) -> str:
    number = nhs_number.parse(text)
    nhs_number.check_range(number, demonstration=demonstration)
    return number


def _answer(text: str) -> Effect:
    found = _ANSWERS.get(text.casefold())
    if found is None:
        raise Invalid("write yes or no")
    return found


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid("write the id of the agreement, as its page and the API give it") from error


def _listed(text: str) -> list[str]:
    return [one for one in re.split(r"[\s;,|]+", text) if one]


def _purposes(text: str) -> frozenset[str]:
    codes = frozenset(_listed(text))
    if not all(map(purposes.is_known, codes)):
        raise Invalid("one of these is not a purpose we know: write codes such as TREAT")
    return codes


def _categories(text: str) -> frozenset[Category]:
    try:
        return frozenset(map(Category, _listed(text.casefold())))
    except ValueError as error:
        raise Invalid(f"one of these is no category; choose from {', '.join(Category)}") from error


def _codes(text: str) -> frozenset[str]:
    return frozenset(map(organisations.ods_code, _listed(text)))


def _source(text: str) -> Source:
    if text.casefold() not in set(_SOURCES):
        raise Invalid(f"write {', '.join(_SOURCES[:-1])} or {_SOURCES[-1]}")
    return Source(text.casefold())


def _past(text: str, *, today: date) -> date:
    found = day(text)
    if found > today:
        raise Invalid("it must not be in the future")
    return found
