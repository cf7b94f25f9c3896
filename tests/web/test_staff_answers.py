"""Staff write down what patients say, and ask them: forms as a browser sends them."""

import re
from collections.abc import Iterator
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ledger.access.rules.words import Outcome
from ledger.core.actor import Role
from ledger.web.asking_pages import counted
from ledger.web.staff_answers import media_type
from tests.databases import NewDatabase, running
from tests.given import access, directory, notices
from tests.given.access import Scene
from tests.given.identity import signed_in
from tests.web.test_privacy_desk import post

PDF = b"%PDF-1.7 demonstration"


@pytest.fixture
def app(sqlite_databases: NewDatabase) -> Iterator[Flask]:
    """What differs between databases is tested below these pages."""
    with running(sqlite_databases()) as app:
        yield app


@pytest.fixture
def here(app: Flask) -> Scene:
    app.config["WTF_CSRF_ENABLED"] = False
    return access.scene()


@pytest.fixture
def doctor(app: Flask, here: Scene) -> FlaskClient:
    return signed_in(app, here.clinician)


def test_a_no_by_phone_counts_at_once(here: Scene, doctor: FlaskClient) -> None:
    page = f"/patients/{here.patient_id}/answer"
    right = {"what": f"{here.agreement_id}.TREAT", "answer": "no", "source": "phone"}
    for wrong in (
        {},
        {**right, "what": "nothing"},
        {**right, "answer": "perhaps"},
        {**right, "source": "online"},
        {**right, "decided": "1/1/2030"},
        {**right, "words": "x" * 3000},
    ):
        assert post(doctor, page, **wrong).status_code == 422
    assert here.ask().permits
    assert post(doctor, page, **right).status_code == 303
    assert not here.ask().permits


def test_a_yes_on_paper_has_its_form_and_its_day(here: Scene, doctor: FlaskClient) -> None:
    page = f"/patients/{here.patient_id}/answer"
    right = {"what": f"{here.agreement_id}.HRESCH", "answer": "yes", "source": "paper"}
    bare = post(doctor, page, **right)
    assert "Add a scan or photo" in bare.text
    assert "Give the day" in bare.text
    script = post(doctor, page, **right, decided="1/3/2026", evidence=(BytesIO(b"<svg>"), "x.pdf"))
    assert "Choose a PDF, PNG or JPEG file" in script.text
    done = post(doctor, page, **right, decided="1/3/2026", evidence=(BytesIO(PDF), "form.pdf"))
    assert done.status_code == 303, done.text
    assert "Their yes is recorded" in doctor.get("/patients/find").text


def test_a_yes_that_is_older_than_a_no_waits(app: Flask, here: Scene, doctor: FlaskClient) -> None:
    here.dissent()
    page = f"/patients/{here.patient_id}/answer"
    done = post(
        doctor,
        page,
        what=f"{here.agreement_id}.TREAT",
        answer="yes",
        source="paper",
        decided="20/2/2026",
        evidence=(BytesIO(PDF), "form.pdf"),
    )
    assert done.status_code == 303, done.text
    assert "it does not count yet" in doctor.get("/patients/find").text
    assert here.ask().decision.verdict.outcome is Outcome.DENY


def test_a_stranger_writes_down_a_no_and_no_yes(app: Flask, here: Scene) -> None:
    stranger = signed_in(app, directory.member(Role.CLINICIAN, at=here.trust))
    page = f"/patients/{here.patient_id}/answer"
    right = {"what": f"{here.agreement_id}.TREAT", "source": "spoken"}
    assert post(stranger, page, **right, answer="yes").status_code == 404
    assert post(stranger, page, **right, answer="no").status_code == 303


def test_a_file_is_what_it_begins_with() -> None:
    assert media_type(PDF) == "application/pdf"
    assert media_type(b"\xff\xd8\xff\xe0") == "image/jpeg"
    assert media_type(b"<html>") is None
    assert media_type(b"") is None


def test_a_patient_is_asked_and_who_waits_is_seen(
    app: Flask, here: Scene, doctor: FlaskClient
) -> None:
    page = f"/patients/{here.patient_id}/request"
    assert "There is no notice yet" in doctor.get(page).text
    notices.authored(directory.member(Role.STEWARD, at=here.trust))
    assert post(doctor, page).status_code == 422
    shown = doctor.get(page).text
    notice = re.search(r'name="notice" type="radio" value="([^"]+)"', shown)
    assert notice, shown
    right = {"what": f"{here.agreement_id}.HRESCH", "notice": notice[1]}
    assert post(doctor, page, **right, last="1/1/2020").status_code == 422
    assert post(doctor, page, **right, last="1/5/2026").status_code == 303
    assert "1 May 2026" in doctor.get("/asked").text
    assert counted({}) == "Nobody yet"
