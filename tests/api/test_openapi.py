"""The OpenAPI document tells the truth about every route, and no route falls over."""

from typing import Any

import pytest
from flask import Flask
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from ledger.api.openapi import document
from ledger.api.shell import Blueprint
from ledger.core.permissions import Permission
from ledger.edge.guard import requires
from tests.api.conftest import SOMEBODY, Probe


class NoteIn(Schema):
    text = fields.String(required=True, validate=validate.Length(max=10))


class NoteOut(Schema):
    id = fields.UUID()


def notes() -> Blueprint:
    blueprint = Blueprint("notes", __name__, url_prefix="/api/v1")

    @blueprint.post("/notes/<uuid:note_id>")
    @requires(Permission.LOG_READ)
    @blueprint.arguments(NoteIn)
    @blueprint.answers(201, NoteOut, says="The note.")
    def write(note: dict[str, Any], note_id: object) -> ResponseReturnValue:
        """Write a note.

        It is kept for ever.
        """
        return {"id": str(note_id), **note}, 201

    @blueprint.get("/notes")
    @requires(Permission.LOG_READ)
    @blueprint.takes(NoteIn, location="query")
    def look() -> ResponseReturnValue:
        """Look for notes."""
        return {"items": []}

    return blueprint


@pytest.fixture
def noted(light_probe: Probe) -> Any:
    client = light_probe(actor=SOMEBODY)
    client.application.register_blueprint(notes())
    return client


def test_a_view_is_described_by_what_it_declares(noted: Any) -> None:
    found = noted.get("/api/openapi.json").get_json()

    assert found["openapi"].startswith("3.1")
    write = found["paths"]["/api/v1/notes/{note_id}"]["post"]
    assert (write["summary"], write["description"]) == ("Write a note.", "It is kept for ever.")
    assert (write["x-permission"], write["security"]) == ("log:read", [{"token": []}])
    body = write["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/NoteIn"}
    assert found["components"]["schemas"]["NoteIn"]["properties"]["text"]["maxLength"] == 10
    answers = write["responses"]
    assert answers["201"]["description"] == "The note."
    assert list(answers["default"]["content"]) == ["application/problem+json"]
    named = {(one["name"], one["in"]) for one in write["parameters"]}
    named |= {
        (one["name"], one["in"])
        for one in found["paths"]["/api/v1/notes/{note_id}"].get("parameters", [])
    }
    assert named == {("Idempotency-Key", "header"), ("note_id", "path")}
    look = found["paths"]["/api/v1/notes"]["get"]
    assert [(one["name"], one["in"], one["required"]) for one in look["parameters"]] == [
        ("text", "query", True)
    ]


def test_arguments_are_read_strictly(noted: Any) -> None:
    path = "/api/v1/notes/018f0000-0000-7000-8000-000000000001"
    assert noted.post(path, json={"text": "short"}).status_code == 201
    for body, kind, status, field in [
        (b'{"text": "much too long a text"}', "application/json", 422, "/text"),
        (b"{}", "application/json", 422, "/text"),
        (b"", "application/json", 400, None),
        (b"", None, 422, "/text"),
        (b'{"text": "a", "text": "b"}', "application/json", 400, None),
        (b"text=a", "application/x-www-form-urlencoded", 415, None),
    ]:
        answer = noted.post(path, data=body, content_type=kind)
        assert answer.status_code == status, body
        assert answer.content_type == "application/problem+json"
        if field:
            assert answer.get_json()["errors"][0]["field"] == field


@pytest.fixture
def described(light_probe: Probe) -> tuple[Flask, dict[str, Any]]:
    app = light_probe().application
    return app, document(app)


def test_every_route_for_programs_is_described(described: tuple[Flask, dict[str, Any]]) -> None:
    app, found = described
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(("/api/v1/", "/access/")):
            path = "".join(
                f"{{{data}}}" if dynamic else data for dynamic, data in _parts(rule._trace)
            )
            assert path in found["paths"], rule.rule


def _parts(trace: Any) -> list[tuple[bool, str]]:
    return [(dynamic, data) for dynamic, data in trace if data != "|"]


def test_every_operation_has_a_name_a_sentence_and_its_permission(
    described: tuple[Flask, dict[str, Any]],
) -> None:
    _, found = described
    names: list[str] = []
    for path, item in found["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            names.append(operation["operationId"])
            assert operation["summary"].endswith("."), (method, path)
            guarded = "x-permission" in operation
            assert guarded == ("401" in operation["responses"]), (method, path)
    assert len(names) == len(set(names))


def test_every_reference_leads_somewhere(described: tuple[Flask, dict[str, Any]]) -> None:
    _, found = described
    known = {f"#/components/schemas/{name}" for name in found["components"]["schemas"]}
    assert set(_references(found)) <= known


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        here = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return here + [one for below in node.values() for one in _references(below)]
    if isinstance(node, list):
        return [one for below in node for one in _references(below)]
    return []
