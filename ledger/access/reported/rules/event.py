"""A FHIR R4 AuditEvent of a source system, checked by IHE BALP's shape, as what we keep of it.

Source: https://profiles.ihe.net/ITI/BALP (Basic Audit Log Patterns 1.1): who (a requestor among
the agents), whose (exactly one patient among the entities), what was done, when, and by which
system. Everything else is kept as it came, sealed, and never acted on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from ledger.core.errors import Fault, Invalid
from ledger.vocabulary import labels

NHS_NUMBER: Final = "https://fhir.nhs.uk/Id/nhs-number"
ACTOR: Final = "urn:care-ledger:actor"
ENTITY_TYPE: Final = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType"
EVENTS_MAX: Final = 1000
_LISTS: Final = ("agent", "entity")
_TEXT_MAX: Final = 500
_SKEW: Final = timedelta(minutes=5)
_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)


class NotAnAuditEvent(Invalid):
    """It is no AuditEvent by BALP's patterns; each fault names the element."""

    slug = "fhir-audit-event-unreadable"
    title = "This is not an AuditEvent that can be taken in"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedEvent:
    """What an event says.

    Attributes:
        source_id: The id that it has where it came from.
        patient: ``system|value``, or ``Patient/<id>``.
        person_id: Who read, where the source names them as we do.
        named: Entries of ours that the event names: the decision it was made by.
        action: C, R, U, D or E.
        went_well: Whether the source says that it succeeded.
        resource_type: Of what was read, if the event says so.
        confidentiality, sensitivities: The labels of what was read; None if it has none.
    """

    source_id: str
    patient: str
    person_id: UUID | None
    named: frozenset[UUID]
    read_at: datetime
    action: str
    purpose: str | None
    went_well: bool
    resource_type: str | None
    confidentiality: str | None
    sensitivities: frozenset[str] | None


def events_of(resource: object) -> list[tuple[str, object, str | None]]:
    """Return each event of an AuditEvent or a transaction Bundle: where, what, its `fullUrl`.

    Raises:
        NotAnAuditEvent: it is neither, or has too many.
    """
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if kind == "AuditEvent":
        return [("AuditEvent", resource, None)]
    if kind != "Bundle" or not isinstance(resource, dict):
        raise _wrong("Bundle.resourceType", 'it must be "AuditEvent" or "Bundle"')
    if resource.get("type") != "transaction":
        raise _wrong("Bundle.type", 'it must be "transaction"')
    entries = resource.get("entry")
    if not isinstance(entries, list) or not 1 <= len(entries) <= EVENTS_MAX:
        raise _wrong("Bundle.entry", f"give 1 to {EVENTS_MAX} events")
    found = []
    for n, one in enumerate(entries):
        where = f"Bundle.entry[{n}]"
        asked = one.get("request") if isinstance(one, dict) else None
        if not isinstance(asked, dict) or [asked.get("method"), asked.get("url")] != [
            "POST",
            "AuditEvent",
        ]:
            raise _wrong(f"{where}.request", "give POST AuditEvent")
        url = one.get("fullUrl")
        found.append((f"{where}.resource", one.get("resource"), url if _text(url) else None))
    return found


def parse(resource: object, *, at: str, full_url: str | None, now: datetime) -> ReportedEvent:
    """Return what an event says; *at* is the FHIRPath of it, for faults.

    Raises:
        NotAnAuditEvent: each fault names the element.
    """
    if not isinstance(resource, dict) or resource.get("resourceType") != "AuditEvent":
        raise _wrong(f"{at}.resourceType", 'it must be "AuditEvent"')
    faults = [*_faults(resource, at, now)]
    source_id = resource.get("id") if _text(resource.get("id")) else full_url
    if source_id is None:
        faults.append(Fault(f"{at}.id", "give the id that it has at its source"))
    patients = [*_patients(resource)]
    if len(set(patients)) != 1:
        faults.append(Fault(f"{at}.entity", "name exactly one patient (role or type 1)"))
    if faults:
        raise NotAnAuditEvent(f"{faults[0].field}: {faults[0].detail}", faults[:20])
    recorded = datetime.fromisoformat(resource["recorded"])
    close, sensitive = _labels(resource)
    return ReportedEvent(
        source_id=str(source_id),
        patient=patients[0],
        person_id=_person(resource),
        named=frozenset(_named(resource)),
        read_at=recorded.astimezone(UTC),
        action=resource["action"],
        purpose=_purpose(resource),
        went_well=resource.get("outcome", "0") == "0",
        resource_type=_resource_type(resource),
        confidentiality=close,
        sensitivities=sensitive,
    )


