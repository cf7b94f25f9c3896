"""FHIR's values as ours, and what is in doubt about each."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Any, Final

from ledger.consent.rules.fhir.parsing import NotAConsent
from ledger.consent.rules.model import Period
from ledger.core.errors import Fault
from ledger.vocabulary import labels, purposes

Json = Mapping[str, Any]


class Doubtful(StrEnum):
    """Why a consent is not enforced as it is. The value is stored and logged."""

    STATUS_NOT_ACTIVE = "status-not-active"
    UNKNOWN_STATUS = "unknown-status"
    SCOPE_NOT_PRIVACY = "scope-not-privacy"
    CATEGORY_NOT_UNDERSTOOD = "category-not-understood"
    NO_PATIENT = "no-patient"
    NOT_GIVEN_BY_THE_PATIENT = "not-given-by-the-patient"
    ROOT_TYPE_MISSING = "root-type-missing"
    NESTED_TYPE_MISSING = "nested-type-missing"
    NESTED_TYPE_NOT_OPPOSITE = "nested-type-not-opposite"
    UNKNOWN_TYPE = "unknown-type"
    POLICY_RULE_NOT_UNDERSTOOD = "policy-rule-not-understood"
    UNKNOWN_MODIFIER = "unknown-modifier-extension"
    UNKNOWN_SYSTEM = "unknown-code-system"
    UNKNOWN_CODE = "unknown-code"
    TEXT_ONLY = "text-without-code"
    LABELS_MIXED = "labels-of-several-sorts"
    GRANTEE_NOT_SUPPORTED = "grantee-not-supported"
    KIND_CONTRADICTS = "kind-contradicts-the-terms"
    ROLE_NOT_SUPPORTED = "actor-role-not-supported"
    DATA_MEANING_NOT_SUPPORTED = "data-meaning-not-supported"
    REFERENCE_NOT_UNDERSTOOD = "reference-not-understood"
    UNKNOWN_ACTOR = "unknown-actor"
    UNKNOWN_PATIENT = "unknown-patient"
    OLDER_THAN_A_NO = "older-than-a-standing-no"


@dataclass(frozen=True, slots=True)
class Doubt:
    """One reason why a consent is quarantined, and the element it is about (FHIRPath)."""

    reason: Doubtful
    element: str


class Doubts:
    """What is found to be in doubt while reading. Reading goes on: a person wants all of it."""

    MOST: Final = 50

    def __init__(self) -> None:
        self.found: list[Doubt] = []

    def add(self, reason: Doubtful, element: str) -> None:
        """Note a doubt, unless there are more than anybody would read."""
        doubt = Doubt(reason, element)
        if len(self.found) < self.MOST and doubt not in self.found:
            self.found.append(doubt)


ACT_CODE: Final = labels.SENSITIVITY_SYSTEM
PARTICIPATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
ACTION: Final = "http://terminology.hl7.org/CodeSystem/consentaction"
RESOURCE_TYPE: Final = "http://hl7.org/fhir/resource-types"
LOINC: Final = "http://loinc.org"
SNOMED: Final = "http://snomed.info/sct"

OURS: Final = "https://care-ledger.example/fhir/actor"
"""What our own identifiers of actors are identifiers of, when we write them."""
CATEGORY_SYSTEM: Final = "https://care-ledger.example/fhir/CodeSystem/category"
"""Our categories of data."""
KIND_SYSTEM: Final = "https://care-ledger.example/fhir/CodeSystem/consent-kind"
"""Which of five things a consent is, where FHIR's own codes do not tell them apart."""
PCF: Final = "https://profiles.ihe.net/ITI/PCF/StructureDefinition/"
"""What the addresses of the IHE PCF profiles begin with."""

_ALIASES: Final = {
    f"http://{host}/ValueSet/{name}": system
    for host in ("terminology.hl7.org", "hl7.org/fhir")
    for name, system in {
        "v3-PurposeOfUse": purposes.SYSTEM,
        "v3-ActReason": purposes.SYSTEM,
        "v3-Confidentiality": labels.CONFIDENTIALITY_SYSTEM,
        "v3-ConfidentialityClassification": labels.CONFIDENTIALITY_SYSTEM,
        "v3-InformationSensitivityPolicy": ACT_CODE,
        "v3-ActCode": ACT_CODE,
        "consent-action": ACTION,
        "resource-types": RESOURCE_TYPE,
    }.items()
} | {
    "http://hl7.org/fhir/v3/ActReason": purposes.SYSTEM,
    "http://hl7.org/fhir/v3/ActCode": ACT_CODE,
    "http://hl7.org/fhir/v3/Confidentiality": labels.CONFIDENTIALITY_SYSTEM,
    "http://hl7.org/fhir/consentaction": ACTION,
    "urn:oid:2.16.840.1.113883.5.8": purposes.SYSTEM,
    "urn:oid:2.16.840.1.113883.5.4": ACT_CODE,
    "urn:oid:2.16.840.1.113883.5.25": labels.CONFIDENTIALITY_SYSTEM,
}
"""Addresses of value sets and older names that people write as `system`."""


