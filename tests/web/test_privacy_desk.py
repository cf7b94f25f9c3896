"""A privacy officer's desk, and what patients ask: forms as a browser sends them."""

import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ledger.access import service as looking
from ledger.access.keeping import queries as keeping
from ledger.access.rules.words import OverrideReason
from ledger.consent import service as consents
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.directory import queries as people
from ledger.directory.identity import doubting
from ledger.directory.identity import queries as identity
from ledger.web.desk_cases import breach_state
from ledger.web.register_pages import state
from tests.consent.fhir.examples import ACT_REASON, a_consent, body, coding
from tests.databases import NewDatabase, running
from tests.given import access, directory
from tests.given.access import Scene
from tests.given.identity import signed_in


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
def officer(here: Scene) -> Actor:
    return directory.member(Role.PRIVACY_OFFICER, at=here.trust)


@pytest.fixture
def desk(app: Flask, officer: Actor) -> FlaskClient:
    return signed_in(app, officer)


@pytest.fixture
def phone(app: Flask, here: Scene) -> FlaskClient:
    return signed_in(app, here.patient)


def post(client: FlaskClient, page: str, to: str = "", **form: object) -> TestResponse:
    """Send a page's form, with its one-time token."""
    shown = client.get(page)
    token = re.search(r'name="once" value="([^"]+)"', shown.text)
    assert token, f"{page} has no form: {shown.status} {shown.text[:200]}"
    return client.post(to or page, data={"once": token[1], **form})


def broken(here: Scene) -> UUID:
    with unit_of_work(here.clinician) as work:
        return looking.open_override(
            work,
            patient_id=here.patient_id,
            organisation_id=here.trust,
            reason_code=OverrideReason.UNCONSCIOUS,
            reason="Found on the floor.",
        ).id


def test_a_complaint_is_sent_answered_and_read(
    here: Scene, phone: FlaskClient, desk: FlaskClient
) -> None:
    page = f"/looks/{here.ask().entry_id}/ask"
    assert "They are recorded as looking after you" in phone.get(page).text
    for form in ({"words": "Why?"}, {"sort": "gossip", "words": "Why?"}, {"sort": "question"}):
        assert post(phone, page, **form).status_code == 422
    sent = post(phone, page, sort="complaint", words="<b>I do not know her.</b>")
    assert sent.status_code == 303
    shown = phone.get(sent.headers["Location"])
    assert "&lt;b&gt;I do not know her.&lt;/b&gt;" in shown.text
    assert "Read by 5 March 2026, answered by 30 March 2026" in shown.text
    assert "an answer is on its way" in phone.get(page).text
    matter = sent.headers["Location"].rsplit("/", 1)[1]
    assert "Complaint about a look" in desk.get("/").text
    assert "Complaint about a look" in desk.get("/reviews/matters").text
    work = f"/reviews/matters/{matter}"
    assert post(desk, work, f"{work}/acknowledge").status_code == 303
    assert "has read it" in phone.get(f"/matters/{matter}").text
    assert post(desk, work, f"{work}/answer", outcome="explained").status_code == 422
    assert post(desk, work, f"{work}/answer", words="She").status_code == 422
    done = post(desk, work, f"{work}/answer", outcome="explained", words="She was on shift.")
    assert done.status_code == 303
    assert "She was on shift." in phone.get(f"/matters/{matter}").text
    assert "There is an answer to what you asked" in phone.get("/").text
    assert post(phone, f"/matters/{matter}", f"/matters/{matter}/again").status_code == 422
    again = post(phone, f"/matters/{matter}", f"/matters/{matter}/again", words="She was not.")
    assert again.status_code == 303
    assert "She was not." in desk.get(work).text
    assert "Complaint about a look" in phone.get("/matters").text


