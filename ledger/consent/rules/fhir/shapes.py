"""The elements that FHIR R4 and R5 give a Consent, and the shape of each.

Sources: https://hl7.org/fhir/R4/consent.html and https://hl7.org/fhir/R5/consent.html.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

Shape = Mapping[str, Any]
"""Of each element: a type, a shape, or a list of one of these if it repeats."""


class Release(StrEnum):
    """A release of FHIR, by the name that its addresses have."""

    R4 = "R4"
    R5 = "R5"

    @property
    def version(self) -> str:
        """Its number, as `fhirVersion` of a media type gives it."""
        return {"R4": "4.0", "R5": "5.0"}[self.value]


CODING: Final[Shape] = {
    "system": str,
    "version": str,
    "code": str,
    "display": str,
    "userSelected": bool,
}
CONCEPT: Final[Shape] = {"coding": [CODING], "text": str}
PERIOD: Final[Shape] = {"start": str, "end": str}
IDENTIFIER: Final[Shape] = {
    "use": str,
    "type": CONCEPT,
    "system": str,
    "value": str,
    "period": PERIOD,
    "assigner": dict,
}
REFERENCE: Final[Shape] = {
    "reference": str,
    "type": str,
    "identifier": IDENTIFIER,
    "display": str,
}

_BOTH: Final[Shape] = {
    "period": PERIOD,
    "actor": [{"role": CONCEPT, "reference": REFERENCE}],
    "action": [CONCEPT],
    "securityLabel": [CODING],
    "purpose": [CODING],
    "code": [CONCEPT],
    "dataPeriod": PERIOD,
    "data": [{"meaning": str, "reference": REFERENCE}],
}
_PROVISION_R4: Final[dict[str, Any]] = {**_BOTH, "type": str, "class": [CODING]}
_PROVISION_R4["provision"] = [_PROVISION_R4]
_PROVISION_R5: Final[dict[str, Any]] = {
    **_BOTH,
    "documentType": [CODING],
    "resourceType": [CODING],
    "expression": dict,
}
_PROVISION_R5["provision"] = [_PROVISION_R5]

_RESOURCE: Final[Shape] = {
    "resourceType": str,
    "id": str,
    "meta": dict,
    "implicitRules": str,
    "language": str,
    "text": dict,
    "contained": [dict],
    "identifier": [IDENTIFIER],
    "status": str,
    "category": [CONCEPT],
    "verification": [dict],
}
CONSENT: Final[Mapping[Release, Shape]] = {
    Release.R4: {
        **_RESOURCE,
        "scope": CONCEPT,
        "patient": REFERENCE,
        "dateTime": str,
        "performer": [REFERENCE],
        "organization": [REFERENCE],
        "sourceAttachment": dict,
        "sourceReference": REFERENCE,
        "policy": [{"authority": str, "uri": str}],
        "policyRule": CONCEPT,
        "provision": _PROVISION_R4,
    },
    Release.R5: {
        **_RESOURCE,
        "subject": REFERENCE,
        "date": str,
        "period": PERIOD,
        "grantor": [REFERENCE],
        "grantee": [REFERENCE],
        "manager": [REFERENCE],
        "controller": [REFERENCE],
        "sourceAttachment": [dict],
        "sourceReference": [REFERENCE],
        "regulatoryBasis": [CONCEPT],
        "policyBasis": {"reference": REFERENCE, "url": str},
        "policyText": [REFERENCE],
        "decision": str,
        "provision": [_PROVISION_R5],
    },
}
REQUIRED: Final[Mapping[Release, tuple[str, ...]]] = {
    Release.R4: ("status", "scope", "category"),
    Release.R5: ("status",),
}
EVERYWHERE: Final[Shape] = {"id": str, "extension": [dict], "modifierExtension": [dict]}
