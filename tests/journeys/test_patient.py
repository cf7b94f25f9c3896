"""A patient who never saw the service agrees, looks, takes it back, and says no: on a phone."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from ledger.core.actor import Actor
from ledger.core.db import db
from tests.given import consent as given
from tests.given.directory import organisation
from tests.given.identity import PASSWORD, account
from tests.journeys.conftest import Server, assert_accessible, picture, sign_in

pytestmark = pytest.mark.real_time


@dataclass(frozen=True, slots=True)
class Scene:
    """A patient with a sign-in, and an agreement between two organisations."""

    patient: Actor
    agreement_id: UUID
    council: UUID


@pytest.fixture
def scene(server: Server) -> Scene:
    trust = organisation("Northmoor Community Trust")
    council = organisation("Northmoor Council")
    patient, agreement_id = given.shared(trust, council)
    account(patient, "iris")
    db.session.remove()
    return Scene(patient, agreement_id, council)


def heading(page: Page) -> str:
    return page.get_by_role("heading", level=1).inner_text()


def go_on(page: Page) -> None:
    page.get_by_role("button", name="Continue").click()


def answer(page: Page, label: str) -> None:
    page.get_by_label(label).check()
    assert_accessible(page)
    go_on(page)


def test_a_patient_begins_and_is_told_what_is_missing(
    server: Server, scene: Scene, page: Page
) -> None:
    sign_in(page, "iris", PASSWORD)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Your choices").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your choices")
    expect(page.get_by_text("You have not made a choice")).to_be_visible()
    assert_accessible(page)
    picture(page, "patient-nothing")
    page.get_by_role("button", name="Make a choice").click()
    go_on(page)
    expect(page.get_by_role("alert")).to_contain_text("Choose what your choice is about")
    assert_accessible(page)
    picture(page, "patient-what")


def test_a_patient_agrees_and_gets_a_receipt(server: Server, scene: Scene, page: Page) -> None:
    sign_in(page, "iris", PASSWORD)
    page.goto("/my/choose/")
    page.get_by_label("Looking after you").check()
    go_on(page)
    expect(page.get_by_text("Northmoor Council")).to_be_visible()
    answer(page, "Yes, and let me choose")
    answer(page, "Northmoor Council")
    page.get_by_label("Your medicines").check()
    picture(page, "patient-which")
    answer(page, "Your care plan")
    answer(page, "Until a day that I choose")
    page.get_by_label("What is the last day?").fill("soon")
    go_on(page)
    expect(page.get_by_role("alert")).to_contain_text("Enter the last day")
    assert_accessible(page)
    picture(page, "patient-last-day")
    page.get_by_role("link", name="Back", exact=True).click()
    answer(page, "Until I change my mind")

    assert heading(page) == "Check your answers"
    expect(page.get_by_role("main")).to_contain_text("Your medicines")
    expect(page.get_by_role("main")).not_to_contain_text("mental health")
    assert_accessible(page)
    picture(page, "patient-check")
    page.get_by_role("link", name="Change what").click()
    page.get_by_label("Your care plan").uncheck()
    go_on(page)
    assert heading(page) == "Check your answers"
    page.get_by_role("button", name="I agree").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Recorded")
    assert_accessible(page)
    picture(page, "patient-done")
    page.get_by_role("link", name="See how it was recorded").click()
    expect(page.get_by_role("main")).to_contain_text("consent", ignore_case=True)
    page.goto("/my/choices")
    expect(page.get_by_text("In force", exact=True)).to_be_visible()
    expect(page.get_by_text("Your care plan")).not_to_be_visible()
    assert_accessible(page)
    picture(page, "patient-choices")


def test_a_patient_reads_what_will_change_and_takes_it_back(
    server: Server, scene: Scene, page: Page
) -> None:
    given.granted(scene.patient, scene.agreement_id, to=scene.council)
    db.session.remove()
    sign_in(page, "iris", PASSWORD)
    page.goto("/my/choices")
    page.get_by_role("link", name="Looking after you").click()
    assert_accessible(page)
    picture(page, "patient-choice")
    page.get_by_role("button", name="Take this back").click()
    expect(page.get_by_text("If you want to stop that too")).to_be_visible()
    assert_accessible(page)
    picture(page, "patient-take-back")
    page.get_by_label("I changed my mind").check()
    page.get_by_label("Anything you want to add").fill("My sister works there")
    page.get_by_role("button", name="Take this back").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recorded")
    page.goto("/my/choices")
    expect(page.get_by_text("Taken back")).to_be_visible()
    page.get_by_role("link", name="Looking after you").click()
    expect(page.get_by_text("My sister works there")).to_be_visible()


def test_a_patient_says_no_and_reads_what_that_means(
    server: Server, scene: Scene, phone: Page
) -> None:
    sign_in(phone, "iris", PASSWORD)
    phone.goto("/my/choose/")
    phone.get_by_label("Looking after you").check()
    go_on(phone)
    phone.get_by_label("No", exact=True).check()
    go_on(phone)
    assert heading(phone) == "Check your answers"
    expect(phone.get_by_role("main")).to_contain_text("In an emergency")
    assert_accessible(phone)
    picture(phone, "patient-check-no")
    phone.get_by_role("button", name="I say no").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Recorded")
    phone.get_by_role("link", name="Your choices").last.click()
    expect(phone.get_by_text("You said no to sharing for your care")).to_be_visible()


def test_who_asked_is_there_from_the_start(server: Server, scene: Scene, page: Page) -> None:
    sign_in(page, "iris", PASSWORD)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Who asked").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who has asked about you")
    expect(page.get_by_text("Nobody has asked about you here yet.")).to_be_visible()
    assert_accessible(page)
    picture(page, "patient-looked")