def test_what_is_anothers_is_not_there(
    app: Flask, here: Scene, phone: FlaskClient, desk: FlaskClient
) -> None:
    look = here.ask().entry_id
    matter = post(phone, f"/looks/{look}/ask", sort="question", words="Who?").headers["Location"]
    number = matter.rsplit("/", 1)[1]
    _, other = directory.patient()
    stranger = signed_in(app, other)
    elsewhere = signed_in(app, directory.member(Role.PRIVACY_OFFICER, at=here.council))
    for client, page in (
        (stranger, f"/looks/{look}/ask"),
        (stranger, f"/matters/{number}"),
        (elsewhere, f"/reviews/matters/{number}"),
        (desk, f"/desk/breaches/{number}"),
        (desk, f"/desk/gossip/{number}"),
        (desk, f"/quarantine/{number}"),
    ):
        assert client.get(page).status_code == 404, page
    assert signed_in(app, here.clinician).get("/desk").status_code == 403


def test_upheld_becomes_a_breach_with_its_clock(
    here: Scene, phone: FlaskClient, desk: FlaskClient
) -> None:
    look = here.ask().entry_id
    sent = post(phone, f"/looks/{look}/ask", sort="complaint", words="No reason.")
    work = "/reviews/matters/" + sent.headers["Location"].rsplit("/", 1)[1]
    post(desk, work, f"{work}/answer", outcome="upheld", words="You are right. We are sorry.")
    pile = desk.get("/desk/breaches").text
    assert "72 hours left" in pile
    case = re.search(r'href="(/desk/breaches/[^"]+)"', pile)
    assert case
    assert "A complaint about a look was upheld" in desk.get(case[1]).text
    assert post(desk, case[1], words="x").status_code == 422
    assert post(desk, case[1], chosen="no", words=" ").status_code == 422
    assert post(desk, case[1], chosen="no", words="Nothing left the ward.").status_code == 303
    assert "Nothing waits" in desk.get("/desk/breaches").text


def test_a_record_in_doubt_is_settled(here: Scene, officer: Actor, desk: FlaskClient) -> None:
    with unit_of_work(officer) as work:
        doubting.raise_doubt(work, patient_id=here.patient_id, evidence="Two birth days.")
    page = f"/desk/doubts/{here.patient_id}"
    assert "Records in doubt" in desk.get("/").text
    assert post(desk, page, chosen="one-person", words="").status_code == 422
    assert post(desk, page, chosen="one-person", words="It was a slip.").status_code == 303
    assert not identity.in_doubt(db.session(), here.patient_id)


def test_a_withdrawal_is_acknowledged(here: Scene, desk: FlaskClient) -> None:
    here.withdraw(here.grant())
    pile = desk.get("/desk/taken-back").text
    case = re.search(r'href="(/desk/taken-back/[^"]+)"', pile)
    assert case
    assert "A patient took a yes back" in pile
    assert post(desk, case[1]).status_code == 303
    assert "Nothing waits" in desk.get("/desk/taken-back").text


def test_telling_is_withheld_to_a_day(
    app: Flask, here: Scene, desk: FlaskClient, phone: FlaskClient
) -> None:
    override_id = broken(here)
    look = here.ask(purpose="BTG").entry_id
    page = f"/reviews/{override_id}/not-told"
    for wrong in ({}, {"ground": "abuse"}, {"ground": "abuse", "words": "x", "last": "1/1/2020"}):
        assert post(desk, page, **wrong).status_code == 422
    right = {"ground": "abuse", "words": "He reads her post.", "last": "10/3/2026"}
    assert post(desk, page, **right).status_code == 303
    assert "Until 11 March 2026, 00:00" in desk.get("/reviews/not-told").text
    assert post(desk, page, **{**right, "last": "30/4/2026"}).status_code == 303
    assert "To confirm" in desk.get("/reviews/not-told").text
    assert post(desk, page, f"{page}/confirm", confirmed="").status_code == 422
    assert post(desk, page, f"{page}/confirm", confirmed="I agree.").status_code == 303
    assert "To confirm" in desk.get("/reviews/not-told").text  # Nobody confirms their own.
    second = signed_in(app, directory.member(Role.PRIVACY_OFFICER, at=here.trust))
    assert post(second, page, f"{page}/confirm", confirmed="I agree.").status_code == 303
    assert "Until 1 May 2026, 00:00" in desk.get("/reviews/not-told").text
    assert phone.get(f"/looks/{look}/ask").status_code == 404


