"""Commands on consents. Each has four steps: load, authorise, check, record."""

from ledger.consent.service.ending import narrow, version, withdraw
from ledger.consent.service.erasing import withdraw_all
from ledger.consent.service.granting import Said, Shown, dissent, grant, refuse
from ledger.consent.service.held import ChangedMeanwhile, Recorded
from ledger.consent.service.importing import Imported, UnknownPatient, close_quarantine, import_fhir
from ledger.consent.service.life import (
    enter_in_error,
    invalidate,
    re_validate,
    supersede,
    suspend,
)

__all__ = [
    "ChangedMeanwhile",
    "Imported",
    "Recorded",
    "Said",
    "Shown",
    "UnknownPatient",
    "close_quarantine",
    "dissent",
    "enter_in_error",
    "grant",
    "import_fhir",
    "invalidate",
    "narrow",
    "re_validate",
    "refuse",
    "supersede",
    "suspend",
    "version",
    "withdraw",
    "withdraw_all",
]
