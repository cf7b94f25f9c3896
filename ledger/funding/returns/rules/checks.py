"""Whether a return is complete: each cell and check is green, red with a reason, or not asked.

Pure: the same form, rows, figures and answers give the same sheet. A return is incomplete as
long as one thing on it is red, and what is not there is red wherever it is asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from ledger.core.money import format_minor
from ledger.funding.returns.rules.forms import CellForm, CheckForm, Form, SectionForm, When
from ledger.funding.returns.rules.sheet import Cell, Check, Colour, Given, Rows, Sheet
from ledger.funding.returns.rules.values import NUMBERS, ValueKind, number

_HOLDS: Final = {
    "=": lambda left, right: left == right,
    ">=": lambda left, right: left >= right,
    "<=": lambda left, right: left <= right,
}
RELATION_WORDS: Final = {"=": "is not the same as", ">=": "is less than", "<=": "is more than"}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a cell stands."""

    section: SectionForm
    row: str
    title: str
    form: CellForm

    @property
    def id(self) -> str:
        return "/".join(part for part in (self.section.key, self.row, self.form.key) if part)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What checks compare: the values that count, of which kind each cell is, which are asked."""

    values: Mapping[str, str]
    kinds: Mapping[str, ValueKind]
    asked: frozenset[str]
    before: Mapping[str, str]


def sheet(form: Form, given: Given) -> Sheet:
    """Return every cell and check of a return, judged."""
    places = [
        _Place(section, row, title, cell)
        for section in form.sections
        for row, title in (given.rows.get(section.each, ()) if section.each else [("", "")])
        for cell in section.cells
    ]
    found = {place.id: _value(place, given) for place in places}
    values = {key: value for key, value in found.items() if value is not None}
    cells = tuple(_cell(place, values, given) for place in places)
    asked = frozenset(one.id for one in cells if one.colour is not Colour.NOT_ASKED)
    optional = {one.id for one in cells if one.form.optional}
    facts = _Facts(
        {key: value for key, value in values.items() if key in asked | optional},
        {one.id: one.form.kind for one in cells},
        asked,
        given.before,
    )
    checks = tuple(
        _check(one, row, title, facts)
        for one in form.checks
        for row, title in _rows_of(form, one, given.rows)
    )
    return Sheet(cells=cells, checks=checks)


def _rows_of(form: Form, check: CheckForm, rows: Rows) -> Sequence[tuple[str, str]]:
    if check.each is None:
        return [("", "")]
    (section,) = (one for one in form.sections if one.key == check.each)
    return rows.get(section.each or "", ())


def _value(place: _Place, given: Given) -> str | None:
    cell = place.form
    if cell.source == "postings":
        of = place.section.each or ""
        return str(given.figures.get((of, place.row, cell.measure), 0))
    if cell.source == "carried":
        return given.answers.get(place.id, given.before.get(place.id))
    return given.answers.get(place.id)


def _cell(place: _Place, values: Mapping[str, str], given: Given) -> Cell:
    key, form = place.id, place.form
    value = values.get(key)
    colour, reason = _judged(form, value, values, given)
    return Cell(
        id=key,
        section=place.section.key,
        row=place.row,
        row_title=place.title,
        form=form,
        value=value,
        carried=form.source == "carried" and value is not None and key not in given.answers,
        colour=colour,
        reason=reason,
    )


def _judged(
    form: CellForm, value: str | None, values: Mapping[str, str], given: Given
) -> tuple[Colour, str]:
    if not _asked(form, given) or (form.when and not _says(form.when, values)):
        return Colour.NOT_ASKED, ""
    if value is None:
        return (
            (Colour.NOT_ASKED, "") if form.optional else (Colour.RED, "Nobody has answered it yet")
        )
    if form.kind is ValueKind.WORDS and len(value) < form.shortest:
        return Colour.RED, f"Write at least {form.shortest} letters"
    return Colour.GREEN, ""


def _asked(form: CellForm, given: Given) -> bool:
    only = form.only
    return only is None or only == given.kind or (only == "amended" and given.amended)


def _says(when: When, values: Mapping[str, str]) -> bool:
    said = values.get(when.cell)
    if when.is_ is not None:
        return said == when.is_
    return said is not None and said != when.is_not


def _check(form: CheckForm, row: str, title: str, facts: _Facts) -> Check:
    left = _named(form.left, row, facts.kinds)
    right = _named(form.before or form.right, row, facts.kinds)
    colour, reason = _compared(form, left, right, facts)
    return Check(
        id=f"{form.key}/{row}" if row else form.key,
        form=form,
        row_title=title,
        cells=tuple(left),
        colour=colour,
        reason=reason,
    )


def _compared(
    form: CheckForm, left: Sequence[str], right: Sequence[str], facts: _Facts
) -> tuple[Colour, str]:
    there = facts.before if form.before else facts.values
    if not set(left) <= facts.asked or (form.before and not facts.before):
        return Colour.NOT_ASKED, ""
    needed = [*left, *([] if form.before else right)]
    if any(one not in facts.values for one in needed):
        return Colour.RED, "It waits for a cell that nobody has answered"
    sums = [_sum(left, facts.values, facts.kinds), _sum(right, there, facts.kinds)]
    if _HOLDS[form.relation](*sums) or (form.unless and form.unless in facts.values):
        return Colour.GREEN, ""
    money = all(facts.kinds[one] is ValueKind.MONEY for one in left)
    said = [format_minor(int(one)) if money else str(one) for one in sums]
    return Colour.RED, f"{said[0]} {RELATION_WORDS[form.relation]} {said[1]}"


def _named(patterns: Sequence[str], row: str, kinds: Mapping[str, ValueKind]) -> list[str]:
    """Return the cells that patterns name: of one row, or of all."""
    found: list[str] = []
    for pattern in patterns:
        head, star, tail = pattern.partition("/*/")
        if not star:
            found.append(pattern)
        elif row:
            found.append(f"{head}/{row}/{tail}")
        else:
            found += [
                one for one in kinds if one.startswith(f"{head}/") and one.endswith(f"/{tail}")
            ]
    return found


def _sum(
    cells: Sequence[str], values: Mapping[str, str], kinds: Mapping[str, ValueKind]
) -> Fraction:
    return sum(
        (
            number(kinds[one], values[one])
            for one in cells
            if one in values and kinds[one] in NUMBERS
        ),
        Fraction(0),
    )
