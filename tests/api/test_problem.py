"""Every error is a problem document, and no input is answered 500."""

from typing import Any, NoReturn

import pytest
from flask import request
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from ledger.api.problem import faults_of, status_of
from ledger.core.errors import (
    Bug,
    Conflict,
    Fault,
    Forbidden,
    Invalid,
    LedgerError,
    NotAuthenticated,
    NotFound,
)
from ledger.edge.etags import Stale
from ledger.edge.once import KeyReused
from tests.api.conftest import Probe


class _In(Schema):
    name = fields.String(required=True)
    flows = fields.List(fields.Nested(Schema.from_dict({"days": fields.Integer(strict=True)})))


def read() -> ResponseReturnValue:
    return {"read": _In().load(request.get_json())}


def raising(error: Exception) -> Any:
    def view() -> NoReturn:
        raise error

    return view


def is_problem(answer: TestResponse, status: int) -> dict[str, Any]:
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    body: dict[str, Any] = answer.get_json()
    assert {"type", "title", "status", "detail", "instance", "request_id"} <= body.keys()
    assert body["status"] == status
    assert body["detail"].strip()
    assert body["request_id"] == answer.headers["X-Request-Id"]
    return body


@pytest.mark.parametrize(
    ("family", "status"),
    [
        (NotAuthenticated, 401),
        (Forbidden, 403),
        (NotFound, 404),
        (Conflict, 409),
        (Stale, 412),
        (Invalid, 422),
        (KeyReused, 422),
    ],
)
def test_each_family_has_its_status(family: type[LedgerError], status: int) -> None:
    assert status_of(family) == status


def test_a_named_error_is_answered_with_its_faults(light_probe: Probe) -> None:
    faults = [Fault("/flows/0/purpose", "choose one of the list")]
    error = Invalid("the draft has a fault", faults)
    client = light_probe({"/api/v1/x": raising(error)})

    answer = client.get("/api/v1/x", headers={"X-Request-Id": "r-1"})

    assert is_problem(answer, 422) == {
        "type": "/problems/invalid",
        "title": "Something in the request is not acceptable",
        "status": 422,
        "detail": "the draft has a fault",
        "instance": "/api/v1/x",
        "request_id": "r-1",
        "errors": [{"field": "/flows/0/purpose", "detail": "choose one of the list"}],
    }


