"""The search parameters of AuditEvent (FHIR R4 section 3.1.1.5; IHE ITI-81), as a filter.

What is not supported is refused, or passed over if the caller prefers ``handling=lenient``.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from audit.entries import KINDS
from ledger.access.rules.words import PERMITTING, Outcome
from ledger.api.audit_event_resource import KIND_SYSTEM, Pattern, pattern_of
from ledger.api.consent_fhir_wire import BadSearch
from ledger.core import clock
from ledger.core.errors import Fault
from ledger.core.filters import ALL, Filter

COUNT_DEFAULT: Final = 50
COUNT_MAX: Final = 200
SUPPORTED: Final = (
    *("date", "patient", "agent", "agent.identifier", "entity", "entity.identifier"),
    *("type", "subtype", "action", "outcome", "_id", "_count", "_format", "_sort"),
)
_OURS: Final = frozenset({"after"})
_DATE: Final = re.compile(r"(eq|ge|gt|le|lt|sa|eb)?(\d{4})(-\d\d)?(-\d\d)?(T\S+)?")
_AGENTS: Final = {"Practitioner": "person", "Device": "client"}
_SORTS: Final = {"Patient": "patient", "Organization": "organisation"}
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked for: the filter, how many, and the parameters that were used.

    *nothing*: whether no entry can fit, whoever asks.
    """

    which: Filter
    count: int
    used: dict[str, list[str]]
    nothing: bool = False


def parse(given: Mapping[str, list[str]], *, lenient: bool) -> Search:
    """Return the search of these parameters, each with its values.

    Raises:
        BadSearch: names each parameter that cannot be used.
    """
    asked = {name: values for name, values in given.items() if name not in _OURS}
    unknown = [name for name in asked if name not in SUPPORTED]
    faults = [Fault(name, "this server does not search by it") for name in unknown]
    used = {name: values for name, values in asked.items() if name in SUPPORTED}
    for name, values in used.items():
        if name != "date" and len(values) > 1:
            faults.append(Fault(name, "give it once; commas between values that may be either"))
    if faults and not (lenient and len(faults) == len(unknown)):
        raise BadSearch("some of the parameters cannot be used", faults)
    one = {name: values[0] for name, values in used.items()}
    if one.get("_sort", "-date") != "-date":
        raise BadSearch("newest first is the only order", [Fault("_sort", "give -date or nothing")])
    if one.get("_format", "json") not in ("json", "application/json", "application/fhir+json"):
        raise BadSearch("only JSON is spoken here", [Fault("_format", "give json")])
    since, before = _period(used.get("date", []))
    kinds = _kinds(one)
    entry_id = UUID(one["_id"]) if _UUID.fullmatch(one.get("_id", "")) else None
    subject = _subject(one)
    if since and before and since >= before:
        return Search(Filter(log=ALL), _count(one), used, nothing=True)
    which = Filter(
        log=ALL,
        subject=subject,
        actor=_actor(one),
        kind=None if kinds is None else ",".join(kinds) or None,
        since=since,
        before=before,
        outcome=_outcome(one),
        id=entry_id,
    )
    nowhere = "_id" in one and entry_id is None
    return Search(which, _count(one), used, nothing=kinds == [] or nowhere)


def _count(one: Mapping[str, str]) -> int:
    text = one.get("_count", str(COUNT_DEFAULT))
    if not (text.isascii() and text.isdecimal() and len(text) < 9 and int(text) > 0):  # noqa: PLR2004
        raise BadSearch("the page size cannot be used", [Fault("_count", "give a number above 0")])
    return min(int(text), COUNT_MAX)  # A server may give fewer than asked (R4 3.1.1.4.3).


def _period(texts: Iterable[str]) -> tuple[datetime | None, datetime | None]:
    """Return from when and before when, of all the dates together."""
    since: list[datetime] = []
    before: list[datetime] = []
    for text in texts:
        prefix, start, end = when(text)
        if prefix in ("eq", "ge"):
            since.append(start)
        if prefix in ("gt", "sa"):
            since.append(end)
        if prefix in ("lt", "eb"):
            before.append(start)
        if prefix in ("eq", "le"):
            before.append(end)
    return max(since, default=None), min(before, default=None)


