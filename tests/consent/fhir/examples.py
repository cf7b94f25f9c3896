"""FHIR consents of our own, small enough to see what each is about."""

import json
from typing import Any
from zoneinfo import ZoneInfo

from ledger.consent.rules.fhir import Quarantined, ReadConsent, read

LONDON = ZoneInfo("Europe/London")
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
ACT_REASON = f"{TERMINOLOGY}/v3-ActReason"
PCF = "https://profiles.ihe.net/ITI/PCF/StructureDefinition/IHE.PCF.consentBasic"
PATIENT = "https://fhir.nhs.uk/Id/nhs-number|9990000018"
ORGANISATION = "https://fhir.nhs.uk/Id/ods-organization-code|QWE"

Json = dict[str, Any]


def concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def coding(system: str, code: str) -> Json:
    return {"system": system, "code": code}


def treat() -> Json:
    return {"purpose": [coding(ACT_REASON, "TREAT")]}


def recipient(code: str = "QWE", role: str = "PRCP") -> Json:
    system, _, _ = ORGANISATION.partition("|")
    return {
        "role": concept(f"{TERMINOLOGY}/v3-ParticipationType", role),
        "reference": {"identifier": {"system": system, "value": code}},
    }


def a_consent(provision: Json | None = None, **changes: Any) -> Json:
    """A readable consent; a change to None leaves the element out."""
    system, _, number = PATIENT.partition("|")
    found: Json = {
        "resourceType": "Consent",
        "status": "active",
        "scope": concept(f"{TERMINOLOGY}/consentscope", "patient-privacy"),
        "category": [concept("http://loinc.org", "59284-0")],
        "patient": {"identifier": {"system": system, "value": number}},
        "dateTime": "2026-01-05",
        "policyRule": concept(f"{TERMINOLOGY}/v3-ActCode", "OPTIN"),
        "provision": provision,
        **changes,
    }
    return {name: value for name, value in found.items() if value is not None}


def body(consent: Json) -> bytes:
    return json.dumps(consent).encode()


def reading(consent: Json) -> ReadConsent | Quarantined:
    return read(body(consent), LONDON)


def understood(consent: Json) -> ReadConsent:
    found = reading(consent)
    assert isinstance(found, ReadConsent), found
    return found


def doubted(consent: Json) -> set[tuple[str, str]]:
    """Why it is quarantined: (reason, element)."""
    found = reading(consent)
    assert isinstance(found, Quarantined), found
    return {(doubt.reason.value, doubt.element) for doubt in found.doubts}
