"""The legal bases by which somebody acts for a patient, as the NHS in England codes them.

Facts of the code system ``https://fhir.nhs.uk/England/CodeSystem/RA-ProxyRole`` 0.1.0, in our
own order, with what each may stand beside.
"""

from enum import StrEnum
from typing import Final

from ledger.directory.acting.rules import PowerKind

SYSTEM: Final = "https://fhir.nhs.uk/England/CodeSystem/RA-ProxyRole"


class Basis(StrEnum):
    """A legal basis. The value is stored and logged: never rename one."""

    PATIENT_CONSENT = "patient-consent"
    BEST_INTERESTS = "best-interests"
    ATTORNEY_OR_DEPUTY = "attorney-or-deputy"
    PARENTAL_RESPONSIBILITY = "parental-responsibility"


CODES: Final[dict[Basis, str]] = {
    Basis.PATIENT_CONSENT: "001",
    Basis.BEST_INTERESTS: "002",
    Basis.ATTORNEY_OR_DEPUTY: "003",
    Basis.PARENTAL_RESPONSIBILITY: "004",
}
"""What the code system calls each."""

BASES: Final[dict[PowerKind, frozenset[Basis]]] = {
    PowerKind.PARENT: frozenset({Basis.PARENTAL_RESPONSIBILITY}),
    PowerKind.ATTORNEY: frozenset({Basis.ATTORNEY_OR_DEPUTY}),
    PowerKind.DEPUTY: frozenset({Basis.ATTORNEY_OR_DEPUTY}),
    PowerKind.OTHER: frozenset({Basis.PATIENT_CONSENT, Basis.BEST_INTERESTS}),
    PowerKind.HELPER: frozenset({Basis.PATIENT_CONSENT, Basis.BEST_INTERESTS}),
}
"""Which bases a kind of power may have."""