def when(text: str, name: str = "date") -> tuple[str, datetime, datetime]:
    """Return the prefix of a date, when what it names begins, and when it is over.

    Raises:
        BadSearch: it is no date; *name* is the parameter's.
    """
    fault = Fault(name, "give a day or a moment, such as ge2026-03-01")
    found = _DATE.fullmatch(text)
    if found is None:
        raise BadSearch("a date cannot be used", [fault])
    prefix, year, month, day, moment = found.groups()
    try:
        if moment:
            at = datetime.fromisoformat(text.removeprefix(prefix or ""))
            at = at if at.tzinfo else at.replace(tzinfo=clock.zone())
            width = timedelta(microseconds=1) if "." in moment else timedelta(seconds=1)
            return prefix or "eq", at.astimezone(UTC), at.astimezone(UTC) + width
        first = date(int(year), int((month or "-01")[1:]), int((day or "-01")[1:]))
        if day:
            after = first + timedelta(days=1)
        elif month:
            after = (first + timedelta(days=31)).replace(day=1)
        else:
            after = date(first.year + 1, 1, 1)
    except (ValueError, OverflowError) as error:
        raise BadSearch("a date cannot be used", [fault]) from error
    return prefix or "eq", _midnight(first), _midnight(after)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.zone()).astimezone(UTC)


def _subject(one: Mapping[str, str]) -> str | None:
    found = set()
    if text := one.get("patient"):
        found.add(_referred("patient", text, {"Patient": "patient"}, bare="patient"))
    if text := one.get("entity"):
        found.add(_referred("entity", text, _SORTS))
    if text := one.get("entity.identifier"):
        found.add(text.rpartition("|")[2])
    if len(found) > 1:
        fault = Fault("entity", "leave it out, or give the same as patient")
        raise BadSearch("one subject at a time", [fault])
    return found.pop() if found else None


def _actor(one: Mapping[str, str]) -> str | None:
    if text := one.get("agent.identifier"):
        return text.rpartition("|")[2]
    text = one.get("agent")
    return _referred("agent", text, _AGENTS) if text else None


def _referred(name: str, text: str, sorts: Mapping[str, str], *, bare: str = "") -> str:
    sort, _, key = text.rpartition("/")
    found = sorts.get(sort) if sort else bare
    if not found or not _UUID.fullmatch(key):
        fault = Fault(name, f"give {' or '.join(f'{one}/<id>' for one in sorts)}")
        raise BadSearch("a reference cannot be used", [fault])
    return f"{found}:{key}"


def _outcome(one: Mapping[str, str]) -> str | None:
    text = one.get("outcome")
    if text is None:
        return None
    if text.rpartition("|")[2] != "8":
        fault = Fault("outcome", "give 8 (refused); everything else in the log went well (0)")
        raise BadSearch("an outcome cannot be used", [fault])
    return ",".join(sorted(set(Outcome) - PERMITTING))


def _kinds(one: Mapping[str, str]) -> list[str] | None:
    """Return the kinds that have the type, subtype and action asked for; None for any."""
    if not {"type", "subtype", "action"} & one.keys():
        return None
    return [kind for kind in sorted({kind for kind, _ in KINDS}) if _is(kind, one)]


def _is(kind: str, one: Mapping[str, str]) -> bool:
    pattern: Pattern = pattern_of(kind)
    subtypes = [*pattern.subtypes, (KIND_SYSTEM, kind)]
    wanted = {"type": [pattern.type], "subtype": subtypes, "action": [("", pattern.action)]}
    return all(
        any(_token(text, *coding) for text in one[name].split(",") for coding in codings)
        for name, codings in wanted.items()
        if name in one
    )


def _token(text: str, system: str, code: str) -> bool:
    """Say whether a token (``code``, ``system|code`` or ``system|``) is of this coding."""
    given, bar, value = text.rpartition("|")
    return (not bar or given == system) and (value == code or (bool(bar) and not value))
