"""Our own extensions of Consent: what FHIR has no element for, so that nothing is said otherwise.

Each that changes what is permitted is a *modifier*, which whoever does not know it must refuse.
The rest may be ignored by anybody. Each is served as a StructureDefinition, such as
``/fhir/R4/StructureDefinition/scoped``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

BASE: Final = "https://care-ledger.example/fhir/StructureDefinition/"

SCOPED: Final = f"{BASE}scoped"
CLOSED: Final = f"{BASE}closed"
CLOSED_NO: Final = f"{BASE}closed-no"
UNLABELLED: Final = f"{BASE}unlabelled"
ALSO: Final = f"{BASE}also"
DECIDED_AT: Final = f"{BASE}decided-at"

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Definition:
    """What an extension is: where it stands, what type its value has, and what it means."""

    context: str
    kind: str
    words: str
    modifier: bool = True
    repeats: bool = False


DEFINITIONS: Final[Mapping[str, Definition]] = {
    SCOPED: Definition(
        "Consent",
        "boolean",
        "R5: the one provision of this consent is no exception to its decision, but all that it "
        "speaks about. Of anything else it says nothing.",
    ),
    CLOSED: Definition(
        "Consent",
        "boolean",
        "R5: this no with one exception was given as a yes to nothing but that.",
        modifier=False,
    ),
    CLOSED_NO: Definition(
        "Consent",
        "boolean",
        "It is a no to what it speaks about, with exceptions, and to all else without any.",
    ),
    UNLABELLED: Definition(
        "Consent",
        "code",
        "The controller recorded that data without labels has this confidentiality: N.",
    ),
    ALSO: Definition(
        "Consent.provision",
        "Coding",
        "What is matched must have one of these too, besides one that `code` or `securityLabel` "
        "lists: a category of data beside codes, a sensitivity beside a confidentiality.",
        repeats=True,
    ),
    DECIDED_AT: Definition(
        "Consent",
        "dateTime",
        "The moment of the decision; `date` of R5 is a day.",
        modifier=False,
    ),
}


def flag(url: str) -> dict[str, Any]:
    """Return an extension that says yes."""
    return {"url": url, "valueBoolean": True}


NORMAL: Final = {"url": UNLABELLED, "valueCode": "N"}


def has(resource: Json, extension: Json, *, among: str = "modifierExtension") -> bool:
    """Say whether a resource has just this extension."""
    return extension in resource.get(among, ())


def is_ours(element: str, extension: object) -> bool:
    """Say whether a modifier is one of ours, in its place and with a value that it may have."""
    if not isinstance(extension, Mapping):
        return False
    if element == "Consent":
        return extension in (flag(SCOPED), flag(CLOSED_NO), NORMAL)
    named = set(extension) == {"url", "valueCoding"} and extension["url"] == ALSO
    return named and isinstance(extension["valueCoding"], Mapping)