def test_the_desk_counts_everything_and_the_oldest_first(
    here: Scene, desk: FlaskClient, phone: FlaskClient
) -> None:
    broken(here)
    post(phone, f"/looks/{here.ask().entry_id}/ask", sort="question", words="Who?")
    page = desk.get("/desk").text
    for title in (
        "Questions and complaints",
        "Broken glass to review",
        "Records in doubt",
        "Consents from elsewhere, in doubt",
        "Disagreements",
        "Care that was declared",
        "Records to join or separate",
        "Patients not told for now",
        "Withdrawals to acknowledge",
    ):
        assert title in page
    assert page.index("Broken glass to review") < page.index("Possible breaches")
    for link in re.findall(r'href="(/(?:desk|reviews|quarantine|opt-out)[^"]*)"', page):
        assert desk.get(link).status_code == 200, link


def test_the_register_is_brought_in_by_the_host(
    app: Flask, here: Scene, desk: FlaskClient, session: Session
) -> None:
    host_id = people.host(session)
    assert host_id is not None
    theirs = signed_in(app, directory.member(Role.PRIVACY_OFFICER, at=host_id))
    assert "There is none" in desk.get("/opt-out-register").text
    page = "/opt-out-register"
    assert post(theirs, page).status_code == 422
    good = {"lists": "opted-out", "checked": "1/3/2026"}
    bad = post(theirs, page, **good, file=(BytesIO(b"123\n"), "list.csv"))
    assert bad.status_code == 422
    assert "line 1" in bad.text
    future = post(theirs, page, **{**good, "checked": "1/3/2030"}, file=(BytesIO(b"\n9"), "l.csv"))
    assert future.status_code == 422
    done = post(theirs, page, **good, file=(BytesIO(b"9434765919\n"), "list.csv"))
    assert done.status_code == 303
    assert keeping.register(session) is not None
    assert "Good for 19 more days" in desk.get(page).text


def test_the_clock_of_a_breach_and_the_age_of_the_register_in_words(app: Flask) -> None:
    now = clock.now()
    assert breach_state(now + timedelta(hours=30), now) == ("30 hours left", "yellow")
    assert breach_state(now + timedelta(hours=5), now)[1] == "red"
    assert breach_state(now - timedelta(hours=1), now)[0] == "The 72 hours are over"
    with app.app_context():
        assert state(None, now)[1] == "red"
        assert state(now, now) == ("Good for 21 more days", "green")
        assert state(now - timedelta(days=22), now)[1] == "red"


def test_a_quarantined_consent_is_shown_asked_about_and_settled(
    app: Flask, here: Scene, officer: Actor, desk: FlaskClient
) -> None:
    identity_ = people.patient_identities(db.session(), [here.patient_id])[here.patient_id]
    assert identity_ is not None
    named = {
        "identifier": {
            "system": "https://fhir.nhs.uk/Id/nhs-number",
            "value": identity_.nhs_number,
        }
    }
    sent = a_consent({"purpose": [coding(ACT_REASON, "TREAT")]}, patient=named)
    for _ in range(2):
        with unit_of_work(officer) as work:
            consents.import_fhir(work, body=body(sent), patient_id=here.patient_id)
    pages = re.findall(r'href="(/quarantine/[^"]+)"', desk.get("/quarantine").text)
    page, other = pages
    shown = desk.get(page).text
    assert "does not say whether it is a yes or a no" in shown
    assert "Read as a yes" in shown
    assert "&#34;resourceType&#34;: &#34;Consent&#34;" in shown
    assert post(desk, page, f"{page}/ask").status_code == 422
    assert post(desk, page, f"{page}/ask", asked="The surgery, by phone").status_code == 303
    assert "Sender asked" in desk.get("/quarantine").text
    said = {"source": "spoken", "words": "She told me today."}
    assert post(desk, page, f"{page}/accept", reading="7", **said).status_code == 422
    assert post(desk, page, f"{page}/accept", reading="1", source="online").status_code == 422
    assert post(desk, page, f"{page}/accept", reading="1", **said).status_code == 303
    assert not here.ask().permits
    assert post(desk, other, f"{other}/reject").status_code == 422
    assert post(desk, other, f"{other}/reject", why="Sent twice").status_code == 303
    assert "Nothing waits" in desk.get("/quarantine").text


