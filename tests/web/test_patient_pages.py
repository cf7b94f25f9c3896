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
from tests.beginnings import begins_with
from tests.given import access
from tests.given import consent as given
from tests.given.access import Scene
from tests.given.directory import member, patient
from tests.given.identity import signed_in

beginning = begins_with(access.scene)


@pytest.fixture
def scene(told: Scene) -> Scene:
    return told


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


def test_what_is_stopped_at_once_is_stopped_once(
    session: Session, client: FlaskClient, scene: Scene
) -> None:
    agreed(scene)
    assert client.get("/my/stop/check").headers["Location"].endswith("/my/stop")
    assert post(client, "/my/stop").status_code == 422
    every = ["consent", "confidentiality-consent", "dissent", "objection", "opt-out"]
    assert post(client, "/my/stop", kinds=every).headers["Location"].endswith("/emergency")
    assert post(client, "/my/stop/emergency", keep="perhaps").status_code == 422
    assert post(client, "/my/stop/emergency", keep="yes").headers["Location"].endswith("/check")
    before = entries(session, "consent.dissented")
    page = client.get("/my/stop/check").text
    assert "Your medicines and allergies can be seen" in page
    assert entries(session, "consent.dissented") == before  # Nothing of the preview is kept.
    done = post(client, "/my/stop/check")
    assert done.status_code == 303
    assert client.get(done.headers["Location"]).text.count("Get receipt") == 4
    assert entries(session, "consent.dissented") == before + 3
    assert entries(session, "consent.withdrawn") == 1


def test_sharing_less_never_shares_more_and_is_in_no_address(
    session: Session, client: FlaskClient, scene: Scene
) -> None:
    both = frozenset({Category.MEDICINES, Category.MENTAL_HEALTH})
    consent_id = given.granted(
        scene.patient, scene.agreement_id, to=scene.trust, said=given.ONLINE, categories=both
    )
    path = f"/my/choices/{consent_id}/less"
    who = str(scene.trust)
    for which in ([], ["medicines", "mental-health"], ["sexual-health"]):
        assert post(client, path, who=who, which=which).status_code == 422
    sent = post(client, path, who=who, which=["medicines", "sexual-health"])
    assert sent.headers["Location"].endswith(f"{path}/check")
    page = client.get(f"{path}/check").text
    assert "Your sexual health" not in page
    assert post(client, f"{path}/check").status_code == 303
    assert entries(session, "consent.narrowed") == 1
    shown = client.get(f"/my/choices/{consent_id}").text
    assert "Not acknowledged yet" in shown
    assert client.get(path).status_code == 404  # One of each is left: there is no less.


def test_nobody_elses_smaller_pages_are_there(app: Flask, scene: Scene) -> None:
    consent_id = agreed(scene)
    scene.ask()
    client = signed_in(app, scene.patient)
    rule = re.search(r'href="(/my/looked/[0-9a-f-]+)"', client.get("/my/looked").text)
    assert rule
    assert client.get(rule[1]).status_code == 200
    _, stranger = patient(at=scene.trust)
    other = signed_in(app, stranger)
    for path in (rule[1], f"/my/choices/{consent_id}/less", f"/my/asked/{consent_id}"):
        assert other.get(path).status_code == 404
    staff = signed_in(app, member(Role.CLINICIAN, at=scene.trust))
    for path in ("stop", "looked", "hidden", "receipts", "mistakes", "contact"):
        assert staff.get(f"/my/{path}").status_code in {403, 404}


def test_looks_are_chosen_by_organisation_and_month(client: FlaskClient, scene: Scene) -> None:
    scene.ask()
    assert client.get(f"/my/looked?who={scene.trust}&month=2026-03").text.count(">Clinician, ") == 1
    for nothing in (f"who={scene.council}", "month=2020-01"):
        assert "Nobody like that" in client.get(f"/my/looked?{nothing}").text
    for nonsense in ("who=x&month=x", "month=0000-13", "who=%2F.."):
        assert client.get(f"/my/looked?{nonsense}").text.count(">Clinician, ") == 1


def test_hiding_and_where_one_is_told_are_chosen(
    session: Session, client: FlaskClient, scene: Scene
) -> None:
    assert post(client, "/my/hidden", hidden="x").status_code == 422
    assert post(client, "/my/hidden", hidden="hidden").status_code == 303
    assert entries(session, "consent.hiding-chosen") == 1
    assert post(client, "/my/contact", where="nowhere").status_code == 422
    assert post(client, "/my/contact", where="address", address="x").status_code == 422
    assert post(client, "/my/contact", where="address", address="i@demo.example").status_code == 303
    assert "i@demo.example" in client.get("/my/contact").text


def test_anybody_reads_how_to_say_no(app: Flask) -> None:
    visitor = app.test_client()
    assert "By phone" in visitor.get("/say-no").text
    first, second = (visitor.get("/say-no/form").text for _ in range(2))
    found = [re.findall(r"NO-\w{4}-\w{4}", page) for page in (first, second)]
    assert found[0] != found[1]
