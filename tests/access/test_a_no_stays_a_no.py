"""Whatever is said after a no, and whoever says it, the no is never less than it was."""

from dataclasses import replace
from uuid import UUID

import pytest
from flask import Flask

from ledger.access import service
from ledger.access.deciding import decide
from ledger.access.rules.words import Outcome, OverrideReason, Reason
from ledger.access.ruleset import in_force
from ledger.consent import service as consents
from ledger.consent.rules import (
    Conditions,
    Effect,
    Kind,
    Node,
    Terms,
    Version,
)
from ledger.consent.rules.choices import ChoiceNotPossible, Source
from ledger.consent.rules.narrowing import NotNarrower
from ledger.consent.service import Said
from ledger.core.actor import Role
from ledger.core.work import unit_of_work
from ledger.vocabulary.categories import Category
from tests.access.test_deciding import NOW, QUESTION, known, version
from tests.beginnings import begins_with
from tests.given import directory
from tests.given.access import Scene, scene

beginning = begins_with(scene)


@pytest.fixture
def here(told: Scene) -> Scene:
    return told


def outcome(here: Scene, **changes: object) -> tuple[str, str]:
    verdict = here.ask(**changes).decision.verdict
    return verdict.outcome, verdict.reason


def test_a_no_lets_in_nobody_whom_it_names(here: Scene) -> None:
    """People who never get it are exceptions to a yes; as exceptions to a no they would get it."""
    me = frozenset({f"person:{here.clinician.id}"})
    for purpose in ("TREAT", "HRESCH"):
        with pytest.raises(ChoiceNotPossible) as refused, unit_of_work(here.clinician) as work:
            consents.dissent(
                work,
                patient_id=here.patient_id,
                choice=here.choice(purpose, organisation_ids=frozenset(), but_not=me),
                said=Said(source=Source.SPOKEN),
            )
        assert [fault.field for fault in refused.value.faults] == ["/but_not_person_ids"]
    assert not here.ask(purpose="HRESCH").permits


def test_a_narrower_no_does_not_lift_a_wider_one(here: Scene) -> None:
    everything = here.dissent(categories=frozenset(), organisation_ids=frozenset())
    assert outcome(here) == (Outcome.DENY, Reason.REFUSED)
    here.dissent(categories=frozenset({Category.APPOINTMENTS}))
    assert outcome(here) == (Outcome.DENY, Reason.REFUSED)
    here.withdraw(everything)
    assert here.ask().permits


def test_what_a_newer_yes_replaced_cannot_be_narrowed_back_into_force(here: Scene) -> None:
    wide = here.grant(categories=frozenset({Category.MEDICINES, Category.MENTAL_HEALTH}))
    less = here.grant(categories=frozenset({Category.MENTAL_HEALTH}))
    assert not here.ask(purpose="HRESCH").permits

    def narrow(consent_id: UUID) -> None:
        said = Said(source=Source.SPOKEN)
        with unit_of_work(here.clinician) as work:
            consents.narrow(work, consent_id, choice=here.choice(), said=said)

    with pytest.raises(NotNarrower):
        narrow(wide)
    here.withdraw(less)
    with pytest.raises(NotNarrower):
        narrow(wide)
    assert not here.ask(purpose="HRESCH").permits


def broken(here: Scene) -> UUID:
    with unit_of_work(here.clinician) as work:
        return service.open_override(
            work,
            patient_id=here.patient_id,
            organisation_id=here.trust,
            reason_code=OverrideReason.UNCONSCIOUS,
            reason="Found collapsed.",
        ).id


@pytest.mark.parametrize("justified", [True, False])
def test_a_glass_that_was_broken_without_cause_is_whole_again(
    here: Scene,
    justified: bool,  # noqa: FBT001
) -> None:
    override_id = broken(here)
    officer = directory.member(Role.PRIVACY_OFFICER, at=here.trust)
    assert here.ask(purpose="BTG").permits
    with unit_of_work(officer) as work:
        service.review_override(work, override_id, justified=justified, finding="Looked at.")
    assert here.ask(purpose="BTG").permits is justified


def test_no_glass_is_broken_for_somebody_who_is_not_there(here: Scene) -> None:
    """An erased patient's emergency refusal is gone with their key; so must the override be."""
    both = known()
    override = replace(both, override_id=UUID(int=9))
    question = replace(QUESTION, purpose="BTG")
    assert decide(question, override, in_force(), NOW).verdict.permits
    gone = replace(override, roster=None)
    assert not decide(question, gone, in_force(), NOW).verdict.permits


HIV = Conditions(sensitivities=frozenset({"HIV"}))
RESEARCH = replace(QUESTION, purpose="HRESCH")


def no(terms: Terms) -> Version:
    return replace(version(terms), kind=Kind.OPT_OUT)


def test_a_no_to_part_is_no_yes_to_the_rest(app: Flask) -> None:
    some = no(Terms(base=Effect.DENY, scope=HIV))
    verdict = decide(RESEARCH, known(some), in_force(), NOW).verdict
    assert (verdict.outcome, verdict.reason) == (Outcome.DEFAULT_DENY, Reason.REGISTER_ABSENT)
    assert decide(QUESTION, known(some), in_force(), NOW).verdict.permits, "care goes on"
    but = Terms(base=Effect.DENY, exceptions=(Node(HIV),))
    assert decide(RESEARCH, known(no(but)), in_force(), NOW).verdict.permits