def system_of(coding: Json) -> str | None:
    """Return the code system that a coding names, by its own name."""
    system = coding.get("system")
    return _ALIASES.get(system, system) if isinstance(system, str) else None


def codes(
    codings: Iterable[tuple[str, Json]],
    known: Mapping[str, Callable[[str], bool]],
    doubts: Doubts,
) -> frozenset[tuple[str, str]]:
    """Return the (system, code) of each coding; doubt those that are not *known*."""
    found: set[tuple[str, str]] = set()
    for element, coding in codings:
        system, code = system_of(coding), coding.get("code")
        if system is None or system not in known:
            doubts.add(Doubtful.UNKNOWN_SYSTEM, f"{element}.system")
        elif not isinstance(code, str) or not known[system](code):
            doubts.add(Doubtful.UNKNOWN_CODE, f"{element}.code")
        else:
            found.add((system, code))
    return frozenset(found)


def codings_of(concepts: Iterable[tuple[str, Json]], doubts: Doubts) -> Iterable[tuple[str, Json]]:
    """Return the codings of each concept, with where they are; doubt one that has only text."""
    for element, concept in concepts:
        if not concept.get("coding"):
            doubts.add(Doubtful.TEXT_ONLY, element)
        yield from each(concept, "coding", element)


def each(parent: Json, name: str, element: str) -> Iterable[tuple[str, Json]]:
    """Return each of a repeated element, with where it is."""
    for n, one in enumerate(parent.get(name, ())):
        yield f"{element}.{name}[{n}]", one


def reference(found: Json, element: str, doubts: Doubts) -> str | None:
    """Return what a reference names: ``system|value``, or else the literal reference."""
    identifier = found.get("identifier")
    if identifier and "system" in identifier and "value" in identifier:
        return f"{identifier['system']}|{identifier['value']}"
    literal = found.get("reference")
    if not isinstance(literal, str) or literal.startswith("#"):
        doubts.add(Doubtful.REFERENCE_NOT_UNDERSTOOD, element)
        return None
    return literal


EARLIEST, LATEST = 1800, 9998
"""The years that a person may have meant. Others overflow as soon as a time zone is applied."""
BEFORE_ALL: Final = f"{EARLIEST}-01-01T00:00:00Z"
"""The start that we write where a provision states nothing: FHIR has no empty element."""
_MOMENT: Final = re.compile(
    r"(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)"
    r"(?P<time>T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d))?)?)?",
    re.ASCII,
)


def moment(
    text: str, element: str, zone: tzinfo, *, end: bool, time_of_day: bool = True
) -> datetime:
    """Return the first moment that a FHIR dateTime covers, or with *end* the first after it.

    A FHIR date is a dateTime without *time_of_day*.

    Raises:
        NotAConsent: it is not a FHIR dateTime.
    """
    found = _MOMENT.fullmatch(text)
    if found is None or (found["time"] and not time_of_day):
        raise _not_a_moment(element)
    try:
        if not EARLIEST <= int(found["year"]) <= LATEST:
            raise _not_a_moment(element)
        if found["time"]:
            return datetime.fromisoformat(text)
        year, month, day = (int(found[part] or 1) for part in ("year", "month", "day"))
        first = date(year, month, day)
        if end:
            first = _after(first, whole="day" if found["day"] else found["month"] and "month")
        return datetime.combine(first, time(), tzinfo=zone)
    except (ValueError, OverflowError) as error:
        raise _not_a_moment(element) from error


def _not_a_moment(element: str) -> NotAConsent:
    said = "it must be a FHIR dateTime from 1800 on, as 2026-03-01 or 2026-03-01T09:30:00Z"
    return NotAConsent(f"{element}: {said}", [Fault(element, said)])


def _after(first: date, *, whole: str | None) -> date:
    if whole == "day":
        return first + timedelta(days=1)
    if whole is None or first.month == 12:  # noqa: PLR2004
        return date(first.year + 1, 1, 1)
    return date(first.year, first.month + 1, 1)


def period(found: Json, element: str, zone: tzinfo) -> Period:
    """Return a FHIR Period. A last day, month or year is included.

    Raises:
        NotAConsent: one end is no dateTime, or it ends before it starts.
    """
    starts = found.get("start")
    ends = found.get("end")
    read = Period(
        None if starts is None else moment(starts, f"{element}.start", zone, end=False),
        None if ends is None else moment(ends, f"{element}.end", zone, end=True),
    )
    if read.starts_at and read.ends_at and read.ends_at <= read.starts_at:
        said = "it ends before it starts"
        raise NotAConsent(f"{element}: {said}", [Fault(element, said)])
    return read
