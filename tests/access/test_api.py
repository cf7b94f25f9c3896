"""AuthZEN over HTTP: our profile of it, its error forms, and what is not said to strangers."""

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from ledger.access.entries import AccessDecided
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.trail import LogEntry
from ledger.directory import queries as directory_queries
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
    """A client that carries the token of a program of the trust."""
    client = app.test_client()
    headers = bearer(token(app, program(here.trust)))
    client.environ_base["HTTP_AUTHORIZATION"] = headers["Authorization"]
    return client


def decisions() -> int:
    db.session.rollback()
    kind = LogEntry.kind == AccessDecided.kind
    return db.session.scalar(select(func.count()).where(kind)) or 0


def test_a_program_asks_and_is_told_why(here: Scene, api: FlaskClient) -> None:
    answer = api.post(
        "/access/v1/evaluation", json=asked(here), headers={"X-Request-ID": "any/thing 1"}
    )
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/json"
    assert answer.headers["X-Request-ID"] == "any/thing 1"
    body = answer.get_json()
    assert body["decision"] is True
    context = body["context"]
    assert set(context) == {
        "outcome",
        "reason_code",
        "reason_user",
        "obligations",
        "regime",
        "as_of",
        "entry_id",
    }
    assert context["outcome"] == "default_permit"
    assert decisions() == 1


def test_numbers_and_codes_stand_for_ids(here: Scene, api: FlaskClient) -> None:
    identity = directory_queries.patient_identities(db.session(), [here.patient_id])
    number = identity[here.patient_id].nhs_number  # type: ignore[union-attr]
    found = directory_queries.organisations(db.session(), [here.trust, here.council])
    ods = "https://fhir.nhs.uk/Id/ods-organization-code|"
    body = asked(
        here,
        resource__id=f"https://fhir.nhs.uk/Id/nhs-number|{number}",
        subject__properties__organisation=f"{ods}{found[here.trust].ods_code}",
        resource__properties__holder=f"{ods}{found[here.council].ods_code}",
    )
    assert api.post("/access/v1/evaluation", json=body).get_json()["decision"] is True


def test_staff_ask_for_themselves_by_their_session(here: Scene, app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    browser = signed_in(app, here.clinician)
    assert browser.post("/access/v1/evaluation", json=asked(here)).get_json()["decision"] is True
    colleague = directory.member(Role.CLINICIAN, at=here.trust)
    other = browser.post("/access/v1/evaluation", json=asked(here, subject__id=str(colleague.id)))
    assert other.status_code == 403


NO_QUESTIONS: list[tuple[dict[str, Any], str]] = [
    ({"context__purpose": "CURIOSITY"}, "context.purpose: 'CURIOSITY' is no purpose of use"),
    ({"context__purpose": 7}, "context.purpose: 7"),
    ({"context": None}, "context: is missing"),
    ({"context__time": "2020-01-01"}, "context.time: is not known here"),
    ({"subject": None}, "subject: is missing"),
    ({"subject__type": "robot"}, "subject.type: 'robot'"),
    ({"subject__id": "me"}, "subject.id: must be an id"),
    ({"subject__type": "client"}, "subject.id: a client asks for itself only"),
    ({"subject__properties": None}, "subject.properties: is missing"),
    ({"subject__properties__role": "nurse"}, "subject.properties.role: 'nurse'"),
    ({"subject__properties__department": "x"}, "subject.properties.department: is not known"),
    ({"action__name": "delete"}, "action.name: 'delete'"),
    ({"action__name": ["access"]}, "action.name: ['access']"),
    ({"resource__type": "todo"}, "resource.type: must be patient-data"),
    (
        {"resource__id": "https://fhir.nhs.uk/Id/nhs-number|9990000019"},
        "resource.id: is no NHS",
    ),
    ({"resource__properties__category": "gossip"}, "resource.properties.category: 'gossip'"),
    ({"resource__properties__holder": "RR8"}, "resource.properties.holder: must be an id"),
    (
        {"resource__properties__confidentiality": "X"},
        "resource.properties.confidentiality: 'X'",
    ),
    ({"resource__properties__sensitivity": ["FOO"]}, "resource.properties.sensitivity: 'FOO'"),
    ({"resource__properties__sensitivity": "HIV"}, "resource.properties.sensitivity: must be"),
    ({"everything": True}, "everything: is not known here"),
]


def test_what_is_no_question_gets_400_naming_the_member(here: Scene, api: FlaskClient) -> None:
    for change, member in NO_QUESTIONS:
        answer = api.post("/access/v1/evaluation", json=asked(here, **change))
        assert answer.status_code == 400, (change, answer.text)
        assert answer.content_type.startswith("text/plain")
        assert answer.text.startswith(member), (change, answer.text)
    assert decisions() == 0


UNREADABLE = [
    (b"", "application/json"),
    (b"{", "application/json"),
    (b"[]", "application/json"),
    (b'{"subject":1,"subject":2}', "application/json"),
    (b"\xff", "application/json"),
    (b"[" * 100_000, "application/json"),
    (b"{}", "text/plain"),
]


def test_what_cannot_be_read_gets_400(api: FlaskClient) -> None:
    for path in ("/access/v1/evaluation", "/access/v1/evaluations"):
        for data, content_type in UNREADABLE:
            answer = api.post(path, data=data, content_type=content_type)
            assert answer.status_code == 400, (data[:20], answer.text)
            assert answer.text


def test_errors_are_text_or_a_problem_as_the_caller_likes(here: Scene, app: Flask) -> None:
    client = app.test_client()
    nobody = client.post("/access/v1/evaluation", json=asked(here))
    assert nobody.status_code == 401
    assert nobody.content_type.startswith("text/plain")
    assert nobody.headers["WWW-Authenticate"].startswith("Bearer")
    named = client.post("/access/v1/evaluation", json={}, headers={"X-Request-ID": "a b"})
    assert named.headers["X-Request-ID"] == "a b"
    accepts = {"Accept": "application/json, application/problem+json"}
    problem = client.post("/access/v1/evaluation", json=asked(here), headers=accepts)
    assert problem.get_json()["status"] == 401

    elsewhere = bearer(token(app, program(directory.organisation())))
    stranger = client.post("/access/v1/evaluation", json=asked(here), headers=elsewhere)
    assert stranger.status_code == 403
    assert decisions() == 0


def test_denied_and_absent_look_the_same(app: Flask) -> None:
    here = scene(cared_for=False)
    here.dissent()
    client, headers = app.test_client(), bearer(token(app, program(here.trust)))
    answers = []
    unknown = f"https://fhir.nhs.uk/Id/nhs-number|{directory.nhs_number()}"
    for patient in (str(here.patient_id), str(uuid4()), unknown):
        body = asked(here, resource__id=patient)
        answer = client.post("/access/v1/evaluation", json=body, headers=headers)
        said = answer.get_json()
        assert said["context"].pop("entry_id")
        answers.append((answer.status_code, said))
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][1]["context"]["reason_code"] == "not-available"


