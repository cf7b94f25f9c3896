"""The words of ODRL 2.2 and W3C DPV that terms are spelled with, both ways.

ODRL: https://www.w3.org/TR/odrl-model/. DPV 2: https://w3id.org/dpv, with its extension for
the GDPR. A purpose is given as its v3 ActReason code, with the nearest purpose of DPV beside it.
"""

from types import MappingProxyType
from typing import Any, Final

from ledger.agreements.rules.basis import Article6, Article9
from ledger.vocabulary import purposes

ACT_REASON: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason#"
OWN: Final = "urn:care-ledger:terms#"
CATEGORY: Final = "urn:care-ledger:category:"
DPV: Final = "https://w3id.org/dpv#"
GDPR: Final = "https://w3id.org/dpv/legal/eu/gdpr#"
CONTEXT: Final[tuple[Any, ...]] = (
    "http://www.w3.org/ns/odrl.jsonld",
    {"dpv": DPV, "eu-gdpr": GDPR, "actreason": ACT_REASON, "ledger": OWN},
)

_DPV: Final = MappingProxyType(
    {
        "PurposeOfUse": "Purpose",
        "TREAT": "ServiceProvision",
        "SOCIALCARE": "ServiceProvision",
        "CAREMGT": "ServiceProvision",
        "POPHLTH": "ImproveHealthcare",
        "PUBHLTH": "PublicBenefit",
        "HOPERAT": "OrganisationGovernance",
        "HDM": "ImproveHealthcare",
        "HQUALIMP": "ImproveHealthcare",
        "HOUTCOMS": "ImproveHealthcare",
        "PATSFTY": "ImproveHealthcare",
        "HRESCH": "ScientificResearch",
        "HPAYMT": "PaymentManagement",
        "TRAIN": "PersonnelManagement",
        "PATADMIN": "RecordManagement",
    }
)
"""The nearest purpose of DPV at or above a v3 ActReason code."""

_FROM_DPV: Final = MappingProxyType(
    {
        "ScientificResearch": "HRESCH",
        "ImproveHealthcare": "HQUALIMP",
        "PaymentManagement": "HPAYMT",
        "RecordManagement": "PATADMIN",
    }
)
"""What a purpose of DPV alone is read as: where only one code of ours is meant by it."""

_MEMBERS: Final[dict[str, Article6 | Article9]] = {
    **{each.value: each for each in Article6},
    **{each.value: each for each in Article9},
}


def dpv_purpose(code: str) -> str:
    """Return the nearest purpose of DPV for a code, as a compact IRI."""
    current: str | None = code.partition(".")[0]
    while current is not None and current not in _DPV:
        current = purposes.PARENTS.get(current)
    return f"dpv:{_DPV[current] if current else 'Purpose'}"


def code_of(iri: str) -> str | None:
    """Return the code that an IRI of a purpose means; None if it is none of ours."""
    for prefix in (ACT_REASON, "actreason:"):
        if iri.startswith(prefix):
            return iri.removeprefix(prefix)
    for prefix in (DPV, "dpv:"):
        if iri.startswith(prefix):
            return _FROM_DPV.get(iri.removeprefix(prefix))
    return None


def legal_basis(article: Article6 | Article9) -> str:
    """Return an article as DPV's GDPR extension names it: ``eu-gdpr:A6-1-e``."""
    number, *rest = article.value.replace(")", "").split("(")
    return f"eu-gdpr:A{'-'.join([number, *rest])}"


_BY_IRI: Final = MappingProxyType(
    {legal_basis(each).removeprefix("eu-gdpr:"): each for each in _MEMBERS.values()}
)


def article_of(iri: str) -> Article6 | Article9 | None:
    """Return the article that an IRI of a legal basis means; None if it is none of ours."""
    for prefix in (GDPR, "eu-gdpr:"):
        if iri.startswith(prefix):
            return _BY_IRI.get(iri.removeprefix(prefix))
    return None
