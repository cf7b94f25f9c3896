"""A small partnership: a trust and a council with an agreement, and a patient."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from flask import Flask

from ledger.core.actor import Actor
from tests.given import consent as given
from tests.given.directory import organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class Partnership:
    trust: UUID
    council: UUID
    agreement_id: UUID
    patient: Actor
    patient_id: UUID


@pytest.fixture
def partnership(app: Flask) -> Partnership:
    trust, council = organisation("Demonstration Trust"), organisation("Demonstration Council")
    patient, agreement_id = given.shared(trust, council)
    assert patient.patient_id is not None
    return Partnership(
        trust=trust,
        council=council,
        agreement_id=agreement_id,
        patient=patient,
        patient_id=patient.patient_id,
    )
