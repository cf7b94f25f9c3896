"""A yes under one agreement counts under no other, in the decision itself."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from hypothesis import given as held
from hypothesis import settings

from ledger.access import service
from ledger.access.answers import obligations
from ledger.access.deciding import decide
from ledger.access.rules.words import Alert, Outcome, Reason
from ledger.access.ruleset import in_force
from ledger.agreements import service as agreements
from ledger.agreements.queries import Between
from ledger.agreements.rules.leaving import Ground
from ledger.agreements.rules.terms import Approval, ApprovalKind
from ledger.consent.rules import Version
from ledger.consent.rules.evaluation import Outcome as Said
from ledger.consent.rules.evaluation import answer, enforce
from ledger.consent.rules.model import Data, Request
from ledger.consent.rules.tied import counting_under
from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.vocabulary.categories import Category
from tests.access.test_deciding import NOT_HIV, NOW, QUESTION, known
from tests.beginnings import begins_with
from tests.consent.strategies import data, requests, versions
from tests.given import agreements as given
from tests.given import directory
from tests.given.access import RESEARCH, SHARED, Scene, scene

STUDY = {"purpose": "HRESCH"}
GUARDED = {"category": Category.SEXUAL_HEALTH}


beginning = begins_with(scene)


@pytest.fixture
def here(told: Scene) -> Scene:
    return told


def another(here: Scene) -> UUID:
    """Bring a second agreement into force that covers the same."""
    flows = (
        given.flow("CARE", here.council, here.trust, categories=SHARED),
        given.flow(
            "RESEARCH",
            here.council,
            here.trust,
            purpose="HRESCH",
            categories=SHARED,
            basis=RESEARCH,
        ),
    )
    today = clock.civil_date(clock.now())
    base = given.terms(here.trust, here.council, flows=flows)
    ethics = Approval(kind=ApprovalKind.ETHICS, reference="REC 26/2", approved_on=today)
    terms = given.terms(here.trust, here.council, flows=flows, approvals=(*base.approvals, ethics))
    return given.active(here.trust, here.council, given=terms)


def suspend(here: Scene, agreement_id: UUID) -> None:
    officer = directory.member(Role.PRIVACY_OFFICER, at=here.trust)
    until = clock.civil_date(clock.now()) + timedelta(days=5)
    with unit_of_work(officer) as work:
        agreements.suspend(work, agreement_id, ground=Ground.BREACH, to=until)


def end(agreement_id: UUID, *, at: UUID) -> None:
    with unit_of_work(given.signatory(at=at)) as work:
        agreements.terminate(work, agreement_id, ground=Ground.BREACH)


def outcome(here: Scene, **changes: object) -> tuple[str, str]:
    verdict = here.ask(**changes).decision.verdict
    return verdict.outcome, verdict.reason


def test_a_yes_under_one_agreement_does_not_count_under_another(here: Scene) -> None:
    here.grant()
    assert outcome(here, **STUDY) == (Outcome.PERMIT, Reason.CONSENTED)
    end(here.agreement_id, at=here.trust)
    other = another(here)
    answered = here.ask(**STUDY).decision
    assert answered.cover is not None
    assert answered.cover.agreement_id == other
    assert answered.facts.agreement == "in-force"
    assert (answered.facts.consent, answered.verdict.permits) == ("none", False)


def test_what_was_agreed_to_for_care_goes_on_while_an_agreement_is_on_hold(here: Scene) -> None:
    here.grant("TREAT", categories=frozenset({Category.SEXUAL_HEALTH}))
    assert here.ask(**GUARDED).permits
    suspend(here, here.agreement_id)
    verdict = here.ask(**GUARDED).decision.verdict
    assert (verdict.permits, verdict.alerts) == (True, (Alert.AGREEMENT_SUSPENDED,))
    end(here.agreement_id, at=here.trust)
    assert outcome(here, **GUARDED) == (Outcome.DEFAULT_DENY, Reason.NO_CONSENT)


def test_whom_a_yes_leaves_out_is_refused_under_every_agreement(here: Scene) -> None:
    here.grant("TREAT", but_not=frozenset({f"person:{here.clinician.id}"}))
    assert outcome(here) == (Outcome.DENY, Reason.REFUSED)
    end(here.agreement_id, at=here.trust)
    another(here)
    answered = here.ask().decision
    assert (answered.facts.agreement, answered.verdict.reason) == ("in-force", Reason.REFUSED)


def test_what_a_yes_leaves_out_stays_withheld_and_the_enforcer_is_told(app: Flask) -> None:
    """The yes counts under no agreement here; not so that HIV was to be left out."""
    elsewhere = replace(NOT_HIV, agreement_id=uuid4())
    knows = replace(known(elsewhere), between=Between(epoch=1, lines=()))
    unknown = decide(QUESTION, knows, in_force(), NOW)
    assert unknown.verdict.outcome is Outcome.PERMIT_RESIDUAL
    [duty] = obligations(unknown)
    assert duty["residual"]["permits_otherwise"]
    assert [tree["permits_nothing"] for tree in duty["residual"]["trees"]] == [True]
    labelled = replace(QUESTION, labelled=True, confidentiality="N")
    assert decide(labelled, knows, in_force(), NOW).verdict.outcome is Outcome.DEFAULT_PERMIT
    hiv = replace(labelled, sensitivities=frozenset({"HIV"}))
    assert decide(hiv, knows, in_force(), NOW).verdict.reason is Reason.REFUSED
    study = replace(labelled, purpose="CLINTRL")
    assert not decide(study, knows, in_force(), NOW).verdict.permits


def test_inside_one_organisation_a_yes_counts_while_it_is_a_party(here: Scene) -> None:
    own = {**STUDY, "holder_id": here.trust}
    here.grant()
    assert outcome(here, **own) == (Outcome.PERMIT, Reason.CONSENTED)
    end(here.agreement_id, at=here.trust)
    assert not here.ask(**own).permits


def test_who_joins_later_is_not_covered_until_the_patient_is_asked(here: Scene) -> None:
    here.grant()
    third = directory.organisation()
    clinician = directory.member(Role.CLINICIAN, at=third)
    terms = given.terms(
        here.council,
        third,
        flows=(given.flow("CARE", here.council, third, categories=SHARED),),
    )
    given.active(here.council, third, given=terms)
    asked = here.question(person_id=clinician.id, organisation_id=third, purpose="TREAT", **GUARDED)
    answered = service.evaluate(db.session(), clinician, asked, now=clock.now())
    assert not answered.permits


@settings(max_examples=60, deadline=None)
@held(versions(), requests())
def test_p5_an_agreement_less_takes_permits_away_and_nothing_else(
    said: Version, asked: Request
) -> None:
    was = answer(said, asked).outcome
    [elsewhere] = counting_under([replace(said, agreement_id=uuid4())], ())
    will = answer(elsewhere, asked).outcome
    if was is Said.PERMIT:
        assert will is Said.NOT_APPLICABLE
    elif was in {Said.DENY, Said.NOT_APPLICABLE}:
        assert will is was
    else:
        assert will in {was, Said.NOT_APPLICABLE}


@settings(max_examples=60, deadline=None)
@held(versions(), requests(), data())
def test_p4_holds_where_a_yes_does_not_count(said: Version, asked: Request, found: Data) -> None:
    [elsewhere] = counting_under([replace(said, agreement_id=uuid4())], ())
    partly = answer(elsewhere, replace(asked, data=Data()))
    whole = answer(elsewhere, replace(asked, data=found)).outcome
    judged = partly.outcome if partly.residual is None else enforce(partly.residual, found)
    assert judged is whole or Said.INDETERMINATE in {judged, whole}
    assert Said.PERMIT not in {judged, whole}
