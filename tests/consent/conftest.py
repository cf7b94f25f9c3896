"""A small partnership: a trust and a council with an agreement, and a patient."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings

from ledger.core.actor import Actor
from tests.beginnings import begins_with
from tests.given import consent as given
from tests.given.directory import organisation

# A busy machine is slow, which is no failure of what is tested.
settings.register_profile(
    "consents",
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("consents")


@dataclass(frozen=True, slots=True, kw_only=True)
class Partnership:
    """What most of these tests happen in."""

    trust: UUID
    council: UUID
    agreement_id: UUID
    patient: Actor
    patient_id: UUID


def agreed() -> Partnership:
    """Let a trust and a council agree, and a patient be known to both."""
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


beginning = begins_with(agreed)


@pytest.fixture
def partnership(told: Partnership) -> Partnership:
    return told


ActAs = Callable[[Actor], FlaskClient]


@pytest.fixture
def act_as(app: Flask) -> ActAs:
    """Return a client for whom somebody is signed in."""
    who: list[Actor] = []

    def identified() -> None:
        if who:
            g.actor = who[-1]

    app.before_request_funcs.setdefault(None, []).append(identified)

    def sign_in(actor: Actor) -> FlaskClient:
        who.append(actor)
        return app.test_client()

    return sign_in
