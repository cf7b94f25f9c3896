"""What would be answered otherwise, as people read it: counts, bars, and a table to take away."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Final
from uuid import UUID

from ledger.access.what_if import Flip, Judged, Tally
from ledger.core.actor import Role
from ledger.core.spreadsheets import harmless
from ledger.vocabulary import categories, purposes
from ledger.vocabulary.categories import Category
from ledger.web.charts import Bar
from ledger.web.navigation import role_words

FLIPS: Final[Mapping[Flip, str]] = {
    Flip.LOST: "Yes would be no",
    Flip.GAINED: "No would be yes",
    Flip.CHANGED: "Yes, with other duties",
}
GROUPS: Final[Mapping[str, str]] = {
    "organisation": "By who asked",
    "role": "By role",
    "purpose": "By what for",
    "category": "By what they asked for",
}
_DRAWN: Final = 12
_HEAD: Final = (
    "entry", "at", "organisation", "holder", "roles", "purpose", "category",
    "was", "would_be", "reason", "flip",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What flips, by one property of the decisions; the most first.

    Attributes:
        bars: Of the most: how many would lose, upon how many flip.
    """

    name: str
    title: str
    rows: list[tuple[str, str, str, str]]
    bars: list[Bar]


def summed(tally: Tally) -> str:
    """Say in one sentence what came of it."""
    flips = sum(tally.flips.values())
    said = f"Of {tally.decisions:,} decisions, {flips:,} would be answered otherwise"
    if tally.unjudged:
        said += f"; {tally.unjudged:,} could not be judged, because what they knew is gone"
    return said + "."


def groups(tally: Tally, names: Mapping[UUID, str]) -> list[Group]:
    """Return what flips by each property, where anything does."""
    return [group for name in GROUPS if (group := _group(name, tally, names)).rows]


def _group(name: str, tally: Tally, names: Mapping[UUID, str]) -> Group:
    values = {value for of, value, _ in tally.by if of == name}
    counts = [
        (_called(name, value, names), [tally.by[name, value, flip] for flip in FLIPS])
        for value in values
    ]
    counts.sort(key=lambda one: (-sum(one[1]), one[0]))
    return Group(
        name=name,
        title=GROUPS[name],
        rows=[(called, f"{a:,}", f"{b:,}", f"{c:,}") for called, (a, b, c) in counts],
        bars=[Bar(called, part=n[0], whole=sum(n)) for called, n in counts[:_DRAWN]],
    )


def _called(name: str, value: str, names: Mapping[UUID, str]) -> str:
    if name == "organisation":
        return names.get(UUID(value), "No longer listed")
    if name == "role":
        return role_words(Role(value))
    return purposes.words(value) if name == "purpose" else categories.words(Category(value))


def as_csv(flipped: Iterable[Judged], names: Mapping[UUID, str]) -> str:
    """Return a line for each decision that flips or cannot be judged. It names no patient."""
    text = StringIO()
    rows = csv.writer(text)
    rows.writerow(_HEAD)
    for one in flipped:
        rows.writerow(
            (
                one.entry_id,
                one.at.isoformat(),
                harmless(names.get(one.organisation_id, str(one.organisation_id))),
                harmless(names.get(one.holder_id, str(one.holder_id))),
                " ".join(one.roles),
                one.purpose,
                one.category,
                one.was,
                one.would_be,
                one.reason,
                one.flip or "unjudged",
            )
        )
    return text.getvalue()


def organisations(flipped: Sequence[Judged]) -> set[UUID]:
    """Return whose names the tables need."""
    return {each for one in flipped for each in (one.organisation_id, one.holder_id)}
