"""A form of return as data: sections, cells, and what has to agree with what.

A form is a file in `ledger/funding/data/returns`, named by form and version. Files are never
edited once a return was opened by them: another wording is another version.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from ledger.core.errors import NotFound
from ledger.funding.returns.rules.values import ValueKind

NEWEST: Final = MappingProxyType({"pooled-fund": 1})
"""The version of each form by which a return is opened today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A cell is asked only if another one says so: `is_`, or anything but `is_not`."""

    cell: str
    is_: str | None = None
    is_not: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CellForm:
    """A cell, or a column of cells where its section has rows.

    Attributes:
        source: ``postings`` (computed), ``typed``, or ``carried``: from the return before, if
            there is one, and typed otherwise.
        measure: Of what is computed: which figure, see `return_figures`.
        shortest, longest: Of words, in letters.
        only: Asked in a ``quarter``, a ``year`` or an ``amended`` return alone.
        optional: May be left empty.
    """

    key: str
    title: str
    kind: ValueKind
    source: str
    measure: str = ""
    options: tuple[str, ...] = ()
    shortest: int = 1
    longest: int = 1500
    when: When | None = None
    only: str | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionForm:
    """Cells that belong together.

    Attributes:
        each: What it has a row for: source, partner, scheme, ring-fence, nature; None: no rows.
    """

    key: str
    title: str
    each: str | None
    cells: tuple[CellForm, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckForm:
    """What has to agree. A star in a cell stands for every row, or for the row it is made for.

    Attributes:
        each: The section for each of whose rows it is made; None: once, over sums.
        before: In place of `right`: the same cells in the return of the quarter before.
        unless: A cell whose words excuse it.
        mend: What to do about it.
    """

    key: str
    title: str
    each: str | None
    left: tuple[str, ...]
    relation: str
    right: tuple[str, ...]
    before: tuple[str, ...]
    unless: str | None
    mend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form of return.

    Attributes:
        due_days: After the last day it is about, by ``quarter`` and ``year``.
        remind_days_before: How long before it is due somebody is reminded.
    """

    name: str
    version: int
    title: str
    due_days: dict[str, int]
    remind_days_before: int
    sections: tuple[SectionForm, ...]
    checks: tuple[CheckForm, ...]


@cache
def form(name: str, version: int) -> Form:
    """Return a form. Raises `NotFound` if there is none of that name and version."""
    if not (name.replace("-", "").isalpha() and name.isascii() and name in NEWEST):
        raise NotFound("no such form of return")
    file = files("ledger.funding") / "data" / "returns" / f"{name}-{version}.json"
    if not file.is_file():
        raise NotFound("no such version of this form")
    said = json.loads(file.read_text(encoding="utf-8"))
    return Form(
        name=said["form"],
        version=said["version"],
        title=said["title"],
        due_days=said["due_days"],
        remind_days_before=said["remind_days_before"],
        sections=tuple(_section(one) for one in said["sections"]),
        checks=tuple(_check(one) for one in said["checks"]),
    )


def newest(name: str) -> Form:
    """Return the newest version of a form. Raises `NotFound` if there is none of that name."""
    return form(name, NEWEST.get(name, 0))


def _section(said: dict[str, Any]) -> SectionForm:
    cells = tuple(_cell(one) for one in said["cells"])
    return SectionForm(key=said["key"], title=said["title"], each=said.get("each"), cells=cells)


def _cell(said: dict[str, Any]) -> CellForm:
    when = said.get("when")
    return CellForm(
        key=said["key"],
        title=said["title"],
        kind=ValueKind(said["kind"]),
        source=said["from"],
        measure=said.get("measure", ""),
        options=tuple(said.get("options", ())),
        shortest=said.get("min", 1),
        longest=said.get("max", 1500),
        when=when and When(cell=when["cell"], is_=when.get("is"), is_not=when.get("is_not")),
        only=said.get("only"),
        optional=said.get("optional", False),
    )


def _check(said: dict[str, Any]) -> CheckForm:
    return CheckForm(
        key=said["key"],
        title=said["title"],
        each=said.get("each"),
        left=tuple(said["left"]),
        relation=said["relation"],
        right=tuple(said.get("right", ())),
        before=tuple(said.get("before", ())),
        unless=said.get("unless"),
        mend=said["mend"],
    )
