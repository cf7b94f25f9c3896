"""A thing sent twice is done once."""

from typing import Any
from uuid import UUID

import pytest
from flask import request
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.errors import Conflict
from ledger.core.trail import LogEntry
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.edge.guard import current_actor
from ledger.edge.once import GOOD_FOR, IdempotencyKey, forget_old, once, once_form
from tests.api.conftest import SOMEBODY, Probe
from tests.conftest import NOW
from tests.core.given import authorise, registered

KEY = {"Idempotency-Key": "3f8c-1"}


def register(work: UnitOfWork) -> dict[str, Any]:
    authorise(work)
    entry = registered()
    work.record(entry)
    name = (request.get_json(silent=True) or {}).get("name")
    if name == "taken":
        raise Conflict("that name is taken")
    return {"id": str(entry.organisation_id), "name": name}


def command() -> ResponseReturnValue:
    with unit_of_work(current_actor()) as work:
        body = once(work, lambda: register(work))
    return body, 201


def form() -> ResponseReturnValue:
    with unit_of_work(current_actor()) as work:
        once_form(work)
        register(work)
    return "done"


def entries() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(LogEntry)) or 0


@pytest.fixture
def client(probe: Probe) -> FlaskClient:
    return probe({"/api/v1/x": command, "/api/v1/y": command, "/form": form}, SOMEBODY)


def test_the_same_request_again_is_answered_the_same(client: FlaskClient) -> None:
    before = entries()

    first, again = (client.post("/api/v1/x", json={"name": "a"}, headers=KEY) for _ in range(2))

    assert (first.status_code, first.json) == (again.status_code, again.json)
    assert first.status_code == 201
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert entries() == before + 1


def test_a_programs_key_is_another_for_each_person_it_acts_for(probe: Probe) -> None:
    answers = []
    for n in (1, 2):
        behalf = f"person:{UUID(int=n)}"
        program = Actor.client(UUID(int=5), roles=SOMEBODY.roles, on_behalf_of=behalf)
        client = probe({"/api/v1/x": command}, program)
        answers.append(client.post("/api/v1/x", json={"name": "a"}, headers=KEY))
    assert "Idempotency-Replayed" not in answers[1].headers
    assert answers[0].json != answers[1].json
    assert [answer.status_code for answer in answers] == [201, 201]


def test_without_a_key_it_is_another_command(client: FlaskClient) -> None:
    first, again = (client.post("/api/v1/x", json={"name": "a"}).json for _ in range(2))
    assert first is not None
    assert again is not None
    assert UUID(first["id"]) != UUID(again["id"])


@pytest.mark.parametrize(
    ("path", "body"), [("/api/v1/x", {"name": "b"}), ("/api/v1/y", {"name": "a"})]
)
def test_another_request_under_the_key_is_refused(
    client: FlaskClient, path: str, body: dict[str, str]
) -> None:
    client.post("/api/v1/x", json={"name": "a"}, headers=KEY)

    answer = client.post(path, json=body, headers=KEY)

    assert answer.status_code == 422
    assert (answer.json or {})["type"] == "/problems/idempotency-key-reused"


def test_a_refused_request_may_be_mended_under_its_key(client: FlaskClient) -> None:
    before = entries()
    assert client.post("/api/v1/x", json={"name": "taken"}, headers=KEY).status_code == 409
    assert entries() == before
    assert client.post("/api/v1/x", json={"name": "a"}, headers=KEY).status_code == 201


def test_a_request_that_is_not_answered_yet_is_refused(client: FlaskClient) -> None:
    client.post("/api/v1/x", json={"name": "a"}, headers=KEY)
    row = db.session.scalars(select(IdempotencyKey)).one()
    row.answer = None  # As another process would see it, had that one not committed.
    db.session.commit()

    answer = client.post("/api/v1/x", json={"name": "a"}, headers=KEY)

    assert (answer.status_code, (answer.json or {})["type"]) == (
        409,
        "/problems/request-in-progress",
    )


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_a_key_that_is_none_is_refused(client: FlaskClient, key: str) -> None:
    answer = client.post("/api/v1/x", json={"name": "a"}, headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    assert (answer.json or {})["errors"][0]["field"] == "Idempotency-Key"


def test_nothing_at_rest_can_be_read_without_the_key(client: FlaskClient) -> None:
    client.post("/api/v1/x", json={"name": "Ada Lovelace"}, headers=KEY)
    row = db.session.scalars(select(IdempotencyKey)).one()
    assert row.answer is not None
    assert "Lovelace" not in row.answer
    assert KEY["Idempotency-Key"].encode() not in row.key_digest


def test_old_keys_are_forgotten(client: FlaskClient) -> None:
    client.post("/api/v1/x", json={"name": "a"}, headers=KEY)
    assert forget_old(db.session(), now=NOW + GOOD_FOR / 2) == 0
    assert forget_old(db.session(), now=NOW + GOOD_FOR * 2) == 1
    db.session.commit()


def test_a_form_sent_twice_changes_nothing_the_second_time(client: FlaskClient) -> None:
    before = entries()
    assert client.post("/form", data={"once": "t1"}).status_code == 200

    again = client.post("/form", data={"once": "t1"})

    assert (again.status_code, (again.json or {})["type"]) == (409, "/problems/already-sent")
    assert entries() == before + 1
    assert client.post("/form", data={"once": "t2"}).status_code == 200
    assert client.post("/form", data={}).status_code == 422
