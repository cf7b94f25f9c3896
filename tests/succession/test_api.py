"""Successions as a program and an operator meet them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from flask import Flask, g
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger.commands.successions import group
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.directory import queries
from tests.given.directory import member, organisation
from tests.given.succession import host_steward


@contextmanager
def acting(app: Flask, actor: Actor) -> Iterator[FlaskClient]:
    app.config["WTF_CSRF_ENABLED"] = False
    app.testing = False  # Errors are answered, as they are in use.
    app.before_request_funcs.setdefault(None, []).insert(0, lambda: setattr(g, "actor", actor))
    yield app.test_client()
    app.before_request_funcs[None].pop(0)


def said(answer: TestResponse) -> dict[str, Any]:
    body = answer.get_json()
    assert isinstance(body, dict)
    return body


def once() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


def test_a_steward_of_the_host_records_it_and_anybody_reads_it(app: Flask) -> None:
    organisation()
    trust, successor = organisation("Northside"), organisation("Southmoor")
    member(Role.CLINICIAN, at=trust)
    body = {
        "successor_id": str(successor),
        "kind": "merger",
        "effective_on": "2026-03-02",
        "order": "The Order 2026",
    }
    at = f"/api/v1/organisations/{trust}"
    with acting(app, member(Role.STEWARD, at=successor)) as client:
        assert client.post(f"{at}/succession", json=body, headers=once()).status_code == 403
    with acting(app, host_steward()) as client:
        made = client.post(f"{at}/succession", json=body, headers=once())
        assert (made.status_code, said(made)["successor"]) == (201, "Southmoor")
        again = client.post(f"{at}/succession", json=body, headers=once())
        assert (again.status_code, said(again)["type"].rsplit("/", 1)[-1].split("#")[-1]) == (
            409,
            "organisation-already-succeeded",
        )
        moved = client.post(f"{at}/succession/roles", json={}, headers=once())
        assert said(moved) == {"moved": 1, "left": 0}
    history = said(app.test_client().get(f"{at}/history"))
    assert [one["name"] for one in history["names"]] == ["Northside"]
    assert history["successors"][0]["order"] == "The Order 2026"
    with acting(app, host_steward()) as client:
        gone = client.post(f"{at}/succession/set-aside", json={"reason": "mistake"}, headers=once())
        assert gone.status_code == 204


def test_an_operator_sees_what_moves_before_it_does(app: Flask) -> None:
    organisation()
    trust, successor = organisation(), organisation()
    codes = [str(queries.organisation(db.session(), one).ods_code) for one in (trust, successor)]
    run = app.test_cli_runner()
    asked = ["record", *codes, "--kind", "merger", "--from", "2026-04-01", "--order", "The Order"]
    assert "0 roles end" in run.invoke(group, [*asked, "--check"]).output
    assert "recorded" in run.invoke(group, asked).output
    assert "takes its place: The Order" in run.invoke(group, ["show", codes[0]]).output
    assert "0 moved" in run.invoke(group, ["move-roles", codes[0]]).output
    assert (
        "set aside"
        in run.invoke(group, ["set-aside", codes[0], "--reason", "order-revoked"]).output
    )
