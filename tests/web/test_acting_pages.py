"""Acting for somebody else in a browser, and the staff pages behind it."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.directory.acting import service, views
from ledger.directory.acting.rules import PowerKind, Scope, SuspendReason
from tests.given import acting, agreements
from tests.given import consent as given
from tests.given.directory import cared_for, member, organisation, patient
from tests.given.identity import signed_in


class Home:
    """A child, their parent in a browser of their own, and an agreement."""

    def __init__(self, app: Flask) -> None:
        app.config["WTF_CSRF_ENABLED"] = False
        self.app = app
        today = clock.civil_date(clock.now())
        self.trust, self.council = organisation(), organisation()
        born_on = today.replace(year=today.year - 8, day=1)
        self.patient_id, self.child = patient(at=self.trust, name="Noor Reed", born_on=born_on)
        self.agreement_id = agreements.active(self.trust, self.council)
        self.power_id, self.person_id = acting.power(self.patient_id, at=self.trust)
        self.browser = signed_in(app, directory.actor_for(db.session(), self.person_id, None))

    def begin(self) -> TestResponse:
        return self.browser.post(f"/acting-for/{self.patient_id}")


@pytest.fixture
def home(app: Flask) -> Home:
    return Home(app)


def send(client: FlaskClient, page: str, path: str, **form: str | list[str]) -> TestResponse:
    """Send a form with the one-time token of a page."""
    token = re.search(r'name="once" value="([^"]+)"', client.get(page).text)
    assert token, client.get(page).text[:300]
    return client.post(path, data={"once": token[1], **form})


def test_a_parent_chooses_and_every_page_says_for_whom(home: Home) -> None:
    assert "Noor Reed" in home.browser.get("/acting-for").text
    assert home.browser.get("/my/choices").status_code == 403
    assert home.begin().status_code == 303
    for page in ("/", "/my/choices", "/my/looked"):
        shown = home.browser.get(page)
        assert shown.status_code == 200
        assert "You are acting for Noor Reed" in shown.text
    home.browser.post("/acting-for/end")
    assert "You are acting for" not in home.browser.get("/acting-for").text
    assert home.browser.get("/my/choices").status_code == 403


def test_a_parent_takes_back_what_they_agreed_to(home: Home) -> None:
    mother = acting.acting(home.person_id, home.patient_id)
    with unit_of_work(mother) as work:
        from ledger.consent import service as consents  # noqa: PLC0415
        from ledger.consent.rules.model import Capacity  # noqa: PLC0415

        consent_id = consents.grant(
            work,
            patient_id=home.patient_id,
            agreement_id=home.agreement_id,
            choice=given.choice(home.council),
            said=consents.Said(capacity=Capacity.PARENT),
        ).consent_id
    home.begin()
    page = f"/my/choices/{consent_id}/take-back"
    assert send(home.browser, page, page).status_code == 303


def test_a_power_that_is_over_closes_the_record_at_the_next_click(home: Home) -> None:
    home.begin()
    assert home.browser.get("/my/choices").status_code == 200
    with unit_of_work(member(Role.SAFEGUARDING_LEAD)) as work:
        service.suspend(
            work, power_id=home.power_id, reason=SuspendReason.SAFEGUARDING, words="Fear"
        )
    assert home.browser.get("/my/choices").status_code == 403
    shown = home.browser.get("/acting-for").text
    assert "Noor Reed" not in shown
    assert "Fear" not in shown
    assert home.begin().status_code == 409


def test_nobody_acts_for_a_stranger(home: Home) -> None:
    other, _ = patient(at=home.trust)
    assert home.browser.post(f"/acting-for/{other}").status_code == 409
    assert home.browser.get("/my/choices").status_code == 403


def test_who_may_only_read_is_refused_the_rest(app: Flask) -> None:
    home = Home(app)
    other = acting.power(home.patient_id, at=home.trust, scope={Scope.READ})[1]
    browser = signed_in(app, directory.actor_for(db.session(), other, None))
    browser.post(f"/acting-for/{home.patient_id}")
    assert browser.get("/my/choices").status_code == 200
    assert browser.get("/my/looked").status_code == 403


def test_a_patient_sees_who_may_act_and_ends_a_helper(app: Flask) -> None:
    trust = organisation()
    patient_id, me = patient(at=trust)
    helper, person_id = acting.power(patient_id, at=trust, kind=PowerKind.HELPER)
    attorney, _ = acting.power(patient_id, at=trust, kind=PowerKind.ATTORNEY)
    browser = signed_in(app, me)
    app.config["WTF_CSRF_ENABLED"] = False
    page = browser.get("/my/people")
    assert page.status_code == 200
    assert f"/my/people/{helper}/end" in page.text
    assert f"/my/people/{attorney}/end" not in page.text
    assert send(browser, "/my/people", f"/my/people/{helper}/end").status_code == 303
    assert not acting.may_act(person_id, patient_id)
    forged = browser.post(f"/my/people/{attorney}/end", data={"once": "made-up-token"})
    assert forged.status_code == 403


def people(patient_id: UUID) -> str:
    return f"/patients/{patient_id}/people"


def test_staff_record_verify_stop_and_end(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    trust = organisation()
    patient_id, _ = patient(at=trust)
    first = signed_in(app, member(Role.STEWARD, at=trust))
    second = signed_in(app, member(Role.STEWARD, at=trust))
    officer = signed_in(app, member(Role.PRIVACY_OFFICER, at=trust))
    page = people(patient_id)
    form: dict[str, str | list[str]] = {
        "name": "Ada Moss",
        "email": "ada@demonstration.example",
        "kind": "attorney/attorney-or-deputy",
        "scope": ["read", "decide"],
        "evidence": "Registered LPA, original",
    }
    wrong = send(first, page, page, **{**form, "kind": "attorney/patient-consent"})
    assert wrong.status_code == 422
    assert "legal basis" in wrong.text
    assert send(first, page, page, **{**form, "evidence": ""}).status_code == 422
    assert "/invitation/" in send(first, page, page, **form).text
    (view,) = views.powers_over(db.session(), patient_id, clock.now())
    assert send(first, page, f"{page}/{view.id}/verify").status_code == 422
    assert "Registered LPA" in second.get(page).text
    assert send(second, page, f"{page}/{view.id}/verify").status_code == 303
    stop = f"{page}/{view.id}/stop"
    assert send(officer, page, stop, reason="dispute", words="").status_code == 422
    assert send(officer, page, stop, reason="dispute", words="Court").status_code == 303
    assert "Stopped for now" in first.get(page).text
    assert "Court" not in first.get(page).text
    assert send(officer, page, stop, reason="resume", words="Settled").status_code == 303
    assert send(second, page, f"{page}/{view.id}/end").status_code == 303
    assert "Over" in first.get(page).text
    assert signed_in(app, member(Role.STEWARD)).get(page).status_code == 404


def test_a_clinician_records_capacity(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    trust = organisation()
    patient_id, _ = patient(at=trust)
    clinician = member(Role.CLINICIAN, at=trust)
    cared_for(patient_id, by=clinician)
    browser, page = signed_in(app, clinician), people(patient_id)
    review = clock.civil_date(clock.now()) + timedelta(days=60)
    form = {"finding": "lacks-capacity", "words": "Sharing", "review_on": f"{review:%d/%m/%Y}"}
    bad = send(browser, page, f"/patients/{patient_id}/capacity", **{**form, "finding": "none"})
    assert bad.status_code == 422
    assert send(browser, page, f"/patients/{patient_id}/capacity", **form).status_code == 303
    assert "Lacks capacity" in browser.get(page).text


def test_a_disagreement_is_settled_on_its_page(app: Flask) -> None:
    from ledger.consent import service as consents  # noqa: PLC0415
    from ledger.consent.rules.model import Capacity  # noqa: PLC0415

    home = Home(app)
    mother = acting.acting(home.person_id, home.patient_id)
    father = acting.acts_for(home.patient_id, at=home.trust)
    said = consents.Said(capacity=Capacity.PARENT)
    choice = given.choice(home.council)
    with unit_of_work(mother) as work:
        consents.grant(
            work,
            patient_id=home.patient_id,
            agreement_id=home.agreement_id,
            choice=choice,
            said=said,
        )
    with unit_of_work(father) as work:
        no = consents.dissent(work, patient_id=home.patient_id, choice=choice, said=said)
    browser = signed_in(app, member(Role.PRIVACY_OFFICER, at=home.trust))
    path = f"/disagreements/{home.patient_id}"
    form = {"set_aside": str(no.consent_id), "ground": "best-interests", "words": "Meeting"}
    send(browser, "/disagreements", path, **{**form, "set_aside": "<script>"})
    assert "Which counts?" in browser.get("/disagreements").text
    send(browser, "/disagreements", path, **form)
    assert "Nothing waits to be settled" in browser.get("/disagreements").text
