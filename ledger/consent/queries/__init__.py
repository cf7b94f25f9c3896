"""Reads of consents that other areas and the edges may use. All return values."""

from ledger.consent.queries.reading import (
    ConsentView,
    EventView,
    QuarantineView,
    consent,
    of_patient,
    quarantined,
    resource,
)
from ledger.consent.queries.standing import PatientConsents, standing, versions

__all__ = [
    "ConsentView",
    "EventView",
    "PatientConsents",
    "QuarantineView",
    "consent",
    "of_patient",
    "quarantined",
    "resource",
    "standing",
    "versions",
]
