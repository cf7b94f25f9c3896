"""What a provider's claims say about somebody, in words of ours. Pure.

Two mappings, each a setting of a provider (`ledger.edge.providers`), and neither knows a vendor:

    staff     roles         the claim with a list of roles, each an object; without it the claims
                            below are looked for beside each other, in the token itself
              selected      the claim that names the role chosen at the provider
              role_id       the member of a role that `selected` names
              organisation  the member with the organisation's ODS code
              role          the member with the role's code
              role_map      what those codes mean here: {"S8000:G8000:R8001": "clinician"}

    patient   nhs_number    the claim with the number
              birthdate     the claim with the date of birth, compared if there is one
              proofing      the claim that says how well it was proved
              proofed       the words by which it was proved well enough
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ledger.core.actor import Role


class ClaimsRefused(Exception):
    """The claims are not what the provider's settings promise. Its sentence is for the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffClaims:
    """Where to find for whom somebody works, and as what."""

    organisation: str
    roles: str = ""
    selected: str = ""
    role_id: str = ""
    role: str = ""
    role_map: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientClaims:
    """Where to find whose record somebody's is."""

    nhs_number: str
    proofing: str
    proofed: tuple[str, ...]
    birthdate: str = "birthdate"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The role that was chosen at the provider. No role: any at that organisation."""

    ods_code: str
    role: Role | None


@dataclass(frozen=True, slots=True)
class Proofed:
    """An NHS number that the provider vouches for; no birthdate if it gives none."""

    nhs_number: str
    birthdate: str | None


def chosen(where: StaffClaims, claims: Mapping[str, Any]) -> Chosen:
    """Return for whom and as what somebody chose to be here.

    Raises:
        ClaimsRefused: no organisation is named, several are and none is chosen, or the role
            means nothing here.
    """
    found = _one_role(where, claims)
    ods_code = found.get(where.organisation)
    if not isinstance(ods_code, str) or not ods_code:
        raise ClaimsRefused("The provider does not say for which organisation you are here.")
    if not where.role:
        return Chosen(ods_code.upper(), None)
    meaning = where.role_map.get(str(found.get(where.role)))
    if meaning is None:
        raise ClaimsRefused("The role that you chose at the provider has no meaning here.")
    return Chosen(ods_code.upper(), Role(meaning))


def proofed(where: PatientClaims, claims: Mapping[str, Any]) -> Proofed | None:
    """Return whose record this is; None if the provider does not vouch for it."""
    number, birthdate = claims.get(where.nhs_number), claims.get(where.birthdate)
    if not isinstance(number, str) or claims.get(where.proofing) not in where.proofed:
        return None
    return Proofed(number, birthdate if isinstance(birthdate, str) else None)


def _one_role(where: StaffClaims, claims: Mapping[str, Any]) -> Mapping[str, Any]:
    if not where.roles:
        return claims
    listed = claims.get(where.roles)
    roles = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    if where.selected:
        picked = claims.get(where.selected)
        roles = [one for one in roles if picked and one.get(where.role_id) == picked]
    if len(roles) != 1:
        raise ClaimsRefused("The provider does not say in which of your roles you are here.")
    return roles[0]