def _faults(event: Mapping[str, Any], at: str, now: datetime) -> Iterator[Fault]:
    kind = event.get("type")
    if not isinstance(kind, dict) or not _text(kind.get("code")):
        yield Fault(f"{at}.type.code", "it is required")
    if str(event.get("action")) not in {"C", "R", "U", "D", "E"}:
        yield Fault(f"{at}.action", "give C, R, U, D or E")
    if str(event.get("outcome", "0")) not in {"0", "4", "8", "12"}:
        yield Fault(f"{at}.outcome", "give 0, 4, 8 or 12")
    if not _moment(event.get("recorded"), now):
        yield Fault(f"{at}.recorded", "give a moment with its time zone, and not in the future")
    source = event.get("source")
    if not isinstance(source, dict) or not isinstance(source.get("observer"), dict):
        yield Fault(f"{at}.source.observer", "it is required")
    yield from _lists(event, at)
    agents = _each(event, "agent")
    if agents and not any(one.get("requestor") is True for one in agents):
        yield Fault(f"{at}.agent.requestor", "one agent must be who asked for it")
    if "modifierExtension" in event:
        yield Fault(f"{at}.modifierExtension", "it may turn the meaning round; leave it out")


def _lists(event: Mapping[str, Any], at: str) -> Iterator[Fault]:
    for name in _LISTS:
        listed = event.get(name)
        if not isinstance(listed, list) or not 1 <= len(listed) <= 100:  # noqa: PLR2004
            yield Fault(f"{at}.{name}", "give 1 to 100")
        elif not all(isinstance(one, dict) for one in listed):
            yield Fault(f"{at}.{name}", "each must be an object")


def _moment(text: object, now: datetime) -> bool:
    try:
        at = datetime.fromisoformat(str(text))
        return at.tzinfo is not None and _FIRST <= at.astimezone(UTC) <= now + _SKEW
    except (ValueError, OverflowError):
        return False


def _each(parent: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    found = parent.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _one(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = parent.get(name)
    return found if isinstance(found, dict) else {}


def _text(found: object) -> bool:
    return isinstance(found, str) and 0 < len(found.strip()) <= _TEXT_MAX


def _patients(event: Mapping[str, Any]) -> Iterator[str]:
    for entity in _each(event, "entity"):
        if "1" not in (_one(entity, "role").get("code"), _one(entity, "type").get("code")):
            continue
        what = _one(entity, "what")
        identifier = _one(what, "identifier")
        if identifier.get("system") == NHS_NUMBER and _text(identifier.get("value")):
            yield f"{NHS_NUMBER}|{identifier['value']}"
        elif _text(what.get("reference")):
            yield str(what["reference"])


def _person(event: Mapping[str, Any]) -> UUID | None:
    for agent in _each(event, "agent"):
        who = _one(agent, "who")
        identifier, reference = _one(who, "identifier"), str(who.get("reference", ""))
        ours = identifier.get("value") if identifier.get("system") == ACTOR else None
        for text, prefix in ((str(ours), "person:"), (reference, "Practitioner/")):
            found = _uuid(text.removeprefix(prefix)) if text.startswith(prefix) else None
            if found is not None:
                return found
    return None


def _named(event: Mapping[str, Any]) -> Iterator[UUID]:
    for entity in _each(event, "entity"):
        what = _one(entity, "what")
        if _one(entity, "type").get("system") == ENTITY_TYPE:
            texts = [str(_one(what, "identifier").get("value", ""))]
        else:
            reference = str(what.get("reference", ""))
            texts = [reference.rpartition("AuditEvent/")[2]] if "AuditEvent/" in reference else []
        yield from (found for text in texts if (found := _uuid(text)) is not None)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _purpose(event: Mapping[str, Any]) -> str | None:
    for concept in _each(event, "purposeOfEvent"):
        for coding in _each(concept, "coding"):
            code = coding.get("code")
            if isinstance(code, str) and 0 < len(code) <= 64 and code.isascii():  # noqa: PLR2004
                return code
    return None


def _data(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Return the entities that are data: neither the patient, a query, nor a request's id."""
    for entity in _each(event, "entity"):
        role, kind = _one(entity, "role").get("code"), _one(entity, "type").get("code")
        if role not in ("1", "24") and kind != "1" and "query" not in entity:
            yield entity


def _resource_type(event: Mapping[str, Any]) -> str | None:
    for entity in _data(event):
        sort, bar, _ = str(_one(entity, "what").get("reference", "")).partition("/")
        if bar and sort.isascii() and sort.isalpha() and sort != "AuditEvent":
            return sort[:64]
    return None


def _labels(event: Mapping[str, Any]) -> tuple[str | None, frozenset[str] | None]:
    codes = [
        (label.get("system"), str(label.get("code")))
        for entity in _data(event)
        for label in _each(entity, "securityLabel")
    ]
    close = [
        code
        for system, code in codes
        if system == labels.CONFIDENTIALITY_SYSTEM and code in labels.CONFIDENTIALITIES
    ]
    sensitive = {
        code
        for system, code in codes
        if system == labels.SENSITIVITY_SYSTEM and labels.is_sensitivity(code)
    }
    widest = max(close, key=labels.CONFIDENTIALITIES.index, default=None)
    return widest, frozenset(sensitive) if codes else None


def _wrong(element: str, detail: str) -> NotAnAuditEvent:
    return NotAnAuditEvent(f"{element}: {detail}", [Fault(element, detail)])