def test_without_a_token_the_answer_says_how_to_sign_in(light_probe: Probe) -> None:
    answer = light_probe({"/api/v1/x": raising(NotAuthenticated("sign in"))}).get("/api/v1/x")

    is_problem(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.parametrize(
    "error", [Bug("a secret"), ValueError("a secret"), RuntimeError("a secret")]
)
def test_an_unforeseen_error_says_nothing_of_its_cause(
    light_probe: Probe, error: Exception
) -> None:
    answer = light_probe({"/api/v1/x": raising(error)}).get("/api/v1/x")

    assert "secret" not in answer.text
    assert "logged" in is_problem(answer, 500)["detail"]


def test_a_database_that_is_full_or_gone_is_answered_503(light_probe: Probe) -> None:
    full = OperationalError("INSERT", {"name": "a secret"}, Exception("disk is full"))

    answer = light_probe({"/api/v1/x": raising(full)}).get("/api/v1/x")

    assert "Nothing was recorded" in is_problem(answer, 503)["detail"]
    assert answer.headers["Retry-After"] == "60"
    assert "secret" not in answer.text


def test_a_forged_request_is_refused_as_a_problem(light_probe: Probe) -> None:
    client = light_probe({"/api/v1/x": read}, WTF_CSRF_ENABLED=True)
    client.set_cookie("session", "somebody's")

    answer = client.post("/api/v1/x", json={"name": "a"})

    assert "X-CSRFToken" in is_problem(answer, 400)["detail"]


MALFORMED = {
    "half": b'{"name": ',
    "nothing": b"",
    "no JSON": b"name=x",
    "not UTF-8": b'{"name": "\xff"}',
    "a member twice": b'{"name": "a", "name": "b"}',
    "NaN": b'{"name": NaN}',
    "infinity": b'{"name": -Infinity}',
    "too large a number": b'{"name": 1e999}',
    "too many digits": b'{"name": ' + b"9" * 5000 + b"}",
    "NUL": b'{"name": "a\\u0000b"}',
    "NUL in a name": b'{"a\\u0000b": 1}',
    "half a surrogate pair": b'{"name": "\\ud800"}',
    "deep": b"[" * 40 + b"]" * 40,
    "very deep": b"[" * 100_000 + b"]" * 100_000,
    "very deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_malformed_json_is_answered_400(light_probe: Probe, body: bytes) -> None:
    client = light_probe({"/api/v1/x": read})

    answer = client.post("/api/v1/x", data=body, content_type="application/json")

    assert is_problem(answer, 400)["detail"].startswith("the body is no JSON we can read: ")


@pytest.mark.parametrize(
    ("body", "fields_at_fault"),
    [
        (b"{}", ["/name"]),
        (b"[]", [""]),
        (b"null", [""]),
        (b'"text"', [""]),
        (b'{"name": 3}', ["/name"]),
        (b'{"name": "a", "other": 1, "a/b~c": 2}', ["/a~1b~0c", "/other"]),
        (
            b'{"name": "a", "flows": [{"days": "x"}, {}, {"days": 1.5}]}',
            ["/flows/0/days", "/flows/2/days"],
        ),
    ],
)
def test_what_a_schema_refuses_is_named_by_a_pointer(
    light_probe: Probe, body: bytes, fields_at_fault: list[str]
) -> None:
    client = light_probe({"/api/v1/x": read})

    answer = client.post("/api/v1/x", data=body, content_type="application/json")

    errors = is_problem(answer, 422)["errors"]
    assert sorted(error["field"] for error in errors) == fields_at_fault


def test_escaped_backslashes_are_no_nul(light_probe: Probe) -> None:
    client = light_probe({"/api/v1/x": read})
    answer = client.post(
        "/api/v1/x", data=rb'{"name": "C:\\u0000"}', content_type="application/json"
    )
    assert answer.get_json() == {"read": {"name": r"C:\u0000"}}


def test_another_kind_of_content_is_answered_415(light_probe: Probe) -> None:
    client = light_probe({"/api/v1/x": read})
    is_problem(client.post("/api/v1/x", data="name=x", content_type="text/plain"), 415)
    is_problem(client.post("/api/v1/x", data={"name": "x"}), 415)


def test_too_large_a_body_is_answered_413(light_probe: Probe) -> None:
    client = light_probe({"/api/v1/x": read})
    body = b'{"name": "' + b"x" * (1024 * 1024) + b'"}'
    is_problem(client.post("/api/v1/x", data=body, content_type="application/json"), 413)


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/v1/agreements/not-a-uuid/consents", "/api/v1/%00", "/%ff"]
)
def test_an_address_that_is_none_of_ours(light_probe: Probe, path: str) -> None:
    assert light_probe().get(path).status_code in (400, 404)


def test_a_nul_in_a_query_or_form_is_answered_400(light_probe: Probe) -> None:
    client = light_probe({"/x": lambda: "read"})
    is_problem(client.get("/x?q=a%00b"), 400)
    is_problem(client.post("/x", data={"q": "a\0b"}), 400)


def test_a_method_that_is_not_there_names_those_that_are(light_probe: Probe) -> None:
    answer = light_probe().delete("/healthz")
    is_problem(answer, 405)
    assert "GET" in answer.headers["Allow"]


def test_a_browser_gets_a_page_and_a_program_gets_json(light_probe: Probe) -> None:
    client = light_probe({"/x": raising(Conflict("somebody was first"))})
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "X-Request-Id": "r-2"}

    page = client.get("/x", headers=browser)

    assert (page.status_code, page.mimetype) == (409, "text/html")
    assert "Somebody was first." in page.text
    assert "r-2" in page.text
    for accept in ("application/json", "*/*", "", "application/fhir+json"):
        is_problem(client.get("/x", headers={"Accept": accept}), 409)
    is_problem(client.get("/api/v1/nothing", headers=browser), 404)


def test_a_visitor_is_led_to_sign_in_and_back(light_probe: Probe) -> None:
    client = light_probe({"/x": raising(NotAuthenticated("sign in"))})

    answer = client.get("/x?a=1", headers={"Accept": "text/html"})

    assert (answer.status_code, answer.location) == (303, "/sign-in?next=%2Fx%3Fa%3D1")
    assert client.post("/x", headers={"Accept": "text/html"}).status_code == 401


def test_faults_of_nested_messages() -> None:
    messages = {"a": {0: {"b": ["x", "y"]}}, "_schema": ["z"]}
    assert [(f.field, f.detail) for f in faults_of(messages)] == [
        ("/a/0/b", "x"),
        ("/a/0/b", "y"),
        ("", "z"),
    ]
