"""The search parameters of Consent (R4 6.2.7, R5 6.2.9), over what one patient has said.

A search is of one patient, or of one consent: who may read whose depends on care today, so there
is no list of everybody's. A number never stands in an address: `patient.identifier` is sent by
POST to `_search`, and the links of its answer name our id instead.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from ledger.api.audit_event_query import when
from ledger.api.consent_fhir_resource import resource
from ledger.api.consent_fhir_wire import BadSearch, Resource
from ledger.consent.queries import ConsentView
from ledger.consent.rules.fhir import Release
from ledger.consent.rules.model import Conditions, Node
from ledger.core.errors import Fault, NotFound
from ledger.vocabulary import purposes

COUNT_DEFAULT: Final = 50
COUNT_MAX: Final = 200
FILTERS: Final = ("status", "category", "date", "period", "purpose", "actor", "_lastUpdated")
SUPPORTED: Final = (*FILTERS, "patient", "patient.identifier", "_id", "_count", "_format")
_REPEATED: Final = frozenset({"date", "period", "_lastUpdated"})
_ACTORS: Final = {"Organization": "organisation", "Practitioner": "person"}


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked for, parameter by parameter, as far as it is used."""

    used: Mapping[str, list[str]]
    count: int
    after: int | None

    def one(self, name: str) -> str | None:
        """Return the value of a parameter; None if it was not given."""
        return next(iter(self.used.get(name, ())), None)


def parse(given: Mapping[str, list[str]], *, lenient: bool, by_post: bool) -> Search:
    """Return the search of these parameters, each with its values.

    Raises:
        BadSearch: names each parameter that cannot be used.
    """
    asked = {name: values for name, values in given.items() if name != "after"}
    unknown = [name for name in asked if name not in SUPPORTED]
    faults = [Fault(name[:64], "this server does not search by it") for name in unknown]
    faults = [] if lenient else faults
    used = {name: values for name, values in asked.items() if name in SUPPORTED}
    faults += [
        Fault(name, "give it once; commas between values that may be either")
        for name, values in used.items()
        if name not in _REPEATED and len(values) > 1
    ]
    if "patient.identifier" in used and not by_post:
        said = "send it by POST to _search: what names somebody does not stand in an address"
        faults.append(Fault("patient.identifier", said))
    count = number("_count", used.get("_count", [str(COUNT_DEFAULT)])[0], faults)
    after = number("after", given["after"][0], faults) if "after" in given else None
    for name in _REPEATED & used.keys():
        for text in used[name]:
            when(text, name)
    if faults:
        raise BadSearch("some of the parameters cannot be used", faults)
    return Search(used, min(count, COUNT_MAX), after)


def number(name: str, text: str, faults: list[Fault]) -> int:
    """Return a whole number above 0; if it is none, add a fault."""
    if text.isascii() and text.isdecimal() and len(text) < 9 and int(text) > 0:  # noqa: PLR2004
        return int(text)
    faults.append(Fault(name, "give a whole number above 0"))
    return 1


def identity(name: str, text: str | None, sort: str) -> UUID | None:
    """Return the id in ``<sort>/<id>`` or ``<id>``; None if it can be no id of ours."""
    try:
        return None if text is None else UUID(text.removeprefix(f"{sort}/"))
    except ValueError:
        if text and text.startswith(f"{sort}/"):
            return None
        raise BadSearch("a reference cannot be used", [Fault(name, f"give {sort}/<id>")]) from None


def fits(view: ConsentView, asked: Search, release: Release) -> bool:
    """Say whether a consent has all that is asked for. What was erased fits nothing."""
    wanted = {name: values for name, values in asked.used.items() if name in FILTERS}
    if not wanted:
        return True
    try:
        told = resource(view, release)
    except NotFound:
        return False
    return all(
        any(_TESTS[name](view, told, text) for text in _either(name, value))
        for name, values in wanted.items()
        for value in values
    )


def _either(name: str, value: str) -> list[str]:
    return [value] if name in _REPEATED else value.split(",")


def _status(_: ConsentView, told: Resource, text: str) -> bool:
    return bool(told["status"] == text.rpartition("|")[2])


def _category(_: ConsentView, told: Resource, text: str) -> bool:
    codings = [coding for concept in told["category"] for coding in concept["coding"]]
    return any(_token(text, coding["system"], coding["code"]) for coding in codings)


def _purpose(view: ConsentView, _: Resource, text: str) -> bool:
    found = {code for one in _conditions(view) for code in one.purposes}
    return any(_token(text, purposes.SYSTEM, code) for code in found)


def _actor(view: ConsentView, _: Resource, text: str) -> bool:
    sort, _sep, key = text.rpartition("/")
    wanted = f"{_ACTORS[sort]}:{key}" if sort in _ACTORS else text.rpartition("|")[2]
    return any(wanted in one.actors for one in _conditions(view))


def _conditions(view: ConsentView) -> Iterator[Conditions]:
    if view.terms is None:
        return
    yield view.terms.scope
    nodes: list[Node] = [*view.terms.exceptions]
    while nodes:
        node = nodes.pop()
        yield node.conditions
        nodes += node.children


def _date(view: ConsentView, _: Resource, text: str) -> bool:
    return _in(text, "date", view.decided_at, view.decided_at)


def _updated(view: ConsentView, _: Resource, text: str) -> bool:
    at = view.events[-1].at if view.events else view.recorded_at
    return _in(text, "_lastUpdated", at, at)


def _period(view: ConsentView, _: Resource, text: str) -> bool:
    return _in(text, "period", view.starts_at, view.ends_at)


def _in(text: str, name: str, low: datetime | None, high: datetime | None) -> bool:
    """Compare a stretch of time, open where it is None, as R4 3.1.1.4.6 has each prefix."""
    prefix, start, end = when(text, name)
    tests: dict[str, bool] = {
        "eq": low is not None and high is not None and start <= low and high <= end,
        "ge": high is None or high >= start,
        "gt": high is None or high >= end,
        "le": low is None or low < end,
        "lt": low is None or low < start,
        "sa": low is not None and low >= end,
        "eb": high is not None and high < start,
    }
    return tests[prefix]


def _token(text: str, system: str, code: str) -> bool:
    given, bar, value = text.rpartition("|")
    return (not bar or given == system) and (value == code or (bool(bar) and not value))


_TESTS: Final[Mapping[str, Callable[[ConsentView, Resource, str], bool]]] = {
    "status": _status,
    "category": _category,
    "date": _date,
    "period": _period,
    "purpose": _purpose,
    "actor": _actor,
    "_lastUpdated": _updated,
}
