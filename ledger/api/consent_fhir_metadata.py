"""What this server can do, as FHIR has it said: CapabilityStatement and OperationDefinition.

A test compares every interaction here with the URL map, so that it promises nothing that there
is not, and leaves nothing out that there is.
"""

from typing import Any, Final

from flask import Blueprint
from flask.typing import ResponseReturnValue

from ledger.api import audit_event_query, consent_fhir_search
from ledger.api import consent_fhir_wire as wire
from ledger.api.consent_fhir_resource import absolute
from ledger.api.consent_fhir_withdrawal import PARAMETERS
from ledger.consent.rules.fhir import Release
from ledger.core.errors import NotFound
from ledger.edge.guard import public

blueprint = Blueprint("fhir_metadata", __name__, url_prefix="/fhir/<any(R4, R5):release>")

PUBLISHED: Final = "2026-11-22"
WITHDRAW: Final = "consent-withdraw"
FHIR_VERSIONS: Final = {Release.R4: "4.0.1", Release.R5: "5.0.0"}
_KINDS: Final = {
    "date": "date",
    "period": "date",
    "_lastUpdated": "date",
    "patient": "reference",
    "actor": "reference",
    "agent": "reference",
    "entity": "reference",
}
_NO_FILTERS: Final = frozenset({"_count", "_format", "_sort"})
CONSENT: Final = ("read", "vread", "history-instance", "search-type", "create", "update")
DEFINED: Final = ("OperationDefinition", "StructureDefinition")
AUDIT_EVENT: Final = ("read", "search-type", "create")
_WORDS: Final = {
    "reason": "Why, as a code: not-said, changed-mind, no-longer-needed and so on.",
    "source": "How it is known: online by the patient's own hand; else spoken or paper.",
    "decidedAt": "When it was decided, if that was not just now.",
    "words": "What the patient adds, in their own words; kept for their key alone.",
}


@blueprint.get("/metadata")
@public("programs read it before they sign in, and it says nothing of anybody")
def metadata(release: str) -> ResponseReturnValue:
    """Say what this server can do."""
    spoken = Release(release)
    wire.negotiate(spoken)
    return wire.answer(statement(spoken), 200)


@blueprint.get("/OperationDefinition/<name>")
@public("programs read what an operation takes before they sign in, and it names nobody")
def operation(release: str, name: str) -> ResponseReturnValue:
    """Say what an operation takes and does."""
    spoken = Release(release)
    wire.negotiate(spoken)
    if name != WITHDRAW:
        raise NotFound("no such operation")
    return wire.answer(definition(spoken), 200)


def statement(release: Release) -> wire.Resource:
    """Return the CapabilityStatement of one release."""
    rest: dict[str, Any] = {"mode": "server", "security": _security()}
    rest["resource"] = resources = [_consent(release)]
    if release is Release.R4:
        resources.append(_audit_event())
        rest["interaction"] = [{"code": "transaction"}]
    resources += [{"type": kind, "interaction": [{"code": "read"}]} for kind in DEFINED]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": PUBLISHED,
        "kind": "instance",
        "implementation": {
            "description": "Care Ledger: what patients have said, and who looked",
            "url": absolute(f"/fhir/{release}"),
        },
        "software": {"name": "Care Ledger"},
        "fhirVersion": FHIR_VERSIONS[release],
        "format": ["json", wire.MIME],
        "rest": [rest],
    }


def _security() -> dict[str, Any]:
    system = "http://terminology.hl7.org/CodeSystem/restful-security-service"
    return {
        "cors": False,
        "service": [{"coding": [{"system": system, "code": "OAuth"}]}],
        "description": "OAuth 2.0 with PKCE or private_key_jwt; scopes as in the JSON API.",
    }


def _consent(release: Release) -> dict[str, Any]:
    return {
        "type": "Consent",
        "interaction": [{"code": code} for code in CONSENT],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": False,
        "conditionalCreate": True,
        "searchParam": _parameters(consent_fhir_search.SUPPORTED),
        "operation": [{"name": "withdraw", "definition": absolute(_address(release))}],
        "documentation": (
            "What is not understood beyond doubt is answered 202 and waits for a person. A new "
            "version shares no more than the one before; more is a new consent."
        ),
    }


def _audit_event() -> dict[str, Any]:
    return {
        "type": "AuditEvent",
        "interaction": [{"code": code} for code in AUDIT_EVENT],
        "versioning": "no-version",
        "searchParam": _parameters(audit_event_query.SUPPORTED),
        "documentation": "The log as events; what source systems say was read is taken in.",
    }


def _parameters(names: tuple[str, ...]) -> list[dict[str, str]]:
    found = sorted(set(names) - _NO_FILTERS)
    return [{"name": name, "type": _KINDS.get(name, "token")} for name in found]


def _address(release: Release) -> str:
    return f"/fhir/{release}/OperationDefinition/{WITHDRAW}"


def definition(release: Release) -> wire.Resource:
    """Return the OperationDefinition of `$withdraw`."""
    parameters = [
        {
            "name": name,
            "use": "in",
            "min": 0,
            "max": "1",
            "documentation": _WORDS[name],
            "type": kind.removeprefix("value")[0].lower() + kind.removeprefix("value")[1:],
        }
        for name, (kind, _) in PARAMETERS.items()
    ]
    returned = {"name": "return", "use": "out", "min": 1, "max": "1", "type": "Consent"}
    return {
        "resourceType": "OperationDefinition",
        "id": WITHDRAW,
        "url": absolute(_address(release)),
        "name": "Withdraw",
        "title": "Take back what was said, from now on",
        "status": "active",
        "kind": "operation",
        "date": PUBLISHED,
        "affectsState": True,
        "code": "withdraw",
        "resource": ["Consent"],
        "system": False,
        "type": False,
        "instance": True,
        "parameter": [*parameters, returned],
    }
