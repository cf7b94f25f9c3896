"""What an organisation is known by: a kind, a name and, mostly, an ODS code."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ledger.core.errors import Conflict, Invalid
from ledger.directory.rules import names

ODS_SYSTEM: Final = "https://fhir.nhs.uk/Id/ods-organization-code"
"""The identifier system under which FHIR knows ODS codes."""

_ODS: Final = re.compile(r"^[A-Z0-9]{3,12}$")
_POSTCODE: Final = re.compile(r"^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}$")
_TRUST_CODE_LENGTH: Final = 3


class OrganisationKind(StrEnum):
    """What sort of body it is. The value is stored and logged: never rename one."""

    BOARD = "integrated-care-board"
    TRUST = "nhs-trust"
    SITE = "nhs-site"
    PRACTICE = "gp-practice"
    COUNCIL = "council"
    VOLUNTARY = "voluntary-body"
    PROVIDER = "other-provider"


class NotAnOdsCode(Invalid):
    """Not 3 to 12 letters and figures."""

    slug = "not-an-ods-code"
    title = "This is not an ODS code"


class OdsCodeTaken(Conflict):
    """Another organisation has this code already."""

    slug = "ods-code-taken"
    title = "An organisation with this ODS code is already registered"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationDetails:
    """What is registered of an organisation. All of it is public."""

    name: str
    kind: OrganisationKind
    ods_code: str | None = None
    town: str | None = None
    postcode: str | None = None


def ods_code(text: str) -> str:
    """Return an ODS code in capitals.

    Raises:
        NotAnOdsCode: it is not one.
    """
    tidy = text.strip().upper()
    if not _ODS.match(tidy):
        raise NotAnOdsCode("an ODS code has 3 to 12 letters and figures, such as RGT or RGT01")
    return tidy


def postcode(text: str) -> str:
    """Return a postcode in capitals with one space. Raises `Invalid` if it is none."""
    tidy = " ".join(text.upper().split())
    if not _POSTCODE.match(tidy):
        raise Invalid("a postcode looks like LS1 1UR: check it again")
    return tidy


def parent_code(details: OrganisationDetails) -> str | None:
    """Return the ODS code of the trust that a site belongs to: its first three characters."""
    if details.kind is OrganisationKind.SITE and details.ods_code is not None:
        return details.ods_code[:_TRUST_CODE_LENGTH]
    return None


def checked(details: OrganisationDetails) -> OrganisationDetails:
    """Return *details* with each part in its one spelling. Raises `Invalid` naming the part."""
    return OrganisationDetails(
        name=names.name(details.name, what="name of an organisation"),
        kind=details.kind,
        ods_code=ods_code(details.ods_code) if details.ods_code else None,
        town=names.name(details.town, what="town") if details.town else None,
        postcode=postcode(details.postcode) if details.postcode else None,
    )
