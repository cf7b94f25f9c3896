"""Refused, the glass is broken, the patient is told and complains, and others look into it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from ledger.core.actor import Role
from ledger.core.db import db
from tests.given.access import scene
from tests.given.directory import member
from tests.given.identity import PASSWORD, account
from tests.journeys.conftest import PHONE, Server, assert_accessible, picture, sign_in


@pytest.mark.real_time
def test_from_no_to_the_answer(server: Server, new_page: Callable[..., Page]) -> None:
    with server.app.app_context():
        here = scene()
        here.dissent()
        officer = member(Role.PRIVACY_OFFICER, at=here.trust)
        for person, name in ((here.clinician, "doctor"), (here.patient, "iris"), (officer, "ola")):
            account(person, name)
        db.session.remove()
    doctor, patient, reviewer = (new_page(PHONE) for _ in range(3))
    _breaks_the_glass(doctor, f"/ask/{here.patient_id}")
    _complains(patient)
    _looks_into_it(reviewer)
    patient.goto("/")
    patient.get_by_role("link", name="There is an answer").click()
    expect(patient.get_by_text("He had no cause. We are sorry.")).to_be_visible()
    assert_accessible(patient)
    picture(patient, "look-answered")


def _breaks_the_glass(page: Page, address: str) -> None:
    sign_in(page, "doctor", PASSWORD)
    page.goto(address)
    page.get_by_label("What would you like to see?").select_option("medicines")
    page.locator("input[name=holder]").last.check()
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Information is withheld")
    page.get_by_role("button", name="It is an emergency").click()
    page.get_by_label("They are unconscious").check()
    page.get_by_label("What has happened?").fill("Found on the floor.")
    picture(page, "glass-before")
    page.get_by_role("button", name="Break the glass").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You may see this")
    expect(page.get_by_text("minutes left")).to_be_visible()
    assert_accessible(page)
    picture(page, "glass-open")
    page.get_by_role("button", name="End it now").click()
    expect(page.get_by_text("It is over.")).to_be_visible()


def _complains(page: Page) -> None:
    sign_in(page, "iris", PASSWORD)
    page.goto("/my/looked")
    page.get_by_role("link", name="Ask about this").first.click()
    expect(page.get_by_text("They said it was an emergency.")).to_be_visible()
    page.get_by_label("I want to complain").check()
    page.get_by_label("In your own words").fill("I was awake, and said no.")
    assert_accessible(page)
    picture(page, "look-ask")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Sent. You are told")).to_be_visible()
    assert_accessible(page)


def _looks_into_it(page: Page) -> None:
    sign_in(page, "ola", PASSWORD)
    page.goto("/desk")
    assert_accessible(page)
    picture(page, "desk")
    page.get_by_role("link", name="Questions and complaints").click()
    page.get_by_role("link", name="Complaint about a look").click()
    expect(page.get_by_text("I was awake, and said no.")).to_be_visible()
    page.get_by_label("it was not proper").check()
    page.get_by_label("Your answer, in plain words").fill("He had no cause. We are sorry.")
    assert_accessible(page)
    picture(page, "matter-answer")
    page.get_by_role("button", name="Send the answer").click()
    page.goto("/reviews")
    expect(page.get_by_text("Not justified")).to_be_visible()
