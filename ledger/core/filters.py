"""Which entries of the trail: by subject, actor, kind, organisation, time and coded reason."""

import re
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_

from audit.entries import SUBJECTS
from ledger.core.codes import CODE, NAMES, EntryCodes
from ledger.core.errors import Fault, Invalid
from ledger.core.trail import LOGS, EntrySubject, LogEntry

Entries: TypeAlias = Select[*tuple[Any, ...]]
"""A statement that selects from entries."""

_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_SUBJECT: Final = re.compile(rf"({'|'.join(sorted(SUBJECTS))}):{_UUID}")
_ACTOR: Final = re.compile(rf"(person|client):{_UUID}|system:[a-z][a-z-]{{0,40}}")
_KIND: Final = re.compile(r"[a-z][a-z-]*(\.[a-z][a-z-]*)?(,[a-z][a-z-]*(\.[a-z][a-z-]*)?){0,999}")
_CODES: Final = re.compile(rf"{CODE.pattern}(,{CODE.pattern}){{0,19}}")


ALL: Final = "all"


class BadFilter(Invalid):
    """Something in the question is not spelled as the log spells it."""

    slug = "bad-trail-filter"
    title = "The trail cannot be searched like that"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which entries: all conditions together. None of them asks for everything.

    Attributes:
        log: ``ledger`` or ``access``; or ``all`` for both, where entries are listed only.
        subject: ``patient:<uuid>`` and so on.
        actor: ``person:<uuid>``, ``client:<uuid>`` or ``system:<job>``.
        kind: A kind, or its first half for every kind of an area; several with commas between.
        org: The organisation that was acted for.
        since: Of this moment or later.
        before: Earlier than this moment.
        outcome, purpose, reason: A code that the entry gives, or several with commas between.
        id: Of one entry; the other conditions must fit it too.
    """

    log: str = "ledger"
    subject: str | None = None
    actor: str | None = None
    kind: str | None = None
    org: UUID | None = None
    since: datetime | None = None
    before: datetime | None = None
    outcome: str | None = None
    purpose: str | None = None
    reason: str | None = None
    id: UUID | None = None

    def __post_init__(self) -> None:
        """Raise `BadFilter`, naming each condition that cannot be asked."""
        faults = [
            Fault(name, f"give it as {example}")
            for name, pattern, example in (
                ("subject", _SUBJECT, "patient:<id>, or another sort of subject and its id"),
                ("actor", _ACTOR, "person:<id>, client:<id> or system:<job>"),
                ("kind", _KIND, "area.past-participle, or the area alone"),
                *((name, _CODES, "a code, or codes with commas between") for name in NAMES),
            )
            if (text := getattr(self, name)) is not None and not pattern.fullmatch(text)
        ]
        if self.log not in (*LOGS, ALL):
            faults.append(Fault("log", f"give one of {', '.join(LOGS)}"))
        if self.since and self.before and self.since >= self.before:
            faults.append(Fault("before", "give a moment after the one in since"))
        if faults:
            raise BadFilter("some of the conditions cannot be used", faults)

    @property
    def by_code(self) -> bool:
        """Whether it asks for codes, which are there to search by a moment later."""
        return any(getattr(self, name) is not None for name in NAMES)

    def words(self) -> tuple[str, ...]:
        """Return the conditions as ``name=value``, for the log and for bundles."""
        return tuple(f"{name}={value}" for name, value in self.spelled().items())

    def spelled(self) -> dict[str, str]:
        """Return the conditions that were given, as texts; the log always among them."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: value.isoformat() if isinstance(value, datetime) else str(value)
            for name, value in values.items()
            if value is not None
        }

    def restrict(self, statement: Entries) -> Entries:
        """Return *statement*, which selects from entries, with these conditions."""
        if self.log != ALL:
            statement = statement.where(LogEntry.log == self.log)
        if self.subject is not None:
            statement = statement.join(EntrySubject, EntrySubject.position == LogEntry.position)
            statement = statement.where(EntrySubject.subject == self.subject)
        if self.kind is not None:
            statement = statement.where(_kinds(self.kind.split(",")))
        conditions: list[ColumnElement[bool]] = []
        if self.actor is not None:
            conditions.append(LogEntry.actor == self.actor)
        if self.id is not None:
            conditions.append(LogEntry.id == self.id)
        if self.org is not None:
            conditions.append(LogEntry.org == self.org)
        if self.since is not None:
            conditions.append(LogEntry.at >= self.since)
        if self.before is not None:
            conditions.append(LogEntry.at < self.before)
        if self.by_code:
            statement = statement.join(EntryCodes, EntryCodes.position == LogEntry.position)
        given = {name: getattr(self, name) for name in NAMES}
        conditions += [
            getattr(EntryCodes, name).in_(codes.split(","))
            for name, codes in given.items()
            if codes
        ]
        return statement.where(*conditions)


def _kinds(names: list[str]) -> ColumnElement[bool]:
    areas = [_area(name) for name in names if "." not in name]
    return or_(LogEntry.kind.in_([name for name in names if "." in name]), *areas)


def _area(area: str) -> ColumnElement[bool]:
    return LogEntry.kind.startswith(f"{area}.", autoescape=True)