def test_several_questions_share_what_they_have_in_common(here: Scene, api: FlaskClient) -> None:
    items: list[Any] = [
        {},
        {"context": {"purpose": "HRESCH"}},
        {"context": {"purpose": "NOPE"}},
        7,
        {"resource": asked(here, resource__properties__category="finance")["resource"]},
    ]
    answer = api.post("/access/v1/evaluations", json={**asked(here), "evaluations": items})
    assert answer.status_code == 200
    said = answer.get_json()["evaluations"]
    assert [each["decision"] for each in said] == [True, False, False, False, False]
    assert said[1]["context"]["reason_code"] == "register-absent"
    assert said[2]["context"]["error"] == {
        "status": 400,
        "message": "context.purpose: 'NOPE' is no purpose of use",
    }
    assert said[3]["context"]["error"]["status"] == 400
    assert said[4]["context"]["reason_code"] == "role-reach"
    assert decisions() == 3


def test_questions_stop_where_the_caller_says(here: Scene, api: FlaskClient) -> None:
    recorded = 0
    for semantic, decided in (
        ("execute_all", [True, False, True]),
        ("deny_on_first_deny", [True, False]),
        ("permit_on_first_permit", [True]),
    ):
        body = {
            **asked(here),
            "evaluations": [{}, {"context": {"purpose": "HRESCH"}}, {}],
            "options": {"evaluations_semantic": semantic},
        }
        answer = api.post("/access/v1/evaluations", json=body).get_json()
        assert [each["decision"] for each in answer["evaluations"]] == decided
        recorded += len(decided)
        assert decisions() == recorded


BAD_LISTS: list[tuple[dict[str, Any], str]] = [
    ({"evaluations": {}}, "evaluations: must be a list"),
    ({"evaluations": [{}] * 101}, "evaluations: must be a list of at most 100"),
    ({"evaluations": [{}], "options": []}, "options: must be an object"),
    (
        {"evaluations": [{}], "options": {"evaluations_semantic": "any"}},
        "options.evaluations_semantic: must be one of",
    ),
    ({"evaluations": [{}], "others": 1}, "others: is not known here"),
]


def test_a_list_is_read_strictly_and_none_is_a_single_question(
    here: Scene, api: FlaskClient
) -> None:
    for change, member in BAD_LISTS:
        answer = api.post("/access/v1/evaluations", json={**asked(here), **change})
        assert answer.status_code == 400
        assert answer.text.startswith(member)
    singles: tuple[dict[str, Any], ...] = ({}, {"evaluations": []})
    for none in singles:
        answer = api.post("/access/v1/evaluations", json={**asked(here), **none})
        assert answer.get_json()["decision"] is True


def test_clients_find_out_where_to_ask(app: Flask) -> None:
    found = app.test_client().get("/.well-known/authzen-configuration").get_json()
    here = app.extensions["settings"].public_url
    assert found == {
        "policy_decision_point": here,
        "access_evaluation_endpoint": f"{here}/access/v1/evaluation",
        "access_evaluations_endpoint": f"{here}/access/v1/evaluations",
        "search_subject_endpoint": f"{here}/access/v1/search/subject",
        "search_resource_endpoint": f"{here}/access/v1/search/resource",
        "search_action_endpoint": f"{here}/access/v1/search/action",
    }


def test_the_patient_reads_who_looked_page_by_page(
    here: Scene, app: Flask, api: FlaskClient
) -> None:
    for _ in range(3):
        api.post("/access/v1/evaluation", json=asked(here))
    browser = signed_in(app, here.patient)
    first = browser.get(f"/api/v1/patients/{here.patient_id}/looks?limit=2")
    assert [each["allowed"] for each in first.get_json()["items"]] == [True, True]
    following = first.headers["Link"].split("<")[1].split(">")[0]
    rest = browser.get(following)
    assert len(rest.get_json()["items"]) == 1
    assert "Link" not in rest.headers
    item = rest.get_json()["items"][0]
    assert item["person_id"] == str(here.clinician.id)
    assert item["words"] == ("They are recorded as looking after you, and you have not said no.")
    elsewhere = signed_in(app, directory.patient()[1])
    assert elsewhere.get(f"/api/v1/patients/{here.patient_id}/looks").status_code == 404
