"""Bodies and seats over HTTP."""

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask, g

from ledger.core.actor import Actor, Role
from tests.conftest import NOW
from tests.given.directory import member, organisation


@pytest.fixture
def who(app: Flask) -> list[Actor]:
    """Put in it whom the next request is by."""
    asking: list[Actor] = []
    hooks = app.before_request_funcs.setdefault(None, [])
    hooks.append(lambda: setattr(g, "actor", asking[-1]) if asking else None)
    return asking


def test_a_board_is_set_up_filled_and_read(app: Flask, who: list[Actor]) -> None:
    board, client = organisation(), app.test_client()
    who.append(member(Role.STEWARD, at=board))
    made = client.post(
        "/api/v1/bodies",
        json={"host_id": str(board), "name": "Joint board", "reference": "Allocates the pool."},
    )
    assert made.status_code == 201, made.json
    address = made.headers["Location"]
    seat: Any = client.post(
        f"{address}/seats", json={"stakeholder": "patient", "title": "Patient voice"}
    ).json
    person = member(Role.BOARD_MEMBER, at=board)
    term = {"person_id": str(person.id), "first_day": str(NOW.date())}
    terms = f"/api/v1/seats/{seat['id']}/terms"
    assert client.post(terms, json=term).status_code == 201
    assert client.post(terms, json=term).status_code == 409

    who.append(person)
    shown: Any = client.get(address).json
    assert shown["seats"][0]["held"]["person_id"] == str(person.id)
    assert client.post(terms, json=term).status_code == 403
    listed: Any = client.get("/api/v1/bodies").json
    assert [one["name"] for one in listed["items"]] == ["Joint board"]

    who.append(who[0])
    vacancy = f"/api/v1/seats/{seat['id']}/vacancy"
    assert client.post(vacancy, json={"last_day": "2026-02-01"}).status_code == 422
    assert client.post(vacancy, json={"last_day": str(NOW.date())}).status_code == 204
    assert client.get(f"/api/v1/bodies/{uuid4()}").status_code == 404
    assert client.post("/api/v1/bodies", json={"name": 1}).status_code == 422
