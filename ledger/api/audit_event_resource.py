"""An entry as a FHIR R4 AuditEvent, by the patterns of IHE BALP 1.1 where one fits.

Source: IHE ITI Basic Audit Log Patterns, https://profiles.ihe.net/ITI/BALP. A profile is named
only where the entry has all that it asks for. The address of whoever acted is never in the
log, so where a pattern wants one, FHIR's reason for absent data stands in its place.
"""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any, Final

from ledger.access.rules.words import PERMITTING
from ledger.core.codes import codes_of
from ledger.core.reading import EntryView

BALP: Final = "https://profiles.ihe.net/ITI/BALP"
DCM: Final = "http://dicom.nema.org/resources/ontology/DCM"
REST: Final = "http://terminology.hl7.org/CodeSystem/audit-event-type"
INTERACTION: Final = "http://hl7.org/fhir/restful-interaction"
LIFECYCLE: Final = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
AUTHZ: Final = f"{BALP}/CodeSystem/AuthZsubType"
KIND_SYSTEM: Final = "urn:care-ledger:entry-kind"
ACTOR_SYSTEM: Final = "urn:care-ledger:actor"
SUBJECT_SYSTEM: Final = "urn:care-ledger:subject"
_TERMS: Final = "http://terminology.hl7.org/CodeSystem"
_ABSENT: Final = {
    "extension": [
        {
            "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
            "valueCode": "unknown",
        }
    ]
}

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pattern:
    """How entries of a kind are told: type and subtypes as (system, code), and the action."""

    type: tuple[str, str]
    subtypes: tuple[tuple[str, str], ...]
    action: str
    profile: str = ""


_ACTIVITY: Final = Pattern((DCM, "110100"), (), "E")
_CREATED: Final = Pattern((REST, "rest"), ((INTERACTION, "create"),), "C", "PatientCreate")
_UPDATED: Final = Pattern((REST, "rest"), ((INTERACTION, "update"),), "U", "PatientUpdate")
PATTERNS: Final = {
    "access.decided": Pattern((DCM, "110113"), (), "E", "AuthZconsent"),
    "access.override-opened": Pattern((DCM, "110127"), (), "E"),
    "authority.refused": Pattern((DCM, "110113"), (), "E"),
    "trail.read": Pattern((REST, "rest"), ((INTERACTION, "search-type"),), "E", "Query"),
    "trail.exported": Pattern(
        (DCM, "110106"), ((LIFECYCLE, "disclose"),), "R", "PrivacyDisclosure.Source"
    ),
    "directory.patient-looked-up": Pattern((REST, "rest"), ((INTERACTION, "search-type"),), "E"),
    "directory.erased": Pattern((REST, "rest"), ((INTERACTION, "delete"),), "D"),
    "consent.granted": _CREATED,
    "consent.refused": _CREATED,
    "consent.dissented": _CREATED,
    "consent.narrowed": _UPDATED,
    "consent.withdrawn": _UPDATED,
}
"""Kinds that have a pattern of their own; every other is an activity of the application."""


def pattern_of(kind: str) -> Pattern:
    """Return how entries of *kind* are told."""
    return PATTERNS.get(kind, _ACTIVITY)


def resource(view: EntryView, *, origin: str, demonstration: bool) -> Resource:
    """Return an entry as an AuditEvent. *origin*: the service's address, its observer."""
    read, pattern = view.parsed(), pattern_of(view.kind)
    data = read.get("data") or {}
    observer = {"identifier": {"system": "urn:ietf:rfc:3986", "value": origin}}
    consents = _consents(view.kind, data)
    subtypes = [_coding(*one) for one in pattern.subtypes]
    if view.kind == "access.decided":
        subtypes.append(_coding(AUTHZ, "AuthZ-Consent" if consents else "AuthZ-Role"))
    subtypes.append(_coding(KIND_SYSTEM, view.kind))
    entities = [*_patients(view), *consents, *_others(view, data, pattern)]
    code, said = _outcome(view)
    event: Resource = {
        "resourceType": "AuditEvent",
        "id": str(view.id),
        "type": _coding(*pattern.type),
        "subtype": subtypes,
        "action": pattern.action,
        "recorded": view.at.isoformat(),
        "outcome": code,
        "agent": _agents(view, data, pattern, observer, origin),
        "source": {"observer": observer, "type": [_coding(f"{_TERMS}/security-source-type", "4")]},
        "entity": entities,
    }
    if said:
        event["outcomeDesc"] = said
    if purpose := data.get("purpose"):
        code_of_purpose = _coding(f"{_TERMS}/v3-ActReason", str(purpose))
        event["purposeOfEvent"] = [{"coding": [code_of_purpose]}]
    meta: Resource = {}
    if demonstration:
        meta["security"] = [_coding(f"{_TERMS}/v3-ActReason", "HTEST")]
    if _fits(event, pattern, consents):
        meta["profile"] = [f"{BALP}/StructureDefinition/IHE.BasicAudit.{pattern.profile}"]
    return {**event, **({"meta": meta} if meta else {})}


def _fits(event: Resource, pattern: Pattern, consents: list[Resource]) -> bool:
    """Say whether the event has what the profile of its pattern asks for."""
    patients = [one for one in event["entity"] if one.get("role", {}).get("code") == "1"]
    types = {one["type"]["coding"][0]["code"] for one in event["agent"]}
    match pattern.profile:
        case "":
            return False
        case "AuthZconsent":
            needed = {"110150", "IRCP", "PROV", "authserver"}
            return bool(consents) and len(patients) == 1 and needed <= types
        case "Query":
            return True
        case "PrivacyDisclosure.Source":
            return len(patients) == 1 and len(event["entity"]) > 1
        case _:
            return len(patients) == 1 and bool(consents)


