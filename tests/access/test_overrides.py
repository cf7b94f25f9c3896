"""Breaking the glass: a separate step, with authority, a reason, an end and a review."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.access import queries, service
from ledger.access.answers import Answered, as_json
from ledger.access.rules.overrides import OverrideByProgram, OverrideOwnReview, OverrideReviewed
from ledger.access.rules.words import Outcome, OverrideReason, Reason
from ledger.core import clock
from ledger.core.actor import Actor, ActorKind, Role
from ledger.core.db import db
from ledger.core.errors import Conflict, Forbidden, Invalid, NotFound
from ledger.core.ids import new_id
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from tests.given import directory
from tests.given.access import Scene, asked, scene
from tests.given.identity import signed_in


@pytest.fixture
def here(app: Flask) -> Scene:
    return scene(cared_for=False)


def broken(here: Scene, actor: Actor | None = None, reason: str = "Found collapsed.") -> UUID:
    with unit_of_work(actor or here.clinician) as work:
        return service.open_override(
            work,
            patient_id=here.patient_id,
            organisation_id=here.trust,
            reason_code=OverrideReason.UNCONSCIOUS,
            reason=reason,
        ).id


def outcome(answered: Answered) -> tuple[str, str]:
    return answered.decision.verdict.outcome, answered.decision.verdict.reason


def test_no_override_without_its_own_step(here: Scene) -> None:
    answered = here.ask(purpose="BTG")
    assert outcome(answered) == (Outcome.DEFAULT_DENY, Reason.NO_OVERRIDE)
    assert as_json(answered)["context"]["reason_code"] == "no-override"


def test_it_permits_by_override_for_one_person_one_patient_and_some_minutes(
    here: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.dissent()
    override_id = broken(here)

    answered = here.ask(purpose="BTG")

    assert outcome(answered) == (Outcome.PERMIT_BY_OVERRIDE, Reason.OVERRIDE)
    assert answered.decision.known.override_id == override_id
    duties = as_json(answered)["context"]["obligations"]
    assert [duty["code"] for duty in duties] == [
        "tell-patient",
        "review",
        "tell-privacy-officer",
        "audit",
    ]
    assert not here.ask().permits, "only for the purpose that says what it is"

    colleague = directory.member(Role.CLINICIAN, at=here.trust)
    for who, patient_id in ((colleague, here.patient_id), (here.clinician, directory.patient()[0])):
        question = here.question(purpose="BTG", person_id=who.id, patient_id=patient_id)
        assert not service.evaluate(db.session(), who, question, now=clock.now()).permits

    later = clock.now() + timedelta(minutes=60)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert outcome(here.ask(purpose="BTG"))[1] == Reason.NO_OVERRIDE


def test_an_emergency_refusal_stands_against_it(here: Scene) -> None:
    here.dissent("ETREAT")
    broken(here)
    assert outcome(here.ask(purpose="BTG")) == (Outcome.DENY, Reason.REFUSED)


def test_it_takes_authority_a_person_and_a_reason(here: Scene, session: Session) -> None:
    coordinator = directory.member(Role.CARE_COORDINATOR, at=here.trust)
    with pytest.raises(Forbidden):
        broken(here, coordinator)
    newest = select(LogEntry.kind, LogEntry.actor).order_by(LogEntry.position.desc())
    assert session.execute(newest.limit(1)).one() == ("authority.refused", coordinator.ref)

    for_them = here.client(
        roles=frozenset({Role.CLINICIAN}), scopes=None, on_behalf_of=here.clinician.ref
    )
    with pytest.raises(OverrideByProgram):
        broken(here, for_them)
    with pytest.raises(Invalid):
        broken(here, reason="  ")
    elsewhere = directory.another_role(here.clinician, Role.CLINICIAN, at=directory.organisation())
    with pytest.raises(NotFound):
        broken(here, elsewhere)
    assert not here.ask(purpose="BTG").permits


def test_somebody_else_reviews_it_once(here: Scene, session: Session) -> None:
    override_id = broken(here)
    officer = directory.member(Role.PRIVACY_OFFICER, at=here.trust)
    outsider = directory.member(Role.PRIVACY_OFFICER)

    (waiting,) = queries.overrides(session, officer)
    assert (waiting.id, waiting.reason) == (override_id, "Found collapsed.")
    assert queries.overrides(session, outsider) == []

    def review(actor: Actor, **changes: Any) -> None:
        given = {"justified": True, "finding": "Seen in the emergency department.", **changes}
        with unit_of_work(actor) as work:
            service.review_override(work, override_id, **given)

    with pytest.raises(NotFound):
        review(outsider)
    own = directory.another_role(here.clinician, Role.PRIVACY_OFFICER, at=here.trust)
    program = replace(own, kind=ActorKind.CLIENT, key=str(new_id()), on_behalf_of=own.ref)
    for same_person in (own, program):
        with pytest.raises(OverrideOwnReview):
            review(same_person)
    with pytest.raises(Invalid):
        review(officer, finding="")
    review(officer, justified=False)
    with pytest.raises(OverrideReviewed) as again:
        review(officer)
    assert isinstance(again.value, Conflict)
    (closed,) = queries.overrides(session, officer)
    assert (closed.justified, closed.reviewed_at) == (False, clock.now())


def test_over_http(here: Scene, app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    browser = signed_in(app, here.clinician)
    body = {
        "patient_id": str(here.patient_id),
        "organisation_id": str(here.trust),
        "reason_code": "risk-to-life",
        "reason": "Not breathing.",
    }
    for wrong in ({"reason": ""}, {"reason_code": "curious"}, {"patient_id": "x"}, {"more": 1}):
        refused = browser.post("/api/v1/overrides", json={**body, **wrong})
        assert refused.status_code == 422, refused.text
        assert refused.get_json()["errors"][0]["field"] == f"/{next(iter(wrong))}"

    made = browser.post("/api/v1/overrides", json=body, headers={"Idempotency-Key": "k"})
    assert made.status_code == 201, made.text
    again = browser.post("/api/v1/overrides", json=body, headers={"Idempotency-Key": "k"})
    assert again.get_json() == made.get_json()
    asking = asked(here, context__purpose="BTG")
    assert browser.post("/access/v1/evaluation", json=asking).get_json()["decision"] is True

    officer = signed_in(app, directory.member(Role.PRIVACY_OFFICER, at=here.trust))
    (waiting,) = officer.get("/api/v1/overrides").get_json()["items"]
    assert waiting["reason"] == "Not breathing."
    path = f"/api/v1/overrides/{waiting['id']}/review"
    finding = {"justified": True, "finding": "Right to do so."}
    assert officer.post(path, json=finding).get_json()["justified"] is True
    assert officer.post(path, json=finding).status_code == 409
