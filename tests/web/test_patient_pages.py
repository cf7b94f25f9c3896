"""A patient's pages as a browser sends them: whole journeys, and what nobody should send."""

import re
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ledger.core.actor import Role
from ledger.core.ids import new_id
from ledger.core.trail import LogEntry
from ledger.vocabulary.categories import Category
from tests.given import access
from tests.given import consent as given
from tests.given.access import Scene
from tests.given.directory import member, patient
from tests.given.identity import signed_in


@pytest.fixture
def scene(app: Flask) -> Scene:
    return access.scene()


@pytest.fixture
def client(app: Flask, scene: Scene) -> FlaskClient:
    app.config["WTF_CSRF_ENABLED"] = False
    return signed_in(app, scene.patient)


def post(client: FlaskClient, path: str, **form: str | list[str]) -> TestResponse:
    """Send a page's form, with its one-time token."""
    page = client.get(path)
    token = re.search(r'name="once" value="([^"]+)"', page.text)
    assert token, f"{path} has no form: {page.status} {page.text[:200]}"
    return client.post(path, data={"once": token[1], **form})


def entries(session: Session, kind: str) -> int:
    count = select(func.count()).select_from(LogEntry).where(LogEntry.kind == kind)
    return session.scalar(count) or 0


def agreed(scene: Scene) -> UUID:
    medicines = frozenset({Category.MEDICINES})
    return given.granted(
        scene.patient,
        scene.agreement_id,
        to=scene.trust,
        said=given.ONLINE,
        categories=medicines,
    )


def what(scene: Scene) -> str:
    return f"{scene.agreement_id}.TREAT"


def test_the_whole_of_a_yes(session: Session, client: FlaskClient, scene: Scene) -> None:
    answers: dict[str, str | list[str]] = {
        "what": what(scene),
        "answer": "yes",
        "who": [str(scene.trust)],
        "which": ["medicines"],
        "until": "year",
    }
    for step, answer in answers.items():
        assert post(client, f"/my/choose/{step}", **{step: answer}).status_code == 303
    done = post(client, "/my/choose/check")
    assert done.status_code == 303
    page = client.get(done.headers["Location"])
    assert "Until the end of 2 March 2027" in page.text
    assert entries(session, "consent.granted") == 1
    assert client.get("/my/choose/check").status_code == 302  # The answers are forgotten.


def test_questions_come_in_their_order(client: FlaskClient) -> None:
    client.get("/my/choose/")
    for step in ("answer", "who", "which", "until", "last_day", "check"):
        assert client.get(f"/my/choose/{step}").headers["Location"].endswith("/my/choose/what")
    assert client.get("/my/choose/gossip").status_code == 404


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("what", ""),
        ("what", f"{UUID(int=7)}.TREAT"),
        ("answer", "perhaps"),
        ("who", [str(UUID(int=7))]),
        ("which", ["gossip"]),
        ("which", []),
        ("until", "whenever"),
        ("last_day", "31/31/2027"),
        ("last_day", "1/1/2020"),
        ("last_day", "x" * 10_000),
    ],
)
def test_an_answer_that_is_none_is_asked_for_again(
    client: FlaskClient, scene: Scene, step: str, answer: str | list[str]
) -> None:
    order: dict[str, str | list[str]] = {
        "what": what(scene),
        "answer": "yes",
        "who": [str(scene.trust)],
        "which": ["medicines"],
        "until": "day",
    }
    for before, good in order.items():
        if before == step:
            break
        post(client, f"/my/choose/{before}", **{before: good})
    answered = post(client, f"/my/choose/{step}", **{step: answer})
    assert answered.status_code == 422
    assert "There is a problem" in answered.text


def test_a_form_sent_twice_is_recorded_once(
    session: Session, client: FlaskClient, scene: Scene
) -> None:
    consent_id = agreed(scene)
    path = f"/my/choices/{consent_id}/take-back"
    token = re.search(r'name="once" value="([^"]+)"', client.get(path).text)
    assert token
    form = {"once": token[1], "reason": "changed-mind", "words": ""}
    assert [client.post(path, data=form).status_code for _ in range(2)] == [303, 409]
    assert entries(session, "consent.withdrawn") == 1


def test_words_that_are_too_long_are_given_back(client: FlaskClient, scene: Scene) -> None:
    consent_id = agreed(scene)
    answered = post(client, f"/my/choices/{consent_id}/take-back", words="w" * 3000)
    assert answered.status_code == 422
    assert "at most 2000 characters" in answered.text


def test_nobody_elses_choices_are_there(app: Flask, client: FlaskClient, scene: Scene) -> None:
    consent_id = agreed(scene)
    _, stranger = patient(at=scene.trust)
    other = signed_in(app, stranger)
    for path in ("/my/choices/{}", "/my/choices/{}/take-back", "/my/choices/{}/done"):
        for one in (consent_id, new_id()):
            assert other.get(path.format(one)).status_code == 404
    staff = signed_in(app, member(Role.CLINICIAN, at=scene.trust))
    assert staff.get("/my/choices").status_code == 404


def test_a_patient_sees_who_asked_and_what_they_were_told(
    client: FlaskClient, scene: Scene
) -> None:
    scene.ask()
    no = given.dissented(scene.patient)
    scene.ask()
    page = client.get("/my/looked").text
    assert page.count(">Clinician, ") == 2
    for words in ("Your medicines", "Looking after you", "Allowed", "Withheld", "You have refused"):
        assert words in page
    assert str(scene.clinician.id) not in page
    given.withdrawn(scene.patient, no)
    first = client.get("/my/looked?limit=1")
    older = re.search(r'href="([^"]+)" rel="next"', first.text)
    assert older
    assert client.get(older[1].replace("&amp;", "&")).text.count(">Clinician, ") == 1
