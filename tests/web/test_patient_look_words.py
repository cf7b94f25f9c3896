"""What patients read about who looked, word for word."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from flask import Flask

from ledger.access.looks import Emergency
from ledger.access.queries import Looked
from ledger.access.reported.queries import ReadView
from ledger.access.reported.rules.reconciling import WORDS, Finding
from ledger.access.rules.words import Action, Outcome, OverrideReason, Reason, Regime
from ledger.core.actor import Role
from ledger.vocabulary.categories import Category
from ledger.web.patient_look_words import (
    EMERGENCY_WORDS,
    REGIME_WORDS,
    EmergencyCard,
    LookedRow,
    Month,
    Unasked,
    months,
)
from tests.conftest import NOW

TRUST = UUID(int=1)
NAMES = {TRUST: "Demonstration Trust"}

LOOKED = Looked(
    entry_id=UUID(int=2),
    position=1,
    at=NOW,
    person_id=UUID(int=3),
    asked_by=None,
    roles=frozenset({Role.CLINICIAN}),
    organisation_id=TRUST,
    holder_id=TRUST,
    purpose="TREAT",
    category=Category.MEDICINES,
    action=Action.ACCESS,
    allowed=True,
    outcome=Outcome.DEFAULT_PERMIT,
    reason=Reason.IMPLIED_CARE,
    words="They are recorded as looking after you, and you have not said no.",
    regime="care/1",
    lines=(),
    consent_ids=(),
    agreement=None,
)
READ = ReadView(
    id=UUID(int=4),
    patient_id=UUID(int=5),
    organisation_id=TRUST,
    person_id=None,
    read_at=NOW,
    received_at=NOW,
    action="read",
    purpose=None,
    decision_id=UUID(int=2),
    finding=Finding.MATCHED,
    words=WORDS[Finding.MATCHED],
    settled_at=None,
    justified=None,
    entry_id=UUID(int=6),
)
EMERGENCY = Emergency(
    id=UUID(int=7),
    entry_id=UUID(int=8),
    organisation_id=TRUST,
    reason_code=OverrideReason.RISK_TO_LIFE,
    opened_at=NOW,
    ends_at=NOW + timedelta(hours=1),
    reviewed_at=None,
    justified=None,
)


@pytest.fixture(autouse=True)
def _in_app(app: Flask) -> None:
    """Words take the service's time zone and language from the application."""


def test_staff_are_shown_by_role_and_organisation() -> None:
    row = LookedRow.of(LOOKED, NAMES)
    assert row.who == "Clinician, Demonstration Trust"
    by_program = LookedRow.of(replace(LOOKED, asked_by="client:x", roles=frozenset()), NAMES)
    asked = "A program, Demonstration Trust (asked by a computer system of Demonstration Trust)"
    assert by_program.who == asked
    assert LookedRow.of(LOOKED, {}).who == "Clinician, an organisation that is no longer listed"


def test_asked_allowed_and_actually_read_are_three_things() -> None:
    assert LookedRow.of(LOOKED, NAMES).read == "Not known: their system has not told us"
    assert LookedRow.of(LOOKED, NAMES, [READ]).read.startswith("Yes, ")
    withheld = replace(LOOKED, allowed=False, outcome=Outcome.DENY)
    assert (LookedRow.of(withheld, NAMES).answer, LookedRow.of(withheld, NAMES).read) == (
        "Withheld",
        "No",
    )
    urgent = replace(LOOKED, outcome=Outcome.PERMIT_BY_OVERRIDE)
    assert LookedRow.of(urgent, NAMES).answer == "Allowed: emergency"


@pytest.mark.parametrize(
    ("justified", "state"),
    [
        (None, "Somebody else has still to check this"),
        (True, "Checked: it was needed"),
        (False, "Checked: it was not needed"),
    ],
)
def test_an_emergency_says_what_the_check_found(*, justified: bool | None, state: str) -> None:
    reviewed = None if justified is None else NOW
    card = EmergencyCard.of(replace(EMERGENCY, reviewed_at=reviewed, justified=justified), NAMES)
    assert (card.who, card.why, card.state) == (
        "Demonstration Trust",
        "your life was at risk",
        state,
    )


def test_who_read_without_asking_is_told() -> None:
    view = replace(READ, finding=Finding.NO_DECISION, words=WORDS[Finding.NO_DECISION])
    one = Unasked.of(view, NAMES)
    assert (one.who, one.words) == (
        "Somebody at Demonstration Trust",
        "They looked without asking this service.",
    )


def test_months_are_those_of_the_clock_here_not_of_utc() -> None:
    """23:30 UTC on the last day of July is August in London."""
    at = NOW.replace(month=7, day=31, hour=23, minute=30)
    found = months([replace(LOOKED, at=at), replace(LOOKED, at=at, allowed=False)], [READ])
    assert [one.text for one in found] == ["August 2026", "March 2026"]
    assert found[0] == Month(first=date(2026, 8, 1), asked=2, allowed=1, read=0)
    assert (found[1].asked, found[1].read) == (0, 1)


def test_every_rule_and_every_reason_of_an_emergency_has_words() -> None:
    assert set(REGIME_WORDS) == set(Regime)
    assert set(EMERGENCY_WORDS) == set(OverrideReason)
    assert len(set(REGIME_WORDS.values())) == len(Regime)
