"""An emergency refusal stands if the patient made it with capacity; a yes breaks no glass."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from ledger.access import service
from ledger.access.answers import obligations
from ledger.access.deciding import Known, decide
from ledger.access.rules.words import Outcome, OverrideReason, Reason
from ledger.access.ruleset import in_force
from ledger.consent.rules.emergency import stands
from ledger.consent.rules.lifecycle import Event, StatusEvent
from ledger.consent.rules.model import Capacity, Conditions, Effect, Grantor, Node, Terms, Version
from ledger.consent.rules.speaking import DECIDES, Circumstances
from ledger.core.work import unit_of_work
from ledger.directory.acting.entries import Capable
from tests.access.test_deciding import NOW, QUESTION, known, version
from tests.given import acting
from tests.given.access import Scene, scene

BTG = replace(QUESTION, purpose="BTG")
ETREAT = Conditions(purposes=frozenset({"ETREAT"}))
REFUSAL = version(Terms(base=Effect.DENY, scope=ETREAT))
MOTHER = Grantor(key="mother", capacity=Capacity.PARENT)
LACKED = Circumstances(turns=((NOW - timedelta(days=9), False), (NOW - timedelta(days=5), True)))


@pytest.fixture
def here(app: Flask) -> Scene:
    return scene(cared_for=False)


def broken(*said: Version, circumstances: Circumstances = DECIDES) -> Known:
    given = known(*said)
    assert given.choices
    choices = replace(given.choices, circumstances=circumstances)
    return replace(given, choices=choices, override_id=UUID(int=9))


def decided_days_ago(days: int) -> Version:
    at = NOW - timedelta(days=days)
    return replace(version(REFUSAL.terms, at), decided_at=at)


@pytest.mark.parametrize(
    ("said", "circumstances", "refused"),
    [
        (REFUSAL, DECIDES, True),
        (decided_days_ago(10), LACKED, True),
        (decided_days_ago(7), LACKED, False),
        (decided_days_ago(1), LACKED, True),
        (REFUSAL, Circumstances(decides=False), False),
        (replace(REFUSAL, grantor=MOTHER), Circumstances(decides=False), False),
    ],
    ids=["capacity", "before", "while-lacking", "regained", "child", "parent"],
)
def test_it_stands_only_if_a_patient_with_capacity_made_it(
    app: Flask, said: Version, circumstances: Circumstances, *, refused: bool
) -> None:
    verdict = decide(BTG, broken(said, circumstances=circumstances), in_force(), NOW).verdict
    expected = Reason.REFUSED if refused else Reason.OVERRIDE
    assert (verdict.permits, verdict.reason) == (not refused, expected)
    assert stands(said, NOW, circumstances) is refused


def test_a_refusal_without_capacity_does_not_lift_an_older_one_with_it(app: Flask) -> None:
    before = replace(decided_days_ago(10), order=1)
    newer = replace(decided_days_ago(7), consent_id=UUID(int=77), order=2)
    given = broken(before, newer, circumstances=LACKED)
    verdict = decide(BTG, given, in_force(), NOW).verdict
    assert (verdict.permits, verdict.reason) == (False, Reason.REFUSED)


def test_what_a_young_person_took_up_is_their_own_refusal() -> None:
    """From the day on which they said so themselves, if they decided for themselves by then."""
    events = (
        *REFUSAL.events,
        StatusEvent(event=Event.PROXY_FROZEN, at=NOW - timedelta(days=2)),
        StatusEvent(event=Event.RE_VALIDATED, at=NOW - timedelta(days=1), by_patient=True),
    )
    said = replace(REFUSAL, grantor=MOTHER, events=events)
    grown = Circumstances(decides=False, turns=((NOW - timedelta(days=3), True),))
    assert stands(said, NOW, grown)
    assert not stands(said, NOW - timedelta(days=2), grown)
    assert not stands(said, NOW, Circumstances(decides=False))


def test_a_refusal_of_part_is_left_for_the_enforcer_to_hold_back(app: Flask) -> None:
    hiv = replace(ETREAT, sensitivities=frozenset({"HIV"}))
    knows = broken(version(Terms(base=Effect.DENY, scope=hiv)))
    decision = decide(BTG, knows, in_force(), NOW)
    assert decision.verdict.outcome is Outcome.PERMIT_BY_OVERRIDE
    first, *after = obligations(decision)
    assert first["code"] == "enforce-residual"
    assert first["residual"]["permits_otherwise"]
    assert next(duty["code"] for duty in after) == "tell-patient"
    seconded = decide(BTG, replace(knows, override_seconded=True), in_force(), NOW)
    assert "enforce-residual" not in {duty["code"] for duty in obligations(seconded)}


def test_an_exception_to_a_yes_that_names_emergencies_counts_as_a_refusal(app: Flask) -> None:
    said = version(Terms(base=Effect.PERMIT, exceptions=(Node(ETREAT),)))
    assert not decide(BTG, broken(said), in_force(), NOW).verdict.permits
    lacking = broken(said, circumstances=Circumstances(decides=False))
    assert decide(BTG, lacking, in_force(), NOW).verdict.permits


def test_a_yes_to_emergencies_does_not_break_the_glass(here: Scene) -> None:
    """What is kept when everything else is stopped lets in who cares, and no stranger by BTG."""
    here.grant("TREAT")
    asked = here.ask(purpose="BTG").decision
    assert (asked.facts.consent, asked.verdict.reason) == ("permit", Reason.NO_OVERRIDE)
    assert not asked.verdict.permits


def test_what_was_refused_while_capacity_was_recorded_as_lacking_does_not_stand(
    here: Scene,
) -> None:
    acting.found(here.patient_id, Capable.LACKS_CAPACITY, at=here.trust)
    here.dissent("ETREAT")
    with unit_of_work(here.clinician) as work:
        service.open_override(
            work,
            patient_id=here.patient_id,
            organisation_id=here.trust,
            reason_code=OverrideReason.UNCONSCIOUS,
            reason="Found collapsed.",
        )
    assert here.ask(purpose="BTG").permits
