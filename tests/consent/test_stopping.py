"""Stop everything: five things, each by its own name, all of it or nothing."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from ledger.access.rules.words import OVERRIDDEN, Regime
from ledger.access.ruleset import in_force
from ledger.consent import queries
from ledger.consent.queries.stopping import what_stops
from ledger.consent.rules import Data, Kind, Outcome, Request, Status, evaluate
from ledger.consent.rules.choices import Source
from ledger.consent.service import Said
from ledger.consent.service.stopping import NothingChosen, stop_everything
from ledger.core.actor import Role
from ledger.core.errors import NotFound
from ledger.core.work import unit_of_work
from ledger.vocabulary.categories import Category
from tests.conftest import NOW
from tests.consent.conftest import ActAs, Partnership
from tests.given import consent as given
from tests.given.directory import member, patient


def ask(session: Session, p: Partnership, purpose: str, category: Category) -> Outcome:
    found = queries.standing(session, p.patient_id)
    request = Request(
        subject=p.patient_id,
        actors=frozenset({f"organisation:{p.council}"}),
        action="access",
        purpose=purpose,
        at=found.instant(NOW),
        data=Data(category=category),
    )
    return evaluate(found.consents, request).outcome


@pytest.mark.parametrize(("keep", "emergency"), [(True, "not-denied"), (False, "denied")])
def test_everything_stops_and_an_emergency_keeps_what_it_needs(
    session: Session, partnership: Partnership, keep: object, emergency: str
) -> None:
    p = partnership
    yes = given.granted(p.patient, p.agreement_id, to=p.council)
    before = {one.kind: one for one in what_stops(session, p.patient, p.patient_id, now=NOW)}
    assert list(before) == list(Kind)
    assert before[Kind.CONFIDENTIALITY].withdraws == 1
    assert before[Kind.CONSENT].withdraws == 0
    with unit_of_work(p.patient) as work:
        done = stop_everything(work, patient_id=p.patient_id, keep_emergency=bool(keep))
    assert {kind: len(ids) for kind, ids in done.entry_ids.items()} == {
        Kind.CONSENT: 0,
        Kind.CONFIDENTIALITY: 1,
        Kind.DISSENT: 1,
        Kind.OBJECTION: 1,
        Kind.OPT_OUT: 1,
    }
    assert queries.consent(session, p.patient, yes, now=NOW).status is Status.WITHDRAWN
    for purpose in ("TREAT", "CAREMGT", "HRESCH", "HMARKT", "SVCPLAN"):
        assert ask(session, p, purpose, Category.MEDICINES) is Outcome.DENY, purpose
    in_need = ask(session, p, "ETREAT", Category.MEDICINES)
    assert in_need is (Outcome.DENY if emergency == "denied" else Outcome.PERMIT)
    assert ask(session, p, "ETREAT", Category.MENTAL_HEALTH) is Outcome.DENY
    for category in Category:  # Breaking the glass is not forbidden by it.
        assert ask(session, p, "BTG", category) is not Outcome.DENY, category
    assert ask(session, p, "BTG", Category.TESTS) is Outcome.NOT_APPLICABLE
    names = {v.kind for v in queries.of_patient(session, p.patient, p.patient_id, now=NOW)}
    assert names == set(Kind) - {Kind.CONSENT}


def test_what_is_kept_for_an_emergency_never_breaks_the_glass_by_itself(app: Flask) -> None:
    ruleset = in_force()
    for facts, verdict in ruleset.verdicts.items():
        if facts.regime is Regime.BREAK_GLASS and facts.relationship not in OVERRIDDEN:
            assert not verdict.permits, facts


def test_a_no_that_stands_the_same_is_not_said_again(
    session: Session, partnership: Partnership
) -> None:
    p = partnership

    def stop(**chosen: Any) -> list[int]:
        with unit_of_work(p.patient) as work:
            done = stop_everything(work, patient_id=p.patient_id, **chosen)
        return [len(done.entry_ids[kind]) for kind in (Kind.DISSENT, Kind.OBJECTION, Kind.OPT_OUT)]

    assert stop() == [1, 1, 1]
    assert stop() == [0, 0, 0]
    # Without what an emergency needs it is another no. It stands beside the first until it is
    # taken back: saying less by a no lifts none.
    assert stop(keep_emergency=False) == [1, 0, 0]
    assert ask(session, p, "ETREAT", Category.MEDICINES) is Outcome.DENY
    assert stop(keep_emergency=True) == [0, 0, 0]
    assert ask(session, p, "ETREAT", Category.MEDICINES) is Outcome.DENY
    standing = queries.of_patient(session, p.patient, p.patient_id, now=NOW)
    opt_out = next(view for view in standing if view.kind is Kind.OPT_OUT)
    given.withdrawn(p.patient, opt_out.id)
    assert stop() == [0, 0, 1]


def test_staff_stop_it_for_anybody_and_strangers_do_not(partnership: Partnership) -> None:
    p = partnership
    _, stranger = patient(at=p.trust)
    with pytest.raises(NotFound), unit_of_work(stranger) as work:
        stop_everything(work, patient_id=p.patient_id)
    with pytest.raises(NothingChosen), unit_of_work(p.patient) as work:
        stop_everything(work, patient_id=p.patient_id, kinds=())
    with unit_of_work(member(Role.CLINICIAN, at=p.trust)) as work:
        stop_everything(work, patient_id=p.patient_id, said=Said(source=Source.SPOKEN))


def test_over_http(partnership: Partnership, act_as: ActAs) -> None:
    p = partnership
    yes = given.granted(p.patient, p.agreement_id, to=p.council)
    client = act_as(p.patient)
    assert client.post(f"/api/v1/consents/{yes}/suspension", json={}).status_code == 201
    assert client.post(f"/api/v1/consents/{yes}/suspension", json={}).status_code == 409
    assert client.post(f"/api/v1/consents/{yes}/re-validation", json={}).status_code == 201
    five = client.get(f"/api/v1/patients/{p.patient_id}/stop").json
    assert five is not None
    assert [one["kind"] for one in five["items"]] == [kind.value for kind in Kind]
    wrong: dict[str, Any]
    for wrong in ({"kinds": []}, {"kinds": ["all"]}, {"keep_emergency": "perhaps"}):
        answer = client.post(f"/api/v1/patients/{p.patient_id}/stop", json=wrong)
        assert answer.status_code == 422, wrong
    stopped = client.post(f"/api/v1/patients/{p.patient_id}/stop", json={})
    assert stopped.status_code == 201
    assert set(stopped.json["entry_ids"]) == {kind.value for kind in Kind}  # type: ignore[index]
    told = client.get(f"/api/v1/consents/{yes}/acknowledgements").json
    assert [one["acknowledged_at"] for one in told["items"]] == [None, None]  # type: ignore[index]
