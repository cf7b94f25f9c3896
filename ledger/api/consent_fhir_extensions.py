"""Our own extensions of FHIR Consent, as StructureDefinitions: see `rules.fhir.extensions`."""

from typing import Any, Final

from flask import Blueprint
from flask.typing import ResponseReturnValue

from ledger.api import consent_fhir_wire as wire
from ledger.api.consent_fhir_metadata import FHIR_VERSIONS, PUBLISHED
from ledger.consent.rules.fhir import Release
from ledger.consent.rules.fhir.extensions import BASE, DEFINITIONS, Definition
from ledger.core.errors import NotFound
from ledger.edge.guard import public

blueprint = Blueprint("fhir_extensions", __name__, url_prefix="/fhir/<any(R4, R5):release>")

_EXTENSION: Final = "http://hl7.org/fhir/StructureDefinition/Extension"


@blueprint.get("/StructureDefinition/<name>")
@public("programs read what our extensions mean before they sign in, and it names nobody")
def read(release: str, name: str) -> ResponseReturnValue:
    """Say what an extension means, where it stands and what it holds."""
    spoken = Release(release)
    wire.negotiate(spoken)
    known = DEFINITIONS.get(BASE + name)
    if known is None:
        raise NotFound("no such extension of ours")
    return wire.answer(structure(spoken, name, known), 200)


def structure(release: Release, name: str, known: Definition) -> wire.Resource:
    """Return the StructureDefinition of one extension (R4 and R5 §StructureDefinition)."""
    elements: list[dict[str, Any]] = [
        {
            "id": "Extension",
            "path": "Extension",
            "short": known.words,
            "min": 0,
            "max": "*" if known.repeats else "1",
            **(
                {"isModifier": True, "isModifierReason": "It changes what is permitted."}
                if known.modifier
                else {}
            ),
        },
        {"id": "Extension.url", "path": "Extension.url", "fixedUri": BASE + name},
        {
            "id": "Extension.value[x]",
            "path": "Extension.value[x]",
            "min": 1,
            "type": [{"code": known.kind}],
        },
    ]
    return {
        "resourceType": "StructureDefinition",
        "id": name,
        "url": BASE + name,
        "name": "".join(word.capitalize() for word in name.split("-")),
        "status": "active",
        "date": PUBLISHED,
        "description": known.words,
        "fhirVersion": FHIR_VERSIONS[release],
        "kind": "complex-type",
        "abstract": False,
        "context": [{"type": "element", "expression": known.context}],
        "type": "Extension",
        "baseDefinition": _EXTENSION,
        "derivation": "constraint",
        "differential": {"element": elements},
    }