def _outcome(view: EntryView) -> tuple[str, str]:
    codes = codes_of(view.body)
    outcome = codes.get("outcome", "")
    if not outcome or outcome in PERMITTING:
        return "0", ""
    return "8", codes.get("reason", outcome)


def _agents(
    view: EntryView, data: Resource, pattern: Pattern, observer: Resource, origin: str
) -> list[Resource]:
    uri = {"address": origin, "type": "5"}
    who = _who(view.actor)
    if pattern.profile == "AuthZconsent":
        person = data.get("person_id")
        agents = [
            _agent(f"{_TERMS}/extra-security-role-type", "authserver", observer),
            _agent(DCM, "110150", who, network=_ABSENT),
        ]
        if person:
            asked = _who(f"person:{person}")
            agents.append(_agent(f"{_TERMS}/v3-ParticipationType", "IRCP", asked, requestor=True))
        agents.append(_agent(f"{_TERMS}/v3-RoleClass", "PROV", _organisation(data)))
        return agents
    client, server = ("110153", "110152") if pattern.action in "CUE" else ("110152", "110153")
    acted = _agent(DCM, client, who, requestor=True, network=_ABSENT)
    agents = [acted, _agent(DCM, server, observer, network=uri)]
    if view.org is not None:
        agents.append(
            _agent(f"{_TERMS}/v3-RoleClass", "PROV", _organisation({"organisation_id": view.org}))
        )
    return agents


def _agent(
    system: str,
    code: str,
    who: Resource,
    *,
    requestor: bool = False,
    network: Resource | None = None,
) -> Resource:
    agent: Resource = {"type": {"coding": [_coding(system, code)]}, "who": who}
    agent["requestor"] = requestor
    return agent if network is None else {**agent, "network": network}


def _who(actor: str) -> Resource:
    sort = {"person": "Practitioner", "client": "Device", "system": "Device"}
    found: Resource = {"identifier": {"system": ACTOR_SYSTEM, "value": actor}}
    return {"type": sort.get(actor.partition(":")[0], "Device"), **found}


def _organisation(data: Resource) -> Resource:
    value = f"organisation:{data.get('organisation_id')}"
    return {"type": "Organization", "identifier": {"system": SUBJECT_SYSTEM, "value": value}}


def _patients(view: EntryView) -> list[Resource]:
    return [
        {
            "what": {"reference": f"Patient/{subject.removeprefix('patient:')}"},
            "type": _coding(f"{_TERMS}/audit-entity-type", "1"),
            "role": _coding(f"{_TERMS}/object-role", "1"),
        }
        for subject in view.about()
        if subject.startswith("patient:")
    ]


def _consents(kind: str, data: Resource) -> list[Resource]:
    if kind == "access.decided":
        ids = [one.get("consent_id") for one in data.get("consents") or []]
        typed = _coding("http://hl7.org/fhir/resource-types", "Consent")
    else:
        ids = [data["consent_id"]] if data.get("consent_id") else []
        typed = _coding(f"{_TERMS}/audit-entity-type", "2")
    role = {} if kind == "access.decided" else {"role": _coding(f"{_TERMS}/object-role", "4")}
    return [
        {"what": {"reference": f"Consent/{one}"}, "type": typed, **role}
        for one in dict.fromkeys(ids)
    ]


def _others(view: EntryView, data: Resource, pattern: Pattern) -> list[Resource]:
    """Return whom else an entry is about, what was asked for, and what left."""
    if pattern.profile == "AuthZconsent":  # Its list of entities is closed.
        return []
    system_object = _coding(f"{_TERMS}/audit-entity-type", "2")
    found: list[Resource] = [
        {
            "what": {"identifier": {"system": SUBJECT_SYSTEM, "value": subject}},
            "type": system_object,
            "role": _coding(f"{_TERMS}/object-role", "4"),
        }
        for subject in view.about()
        if not subject.startswith("patient:")
    ]
    if pattern.profile == "Query":
        query = b64encode("&".join(map(str, data.get("filters") or [])).encode()).decode()
        asked = {"type": system_object, "role": _coding(f"{_TERMS}/object-role", "24")}
        return [{**asked, "query": query or "IA=="}]
    if view.kind == "trail.exported":
        value = f"care-ledger:{data.get('tree')}:{data.get('size')}"
        left = {"identifier": {"system": SUBJECT_SYSTEM, "value": value}}
        role = _coding(f"{_TERMS}/object-role", "3")
        found.append({"what": left, "type": system_object, "role": role})
    return found


def _coding(system: str, code: str) -> Resource:
    display = _DISPLAYS.get((system, code))
    return {"system": system, "code": code, **({"display": display} if display else {})}


_DISPLAYS: Final = {
    (DCM, "110100"): "Application Activity",
    (DCM, "110106"): "Export",
    (DCM, "110113"): "Security Alert",
    (DCM, "110127"): "Emergency Override Started",
    (DCM, "110150"): "Application",
    (DCM, "110152"): "Destination Role ID",
    (DCM, "110153"): "Source Role ID",
    (REST, "rest"): "Restful Operation",
}
