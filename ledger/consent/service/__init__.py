"""Commands on consents. Each has four steps: load, authorise, check, record."""

from ledger.consent.service.binding import NHS_NUMBER, UnknownPatient
from ledger.consent.service.ending import narrow, version, withdraw
from ledger.consent.service.erasing import withdraw_all
from ledger.consent.service.forms import Became, RowDone, import_forms
from ledger.consent.service.granting import Said, Shown, dissent, grant, refuse
from ledger.consent.service.held import ChangedMeanwhile, Recorded
from ledger.consent.service.importing import Imported, import_fhir, imported_before
from ledger.consent.service.late import Waiting, grant_or_wait
from ledger.consent.service.life import (
    enter_in_error,
    invalidate,
    re_validate,
    supersede,
    suspend,
)
from ledger.consent.service.many import Result, Statement, say_many
from ledger.consent.service.quarantining import (
    StillInDoubt,
    WordOfNobody,
    accept_quarantined,
    ask_sender,
    close_quarantine,
)
from ledger.consent.service.revising import revise_fhir

__all__ = [
    "NHS_NUMBER",
    "Became",
    "ChangedMeanwhile",
    "Imported",
    "Recorded",
    "Result",
    "RowDone",
    "Said",
    "Shown",
    "Statement",
    "StillInDoubt",
    "UnknownPatient",
    "Waiting",
    "WordOfNobody",
    "accept_quarantined",
    "ask_sender",
    "close_quarantine",
    "dissent",
    "enter_in_error",
    "grant",
    "grant_or_wait",
    "import_fhir",
    "import_forms",
    "imported_before",
    "invalidate",
    "narrow",
    "re_validate",
    "refuse",
    "revise_fhir",
    "say_many",
    "supersede",
    "suspend",
    "version",
    "withdraw",
    "withdraw_all",
]
