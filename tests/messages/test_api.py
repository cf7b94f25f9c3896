"""Endpoints over HTTP: registered once, changed, paused, read, sent to again, and closed."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.ids import new_id
from tests.given import agreements
from tests.given.directory import member, organisation
from tests.messages.receiver import Receiver

ActAs = Callable[[Actor], Any]
URL = "https://care.example.org/hooks"


def test_an_endpoint_lives_from_registering_to_closing(act_as: ActAs) -> None:
    client = act_as(member(Role.STEWARD))
    key = {"Idempotency-Key": "one"}
    body = {"url": URL, "kinds": ["agreement"]}
    first = client.post("/api/v1/endpoints", json=body, headers=key)
    assert first.status_code == 201
    assert client.post("/api/v1/endpoints", json=body, headers=key).json == first.json
    at = first.headers["Location"]
    assert client.get(at).json["kinds"] == ["agreement"]
    assert "secret" not in client.get(at).json
    assert client.put(at, json={"url": URL + "/2"}).status_code == 204
    assert client.get(at).json["url"] == URL + "/2"
    assert client.post(f"{at}/pause").status_code == 204
    assert client.post(f"{at}/pause").json["type"] == "/problems/endpoint-not-in-that-state"
    assert client.get(at).json["paused"] == "asked"
    assert client.post(f"{at}/resume").status_code == 204
    assert client.post(f"{at}/secret").json["secret"] != first.json["secret"]
    assert len(client.get("/api/v1/endpoints").json["items"]) == 1
    assert client.delete(at).status_code == 204
    assert client.get(at).status_code == 404
    assert client.get("/api/v1/endpoints").json["items"] == []


def test_what_is_wrong_is_said_field_by_field(act_as: ActAs) -> None:
    client = act_as(member(Role.STEWARD))
    answer = client.post("/api/v1/endpoints", json={"url": "http://10.0.0.1/", "kinds": ["X"]})
    assert answer.status_code == 422
    assert {fault["field"].strip("/") for fault in answer.json["errors"]} == {"url", "kinds"}
    at = client.post("/api/v1/endpoints", json={"url": URL}).headers["Location"]
    neither = client.post(f"{at}/replay", json={})
    assert neither.status_code == 422


def test_another_organisations_endpoint_does_not_exist(act_as: ActAs) -> None:
    at = act_as(member(Role.STEWARD)).post("/api/v1/endpoints", json={"url": URL})
    stranger = act_as(member(Role.STEWARD))
    there, nowhere = at.headers["Location"], f"/api/v1/endpoints/{new_id()}"
    for method in ("get", "delete"):
        answers = [getattr(stranger, method)(path) for path in (there, nowhere)]
        assert [one.status_code for one in answers] == [404, 404]
        assert answers[0].json["detail"] == answers[1].json["detail"]
    assert act_as(member(Role.CLINICIAN)).get(there).status_code == 403


def test_the_delivery_log_is_read_in_pages_and_a_message_sent_again(
    act_as: ActAs, receiver: Receiver, deliver: Callable[[], None]
) -> None:
    trust, council = organisation(), organisation()
    client = act_as(member(Role.STEWARD, at=trust))
    client.application.extensions["settings"] = _private(client)
    made = client.post("/api/v1/endpoints", json={"url": receiver.url, "kinds": ["agreement"]})
    agreements.active(trust, council)
    receiver.statuses = [204, 503]
    deliver()
    path, seen = f"{made.headers['Location']}/messages?limit=2", []
    while path:
        page = client.get(path)
        seen += page.json["items"]
        link = page.headers.get("Link", "")
        path = link[1 : link.index(">")] if link else ""
    indexes = [one["index"] for one in seen]
    assert indexes == sorted(indexes, reverse=True)
    waits = seen[-2]
    tries = client.get(f"{made.headers['Location']}/messages/{waits['entry_id']}/attempts").json
    assert [one["status"] for one in tries["items"]] == [503]
    again = client.post(f"{made.headers['Location']}/replay", json={"entry_id": waits["entry_id"]})
    assert again.json == {"messages": 1}
    deliver()
    db.session.rollback()
    tries = client.get(f"{made.headers['Location']}/messages/{waits['entry_id']}/attempts").json
    assert [one["status"] for one in tries["items"]] == [204, 503]


def test_an_acknowledgement_is_an_entry(act_as: ActAs) -> None:
    trust, council = organisation(), organisation()
    client = act_as(member(Role.PRIVACY_OFFICER, at=council))
    agreements.active(trust, council)
    found = db.session.connection().exec_driver_sql(
        "SELECT id FROM entries WHERE kind = 'agreement.activated'"
    )
    entry_id = UUID(str(found.scalar_one()))
    db.session.rollback()
    answer = client.put(f"/api/v1/entries/{entry_id}/acknowledgement")
    assert answer.status_code == 201
    again = client.put(f"/api/v1/entries/{entry_id}/acknowledgement")
    assert again.json["type"] == "/problems/already-acknowledged"
    assert client.put(f"/api/v1/entries/{uuid4()}/acknowledgement").status_code == 404


def _private(client: Any) -> Any:
    from dataclasses import replace  # noqa: PLC0415

    return replace(client.application.extensions["settings"], webhooks_private=True)
