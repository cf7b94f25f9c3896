"""How long each kind of record is kept, why, and what becomes of it: ``policies/retention.csv``.

Two sorts of line. A *class* says from which event a period runs, whether an erasure reaches
it, how it ends, and the legal reason with its source. An *of* line puts a kind of entry, a
private group of one, or a table into a class. The nearest line wins: ``kind/group``, then the
kind, then its area (``consent.*``). What holds personal values is named one by one, and a test
finds what is not.

The file is part of the ruleset, so its digest is in every entry and a change of it is recorded.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

from ledger.core import policy
from ledger.core.policy import BadPolicy, Policy

FILE: Final = "retention.csv"
_COLUMNS: Final = {"class": 8, "of": 4}


class Runs(StrEnum):
    """From which event a period runs."""

    RECORDED = "recorded"
    LAST_SEEN = "last-seen"
    """The newest entry about the person."""
    AGREEMENT_ENDED = "agreement-ended"
    CONSENT_ENDED = "consent-ended"
    ROLE_ENDED = "role-ended"
    USED = "used"
    """Of what is operational: when it was last used."""


class Ends(StrEnum):
    """What becomes of a record when its period is over."""

    TWO_PEOPLE = "two-people"
    """One proposes, another approves; then its private values are destroyed."""
    BY_ITSELF = "by-itself"
    """The service deletes it."""
    NEVER = "never"


class Erasure(StrEnum):
    """Whether erasing the person reaches it before its period is over."""

    REACHED = "reached"
    KEPT = "kept"
    """Exempt (UK GDPR Art. 17(3)): on hold by default, until its period is over."""
    NOTHING = "nothing"
    """There is nothing personal in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionClass:
    """One rule of retention.

    Attributes:
        period: ``6 years``, ``30 days``, or ``for ever``.
        basis: Why, in a few words.
        source: The law or code that says so.
    """

    name: str
    period: str
    runs: Runs
    erasure: Erasure
    ends: Ends
    basis: str
    source: str

    def due_on(self, event: date) -> date | None:
        """Return the first day on which a record of *event* may go; None if never."""
        if self.period == "for ever":
            return None
        number, unit = self.period.split()
        if unit == "days":
            return date.fromordinal(event.toordinal() + int(number))
        year = event.year + int(number)
        try:
            return event.replace(year=year)
        except ValueError:  # 29 February: the period ends with that month.
            return date(year, 3, 1)

    def began_by(self, day: date) -> date | None:
        """Return the latest event whose records may have gone by *day*; None if none ever may."""
        if self.period == "for ever":
            return None
        number, unit = self.period.split()
        if unit == "days":
            return date.fromordinal(day.toordinal() - int(number))
        try:
            return day.replace(year=day.year - int(number))
        except ValueError:
            return date(day.year - int(number), 2, 28)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Every class, and what is in it.

    Attributes:
        classes: By name.
        kinds: Class of ``kind/group``, ``kind`` or ``area.*``.
        tables: Class of each table that is named.
    """

    classes: Mapping[str, RetentionClass]
    kinds: Mapping[str, str]
    tables: Mapping[str, str]

    def of_group(self, kind: str, group: str) -> RetentionClass | None:
        """Return the class of a private group of an entry; None if nobody has said."""
        return self._found(f"{kind}/{group}")

    def of_kind(self, kind: str) -> RetentionClass | None:
        """Return the class of an entry's public part; None if nobody has said."""
        return self._found(kind) or self._found(f"{kind.partition('.')[0]}.*")

    def groups_of(self, name: str) -> frozenset[tuple[str, str]]:
        """Return the (kind, group) of every private group in a class."""
        return frozenset(
            (kind, group)
            for kind, slash, group in (each.partition("/") for each in self.kinds)
            if slash and self.kinds[f"{kind}/{group}"] == name
        )

    def tables_of(self, name: str) -> tuple[str, ...]:
        """Return the tables in a class, sorted."""
        return tuple(sorted(table for table, its in self.tables.items() if its == name))

    def _found(self, name: str) -> RetentionClass | None:
        return self.classes.get(self.kinds.get(name, ""))


def schedule(by: Policy) -> Schedule:
    """Return the retention schedule of a ruleset."""
    found = by.parts["retention"]
    assert isinstance(found, Schedule)
    return found


def load(folder: Path) -> Schedule:
    """Read the schedule. Raises `BadPolicy`, naming each line that cannot be used."""
    file, faults = folder / FILE, list[str]()
    classes: dict[str, RetentionClass] = {}
    named: dict[str, dict[str, str]] = {"kind": {}, "table": {}}
    for number, line in enumerate(file.read_text().splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        words = [word.strip() for word in next(csv.reader([line], skipinitialspace=True))]
        try:
            _take(words, classes, named)
        except (KeyError, ValueError) as error:
            faults.append(f"{file}:{number}: {error}")
    if faults:
        raise BadPolicy("\n".join(faults))
    return Schedule(classes, named["kind"], named["table"])


def _take(
    words: list[str], classes: dict[str, RetentionClass], named: Mapping[str, dict[str, str]]
) -> None:
    """Add one line to *classes* or *named*. Raises `ValueError` or `KeyError` if it is bad."""
    if len(words) != _COLUMNS[words[0]]:
        raise ValueError(f"needs {_COLUMNS[words[0]]} columns")
    if words[0] == "class":
        made = _class(words[1:])
        if classes.setdefault(made.name, made) is not made:
            raise ValueError(f"says again what {made.name} is")
        return
    sort, name, its = words[1:]
    if named[sort].setdefault(name, its) != its:
        raise ValueError(f"puts {name} into two classes")
    if its not in classes:
        raise ValueError(f"{its} is no class above this line")


def _class(words: list[str]) -> RetentionClass:
    name, period, runs, erasure, ends, basis, source = words
    if period != "for ever":
        count, unit = period.split()
        if not count.isdecimal() or unit not in {"years", "days"}:
            raise ValueError(f"{period!r} is no period: 6 years, 30 days or for ever")
    if not basis or not source:
        raise ValueError(f"{name} does not say why, or who says so")
    return RetentionClass(
        name=name,
        period=period,
        runs=Runs(runs),
        erasure=Erasure(erasure),
        ends=Ends(ends),
        basis=basis,
        source=source,
    )


policy.part("retention", load)
