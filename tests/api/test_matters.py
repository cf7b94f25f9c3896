"""Questions and complaints about a look, and ending a broken glass, over HTTP."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ledger.core.actor import Role
from tests.databases import NewDatabase, running
from tests.given import access, directory
from tests.given.access import Scene
from tests.given.identity import signed_in


@pytest.fixture
def app(sqlite_databases: NewDatabase) -> Iterator[Flask]:
    """What differs between databases is tested in tests/access/test_matters.py."""
    with running(sqlite_databases()) as app:
        yield app


@pytest.fixture
def here(app: Flask) -> Scene:
    app.config["WTF_CSRF_ENABLED"] = False
    return access.scene()


@pytest.fixture
def client(app: Flask, here: Scene) -> FlaskClient:
    return signed_in(app, here.patient)


def test_a_complaint_over_http(app: Flask, here: Scene, client: FlaskClient) -> None:
    officer = signed_in(app, directory.member(Role.PRIVACY_OFFICER, at=here.trust))
    asked = {"look_id": str(here.ask().entry_id), "sort": "complaint", "words": "Why?"}
    where = f"/api/v1/patients/{here.patient_id}/matters"
    for wrong in ({**asked, "sort": "rant"}, {**asked, "words": ""}, {**asked, "owner": "me"}):
        assert client.post(where, json=wrong).status_code == 422
    made = client.post(where, json=asked)
    assert made.status_code == 201, made.text
    own = made.headers["Location"]
    number = (made.json or {})["id"]
    assert client.post(where, json=asked).status_code == 409
    assert [one["id"] for one in (officer.get("/api/v1/matters").json or {})["items"]] == [number]
    theirs = f"/api/v1/matters/{number}"
    assert officer.post(f"{theirs}/acknowledgement").status_code == 204
    answer = {"outcome": "explained", "words": "She was on shift."}
    assert officer.post(f"{theirs}/answer", json=answer).status_code == 204
    assert officer.post(f"{theirs}/answer", json=answer).status_code == 409
    assert (client.get(own).json or {})["steps"][-1]["words"] == "She was on shift."
    assert client.post(f"{theirs}/reopening", json={"words": "No."}).status_code == 204
    assert (officer.get(theirs).json or {})["answered_at"] is None
    assert client.get(theirs).status_code == 403
    other_id, other = directory.patient()
    stranger = signed_in(app, other)
    for page in (own, where, f"/api/v1/patients/{other_id}/matters/{number}"):
        assert stranger.get(page).status_code == 404, page


def test_a_broken_glass_is_ended_over_http(app: Flask, here: Scene) -> None:
    doctor = signed_in(app, here.clinician)
    opened = doctor.post(
        "/api/v1/overrides",
        json={
            "patient_id": str(here.patient_id),
            "organisation_id": str(here.trust),
            "reason_code": "unconscious",
            "reason": "On the floor.",
        },
    )
    where = f"/api/v1/overrides/{(opened.json or {})['id']}/end"
    colleague = signed_in(app, directory.member(Role.CLINICIAN, at=here.trust))
    assert colleague.post(where).status_code == 404
    ended = doctor.post(where)
    assert (ended.json or {})["ends_at"] == "2026-03-02T09:30:00+00:00"
    assert doctor.post(where).status_code == 409
