"""Over HTTP: ODRL both ways, flows, differences, calendar, obligations, keys, the register."""

import csv
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from joserfc.jwk import ECKey

from ledger.agreements import service
from ledger.core.actor import Actor, Role
from ledger.core.work import unit_of_work
from tests.agreements.test_api import ROOT, ActAs, act_as
from tests.conftest import NOW
from tests.given import agreements as given
from tests.given.directory import member, organisation

__all__ = ["act_as"]
TODAY = NOW.date()


def test_what_is_exported_as_odrl_is_imported_as_a_draft_once(
    act_as: ActAs, trust: UUID, council: UUID, ann: Actor
) -> None:
    agreement_id = given.active(trust, council)
    client = act_as(ann)
    exported = client.get(f"{ROOT}/{agreement_id}/versions/1/odrl")
    assert exported.content_type == "application/ld+json"
    assert exported.headers["ETag"]
    answers = [
        client.post(
            f"{ROOT}/odrl", json=exported.get_json(force=True), headers={"Idempotency-Key": "one"}
        )
        for _ in range(2)
    ]
    assert [each.status_code for each in answers] == [201, 201]
    assert answers[0].json == answers[1].json
    draft = client.get(answers[0].headers["Location"]).json
    before = client.get(f"{ROOT}/{agreement_id}/versions/1").json
    assert draft["state"] == "draft"
    assert draft["terms"] == before["terms"]
    refused = client.post(f"{ROOT}/odrl", json={"@type": "Offer", "permission": [{}]})
    assert refused.status_code == 422
    assert len(refused.json["errors"]) > 5


def test_flows_differences_and_who_is_asked(
    act_as: ActAs, trust: UUID, council: UUID, ann: Actor
) -> None:
    agreement_id = given.active(trust, council)
    client = act_as(ann)
    graph = client.get(f"{ROOT}/{agreement_id}/versions/1/flows").json
    assert [node["bound"] for node in graph["nodes"]] == [True, True]
    assert {edge["flow"] for edge in graph["edges"] if edge["in_force"]} == {"F1", "F2"}
    with unit_of_work(ann) as work:
        service.amend(work, agreement_id, terms=given.terms(trust, council, notice_days=30))
    assert client.post(f"{ROOT}/{agreement_id}/proposal").status_code == 204
    found = client.get(f"{ROOT}/{agreement_id}/versions/2/differences").json["items"]
    assert [each["change"] for each in found] == ["reworded"]
    shown = client.get(f"{ROOT}/{agreement_id}/versions/2").json
    assert [one["concerns"] for one in shown["asked"]] == [["words-or-dates-for-all"]] * 2
    assert shown["why_asked"] == ["Words or dates that concern every party change."]


def test_a_gap_must_be_accepted(act_as: ActAs, trust: UUID, council: UUID, ann: Actor) -> None:
    day = timedelta(days=1)
    short = given.terms(trust, council, ends_on=TODAY + 60 * day, review_on=TODAY)
    old = given.active(trust, council, given=short)
    later = given.terms(
        trust, council, starts_on=TODAY + 70 * day, review_on=TODAY + 80 * day, renews_id=old
    )
    with unit_of_work(ann) as work:
        new = service.draft(work, terms=later).agreement_id
    address = f"{ROOT}/{new}/proposal"
    refused = act_as(ann).post(address)
    assert (refused.status_code, len(refused.json["errors"])) == (422, 1)
    assert act_as(ann).post(address, json={"accept_gap": True}).status_code == 204


def test_what_comes_and_what_is_owed(
    act_as: ActAs, trust: UUID, council: UUID, ann: Actor, bob: Actor
) -> None:
    agreement_id = given.active(trust, council)
    days = act_as(ann).get("/api/v1/agreement-calendar?days=800").json["items"]
    assert [each["matter"] for each in days] == ["review", "expiry"]
    for bad in ("0", "-1", "x", "9" * 40):
        answer = act_as(ann).get(f"/api/v1/agreement-calendar?days={bad}")
        assert answer.status_code == 422, bad
    ending = {"ground": "data-breach"}
    assert act_as(bob).post(f"{ROOT}/{agreement_id}/termination", json=ending).status_code == 204
    owed = act_as(bob).get("/api/v1/agreement-obligations").json["items"]
    assert {each["organisation_id"] for each in owed} == {str(trust), str(council)}
    stranger = given.signatory(at=organisation())
    assert act_as(stranger).get("/api/v1/agreement-obligations").json["items"] == []
    body = {"disposal": "destroyed", "certificate": "All copies were shredded."}
    address = f"{ROOT}/{agreement_id}/certificates"
    assert act_as(stranger).post(address, json=body).status_code == 404
    assert act_as(bob).post(address, json=body).status_code == 201
    assert act_as(bob).post(address, json=body).status_code == 409


def test_keys_are_public_and_never_secret(act_as: ActAs, trust: UUID, ann: Actor) -> None:
    steward, key = member(Role.STEWARD, at=trust), ECKey.generate_key("P-256")
    body = {"organisation_id": str(trust), "jwk": key.as_dict(private=False)}
    made = act_as(steward).post("/api/v1/sealing-keys", json=body)
    assert made.status_code == 201, made.json
    secret = {**body, "jwk": key.as_dict(private=True)}
    assert act_as(steward).post("/api/v1/sealing-keys", json=secret).status_code == 422
    assert act_as(ann).post("/api/v1/sealing-keys", json=body).status_code in {403, 422}
    (listed,) = act_as(ann).get(f"/api/v1/organisations/{trust}/sealing-keys").json["items"]
    assert listed["algorithm"] == "ES256"
    address = f"/api/v1/sealing-keys/{made.json['id']}"
    assert [act_as(steward).delete(address).status_code for _ in range(2)] == [204, 409]


@pytest.fixture
def titles(app: Flask, trust: UUID, council: UUID) -> list[str]:
    named = ["=Alpha", "Beta", "Gamma falls"]
    for title, purpose in zip(named, ["TREAT", "COC", "CAREMGT"], strict=True):
        flows = [given.flow("F1", trust, council, purpose=purpose)]
        given.active(trust, council, given=given.terms(trust, council, title=title, flows=flows))
    return named


def test_the_register_has_pages_a_search_and_a_csv_that_runs_nothing(
    app: Flask, titles: list[str]
) -> None:
    client = app.test_client()
    first = client.get(f"{ROOT}/register?limit=2")
    assert [each["title"] for each in (first.json or {})["items"]] == titles[:2]
    onward = first.headers["Link"].split(">")[0].removeprefix("<")
    assert [each["title"] for each in (client.get(onward).json or {})["items"]] == titles[2:]
    found = client.get(f"{ROOT}/register?q=FALLS").json or {}
    assert [each["title"] for each in found["items"]] == ["Gamma falls"]
    text = client.get(f"{ROOT}/register.csv").text
    assert "\n" not in client.get(f"{ROOT}/register.csv?party=nobody").text.strip()
    assert client.get(f"{ROOT}/register?kind=pooled-fund").json == {"items": []}
    rows = list(csv.DictReader(text.splitlines()))
    assert [row["title"] for row in rows] == ["'=Alpha", "Beta", "Gamma falls"]
    assert "@" not in text