def test_the_glass_is_broken_in_steps_and_ended(app: Flask, here: Scene) -> None:
    here.dissent()
    doctor = signed_in(app, here.clinician)
    page = f"/ask/{here.patient_id}"
    asked = {"category": "medicines", "holder": str(here.council)}
    answer = post(doctor, page, **asked, purpose="TREAT")
    assert "Information is withheld" in answer.text
    assert "It is an emergency" in answer.text
    before = post(doctor, page, f"{page}/override/before", **asked)
    assert "the patient is told who looked" in before.text
    assert "for 60 minutes" in before.text
    why = {"reason_code": "unconscious"}
    assert post(doctor, page, f"{page}/override", **asked).status_code == 422
    assert post(doctor, page, f"{page}/override", **asked, **why).status_code == 422
    open_ = post(doctor, page, f"{page}/override", **asked, **why, reason="On the floor.")
    assert "You may see this" in open_.text
    assert "60 minutes left" in open_.text
    assert "60 minutes left" in doctor.get("/").text
    ends = re.search(r'action="(/ask/[^"]+/end)"', open_.text)
    assert ends
    assert post(doctor, page, ends[1]).status_code == 303
    assert "minutes left" not in doctor.get(page).text
    assert post(doctor, "/alerts", ends[1]).status_code == 303  # It says that it was over.
    assert "It was over already" in doctor.get(page).text


def test_a_record_is_put_right(app: Flask, here: Scene, officer: Actor) -> None:
    theirs = directory.member(Role.PRIVACY_OFFICER, at=here.council)
    desk = signed_in(app, theirs)
    page = f"/patients/{here.patient_id}/put-right"
    assert "may hold what is another" in desk.get(page).text
    assert post(desk, page, f"{page}/doubt", evidence=" ").status_code == 422
    assert post(desk, page, f"{page}/doubt", evidence="Two birth days.").status_code == 303
    assert "In doubt" in desk.get(page).text
    stranger = signed_in(app, directory.member(Role.CARE_COORDINATOR))
    assert stranger.get(page).status_code == 404
    coordinator = signed_in(app, directory.member(Role.CARE_COORDINATOR, at=here.council))
    for wrong in ("", "1/1/2030", "1/1/1900", "yesterday"):
        assert post(coordinator, page, f"{page}/death", died=wrong).status_code == 422
    assert post(coordinator, page, f"{page}/death", died="1/3/2026").status_code == 303
    assert post(coordinator, page, f"{page}/death", died="1/3/2026").status_code == 422


def test_a_consent_of_another_is_moved(app: Flask, here: Scene) -> None:
    here.grant()
    officer = directory.member(Role.PRIVACY_OFFICER, at=here.council)
    directory.cared_for(here.patient_id, by=officer)
    other_id, _ = directory.patient(at=here.council, name="Ivy Moss")
    known = people.patient_identities(db.session(), [other_id])[other_id]
    assert known is not None
    desk = signed_in(app, officer)
    page = f"/patients/{here.patient_id}/put-right"
    found = re.search(r'name="consent" type="radio" value="([^"]+)"', desk.get(page).text)
    assert found
    to = f"{page}/misfiled"
    assert post(desk, page, to, consent="x").status_code == 422
    assert post(desk, page, to, consent=found[1]).status_code == 422
    assert post(desk, page, to, consent=found[1], number="9434765919", born="x").status_code == 422
    nobody = {"number": directory.nhs_number(), "born": "1/3/1948"}
    assert post(desk, page, to, consent=found[1], **nobody).status_code == 404
    whose = {"number": known.nhs_number, "born": "1/3/1948"}
    assert post(desk, page, to, consent=str(UUID(int=7)), **whose).status_code == 404
    done = post(desk, page, to, consent=found[1], **whose)
    assert done.status_code == 303, done.text
    assert found[1] not in desk.get(page).text
