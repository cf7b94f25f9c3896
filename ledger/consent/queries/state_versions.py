"""The versions of what patients have said, as a part of a statement that asks for more."""

from typing import Final

from sqlalchemy import select

from ledger.consent.models import PatientState
from ledger.core.among import among

VERSIONS: Final = select(PatientState.patient_id.label("id"), PatientState.version).where(
    among(PatientState.patient_id, "patient_ids")
)
"""(id, version) of each patient of ``patient_ids``. Who said nothing is left out."""
