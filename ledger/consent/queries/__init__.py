"""Reads of consents that other areas and the edges may use. All return values."""

from ledger.consent.queries.history import history
from ledger.consent.queries.offers import OnOffer, on_offer
from ledger.consent.queries.quarantine import (
    QuarantineCase,
    QuarantineView,
    quarantine_case,
    quarantined,
    quarantined_bytes,
)
from ledger.consent.queries.reading import (
    ConsentView,
    EventView,
    consent,
    of_patient,
    resource,
)
from ledger.consent.queries.standing import PatientConsents, standing, versions

__all__ = [
    "ConsentView",
    "EventView",
    "OnOffer",
    "PatientConsents",
    "QuarantineCase",
    "QuarantineView",
    "consent",
    "history",
    "of_patient",
    "on_offer",
    "quarantine_case",
    "quarantined",
    "quarantined_bytes",
    "resource",
    "standing",
    "versions",
]
