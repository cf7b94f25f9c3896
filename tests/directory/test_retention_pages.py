"""Keeping and forgetting over HTTP and on pages: asked, held, declined, erased, disposed of."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.actor import Role
from ledger.directory import queries
from tests.conftest import NOW
from tests.directory.conftest import ActAs, form
from tests.given.directory import member, organisation, patient

PAGE = {"Accept": "text/html"}
MINE, STAFF = "/my/erasure", "/retention"


def test_a_patient_asks_on_a_page_and_reads_the_answer(act_as: ActAs) -> None:
    trust = organisation()
    patient_id, actor = patient(at=trust)
    officer = member(Role.PRIVACY_OFFICER, at=trust)
    page = act_as(actor).get(MINE, headers=PAGE)
    assert "Your name, date of birth and NHS number" in page.text
    sent = act_as(actor).post(MINE, data=form(words="I have moved to Wales"), headers=PAGE)
    assert sent.status_code == 303
    assert "Being looked at" in act_as(actor).get(MINE, headers=PAGE).text

    listed = act_as(officer).get("/api/v1/retention").json
    assert listed is not None
    (request,) = listed["requests"]
    assert (request["patient_id"], request["words"]) == (str(patient_id), "I have moved to Wales")
    page = act_as(officer).get(STAFF, headers=PAGE)
    assert "I have moved to Wales" in page.text
    there = f"{STAFF}/requests/{request['id']}"
    assert act_as(officer).post(there, data=form(answer="?"), headers=PAGE).status_code == 422
    no = form(answer="legal-claims", why="Your claim of May is open", patient_id=str(patient_id))
    assert act_as(officer).post(there, data=no, headers=PAGE).status_code == 303
    answered = act_as(actor).get(MINE, headers=PAGE).text
    assert "It may be needed in a legal claim. Your claim of May is open" in answered


def test_a_hold_is_placed_and_lifted_on_the_page(act_as: ActAs, session: Session) -> None:
    trust = organisation()
    patient_id, actor = patient(at=trust)
    client: Any = act_as(member(Role.PRIVACY_OFFICER, at=trust))
    bad = form(subject="house:1", reason="complaint", why="x")
    assert "Name what is held" in client.post(f"{STAFF}/holds", data=bad, headers=PAGE).text
    good = form(
        subject=f"patient:{patient_id}", reason="regulator", why="The ICO asked", review_on=""
    )
    assert client.post(f"{STAFF}/holds", data=good, headers=PAGE).status_code == 303
    refused = client.post(f"/api/v1/patients/{patient_id}/erasure")
    assert refused.status_code == 409
    assert refused.json["type"] == "/problems/retention-hold"
    assert "regulator" in refused.json["detail"]
    (hold,) = client.get("/api/v1/retention").json["holds"]
    assert hold["words"] == "The ICO asked"
    assert "A regulator&#39;s investigation" in act_as(actor).get(MINE, headers=PAGE).text

    client = act_as(member(Role.PRIVACY_OFFICER, at=trust))
    lift = form(why="The ICO has closed it")
    assert client.post(f"{STAFF}/holds/{hold['id']}", data=lift, headers=PAGE).status_code == 303
    assert client.post(f"/api/v1/patients/{patient_id}/erasure").status_code == 204
    assert not queries.patient_exists(session, patient_id)


def test_who_may_not_sees_nothing(act_as: ActAs) -> None:
    trust = organisation()
    patient_id, actor = patient(at=trust)
    other: Any = act_as(patient(at=trust)[1])
    ask = {"why": "them, not me"}
    assert (
        other.post(f"/api/v1/patients/{patient_id}/erasure-requests", json=ask).status_code == 403
    )
    for reader in (actor, member(Role.CLINICIAN, at=trust)):
        assert act_as(reader).get("/api/v1/retention").status_code == 403
    auditor: Any = act_as(member(Role.AUDITOR, at=trust))
    assert auditor.get("/api/v1/retention").status_code == 200
    hold = {"subject": f"patient:{patient_id}", "reason": "complaint", "why": "x"}
    assert auditor.post("/api/v1/retention/holds", json=hold).status_code == 403


def test_two_people_dispose_over_http(act_as: ActAs, monkeypatch: pytest.MonkeyPatch) -> None:
    trust = organisation()
    patient(at=trust)
    one, two = member(Role.PRIVACY_OFFICER, at=trust), member(Role.BOARD_MEMBER, at=trust)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=9 * 366))
    body = {"retention_class": "identity-of-patient"}
    made: Any = act_as(one).post("/api/v1/retention/disposals", json=body)
    assert made.status_code == 201, made.text
    there = f"/api/v1/retention/disposals/{made.json['id']}"
    same: Any = act_as(one).post(f"{there}/approval")
    assert (same.status_code, same.json["type"]) == (403, "/problems/disposal-takes-two")
    board: Any = act_as(two)
    assert board.post("/api/v1/retention/disposals", json=body).status_code == 403
    page = board.get(STAFF, headers=PAGE)
    assert "Identity of patient: 1 private values" in page.text
    assert board.post(f"{there}/approval").status_code == 204
    assert board.post(f"{there}/refusal").status_code == 409
    nothing: Any = act_as(one).post("/api/v1/retention/disposals", json=body)
    assert (nothing.status_code, nothing.json["type"]) == (409, "/problems/nothing-due")
