"""Searches of AuthZEN, and rehearsals: what they find, tell nobody, and record."""

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from audit import Record
from ledger.access.entries import AccessDecided
from ledger.access.trying_entries import AccessRehearsed, AccessSearched
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.trail import LogEntry
from tests.beginnings import begins_with
from tests.given import directory
from tests.given.access import Scene, asked, scene
from tests.given.identity import bearer, program, signed_in, token

beginning = begins_with(scene)


@pytest.fixture
def here(told: Scene) -> Scene:
    return told


@pytest.fixture
def api(app: Flask, here: Scene) -> FlaskClient:
    client = app.test_client()
    headers = bearer(token(app, program(here.trust)))
    client.environ_base["HTTP_AUTHORIZATION"] = headers["Authorization"]
    return client


def recorded(kind: str) -> list[Any]:
    db.session.rollback()
    rows = select(LogEntry.body).where(LogEntry.kind == kind).order_by(LogEntry.position)
    return [Record.from_bytes(body).entry for body in db.session.scalars(rows)]


def find(api: FlaskClient, what: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.post(f"/access/v1/search/{what}", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def test_each_search_is_one_entry_with_its_count(here: Scene, api: FlaskClient) -> None:
    directory.member(Role.CLINICIAN, at=here.trust)  # Who cares for nobody.
    who = find(api, "subject", asked(here, subject__id=None))
    assert who == {
        "results": [{"type": "user", "id": str(here.clinician.id)}],
        "page": {"next_token": "", "count": 1},
    }
    other, _ = directory.patient(at=here.council)
    whose = find(api, "resource", asked(here, resource__id=str(other)))  # An id is ignored.
    assert whose["results"] == [{"type": "patient-data", "id": str(here.patient_id)}]
    how = find(api, "action", asked(here, action=None))
    assert [each["name"] for each in how["results"]] == [
        "access",
        "use",
        "disclose",
        "collect",
        "correct",
    ]
    entries = recorded(AccessSearched.kind)
    assert [(e.sought, e.candidates, e.found) for e in entries] == [
        ("subject", 4, 1),
        ("resource", 2, 1),
        ("action", 5, 5),
    ]
    assert [e.patient_id for e in entries] == [here.patient_id, None, here.patient_id]
    assert recorded(AccessDecided.kind) == []


def test_whoever_is_found_may_and_nobody_else(here: Scene, api: FlaskClient) -> None:
    found = find(api, "subject", asked(here, subject__id=None))["results"]
    for one in found:
        assert api.post(
            "/access/v1/evaluation", json=asked(here, subject__id=one["id"])
        ).get_json()["decision"]
    here.dissent()
    assert find(api, "subject", asked(here, subject__id=None))["results"] == []
    denied = find(api, "subject", asked(here, subject__id=None))
    absent = find(api, "subject", asked(here, subject__id=None, resource__id=str(uuid4())))
    assert denied == absent
    assert find(api, "resource", asked(here, resource__id=None))["results"] == []


def test_pages_belong_to_the_question_and_the_asker(
    here: Scene, app: Flask, api: FlaskClient
) -> None:
    for _ in range(3):
        patient_id, _ = directory.patient(at=here.council)
        directory.cared_for(patient_id, by=here.clinician)
    body, seen = asked(here, resource__id=None), []
    page: dict[str, Any] = {"limit": 3}
    while True:
        found = find(api, "resource", {**body, "page": page})
        seen += [each["id"] for each in found["results"]]
        if not found["page"]["next_token"]:
            break
        page = {"limit": 3, "token": found["page"]["next_token"]}
        token_of_first = page["token"]
    assert len(seen) == len(set(seen)) == 4
    assert [e.continued for e in recorded(AccessSearched.kind)] == [False, True]
    other_question = asked(here, resource__id=None, context__purpose="ETREAT")
    other_asker = app.test_client()
    headers = bearer(token(app, program(here.trust)))
    for client, asking, given in (
        (api, {**other_question, "page": {"token": token_of_first}}, {}),
        (other_asker, {**body, "page": {"token": token_of_first}}, headers),
        (api, {**body, "page": {"token": token_of_first[:-2]}}, {}),
        (api, {**body, "page": {"token": 7}}, {}),
    ):
        answer = client.post("/access/v1/search/resource", json=asking, headers=given)
        assert answer.status_code == 400
        assert answer.text.startswith("page.token")


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("subject", {"subject__type": "client"}, "subject.type"),
    ("subject", {"subject": None}, "subject: is missing"),
    ("subject", {"page": {"limit": 0}}, "page.limit"),
    ("subject", {"page": {"limit": True}}, "page.limit"),
    ("subject", {"page": {"limit": 201}}, "page.limit"),
    ("resource", {"page": {"total": 1}}, "page.total"),
    ("resource", {"page": []}, "page: must be"),
    ("resource", {"resource__type": "todo"}, "resource.type"),
    ("resource", {"options": {}}, "options: is not known"),
    ("action", {}, "action: is what"),
    ("action", {"action": None, "context__purpose": "X"}, "context.purpose"),
]


def test_what_is_no_search_is_named(here: Scene, api: FlaskClient) -> None:
    for what, change, member in WRONG:
        answer = api.post(f"/access/v1/search/{what}", json=asked(here, **change))
        assert (answer.status_code, answer.text[: len(member)]) == (400, member)
    for data in (b"", b"{", b"[]", b'{"page":1,"page":2}', b"[" * 100_000):
        answer = api.post("/access/v1/search/subject", data=data, content_type="application/json")
        assert answer.status_code == 400
    assert recorded(AccessSearched.kind) == []


def test_searches_are_for_whose_they_are(here: Scene, app: Flask) -> None:
    elsewhere = bearer(token(app, program(directory.organisation())))
    for what, left in (
        ("subject", "subject__id"),
        ("resource", "resource__id"),
        ("action", "action"),
    ):
        body = asked(here, **{left: None})
        answer = app.test_client().post(f"/access/v1/search/{what}", json=body, headers=elsewhere)
        assert answer.status_code == 403
    app.config["WTF_CSRF_ENABLED"] = False
    browser = signed_in(app, here.clinician)
    assert (
        browser.post("/access/v1/search/subject", json=asked(here, subject__id=None)).status_code
        == 403
    )
    assert find(browser, "resource", asked(here, resource__id=None))["page"]["count"] == 1


def test_a_rehearsal_is_no_look(here: Scene, app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    steward = signed_in(app, directory.member(Role.STEWARD, at=here.trust))
    answer = steward.post("/access/v1/rehearsal", json=asked(here))
    assert answer.get_json() == {
        "decision": True,
        "context": {"outcome": "default_permit", "reason_code": "implied-care", "rehearsal": True},
    }
    (entry,) = recorded(AccessRehearsed.kind)
    assert (entry.patient_id, entry.told) == (here.patient_id, "implied-care")
    assert recorded(AccessDecided.kind) == []
    looks = signed_in(app, here.patient).get(f"/api/v1/patients/{here.patient_id}/looks")
    assert looks.get_json()["items"] == []
    for nobody in (here.clinician, directory.member(Role.STEWARD)):
        refused = signed_in(app, nobody).post("/access/v1/rehearsal", json=asked(here))
        assert refused.status_code == 403
