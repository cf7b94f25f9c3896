"""Reads of consents that other areas and the edges may use. All return values."""

from ledger.consent.queries.offers import OnOffer, on_offer
from ledger.consent.queries.reading import (
    ConsentView,
    EventView,
    QuarantineView,
    consent,
    of_patient,
    quarantined,
    quarantined_bytes,
    resource,
)
from ledger.consent.queries.standing import PatientConsents, standing, versions

__all__ = [
    "ConsentView",
    "EventView",
    "OnOffer",
    "PatientConsents",
    "QuarantineView",
    "consent",
    "of_patient",
    "on_offer",
    "quarantined",
    "quarantined_bytes",
    "resource",
    "standing",
    "versions",
]
