"""A clinician asks, is told why, and breaks the glass; somebody else reviews that."""

import pytest
from playwright.sync_api import Page, expect

from ledger.access.rules.words import OverrideReason
from ledger.access.service import open_override
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.vocabulary.categories import Category
from tests.given.access import Scene
from tests.given.access import scene as made
from tests.given.directory import member
from tests.given.identity import PASSWORD, account
from tests.journeys.conftest import Server, assert_accessible, picture, sign_in

pytestmark = pytest.mark.real_time


@pytest.fixture
def scene(server: Server) -> Scene:
    here = made()
    account(here.clinician, "a.clinician")
    db.session.remove()
    return here


def ask(page: Page, what: str, purpose: str) -> None:
    page.get_by_label("What would you like to see?").select_option(label=what)
    page.get_by_label("Demonstration Trust").last.check()
    page.get_by_label(purpose).check()
    page.get_by_role("button", name="Ask").click()


def test_a_clinician_asks_reads_why_and_breaks_the_glass(
    server: Server, scene: Scene, page: Page
) -> None:
    sign_in(page, "a.clinician", PASSWORD)
    page.goto(f"/ask/{scene.patient_id}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ask what you may see")
    assert_accessible(page)
    picture(page, "ask")

    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose what you would like to see")
    assert_accessible(page)

    ask(page, "Medicines", "To treat or look after them")
    expect(page.get_by_role("heading", level=1)).to_have_text("You may see this")
    expect(page.get_by_text("You are recorded as caring for this patient")).to_be_visible()
    assert_accessible(page)
    picture(page, "ask-allowed")

    page.get_by_role("link", name="Ask something else").click()
    ask(page, "Sexual health", "To treat or look after them")
    expect(page.get_by_role("heading", level=1)).to_have_text("Information is withheld")
    expect(page.get_by_text("The patient has not agreed to this.")).to_be_visible()
    assert_accessible(page)
    picture(page, "ask-withheld")

    page.get_by_role("button", name="It is an emergency").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Break the glass")
    assert_accessible(page)
    picture(page, "ask-before")
    page.get_by_role("button", name="Break the glass").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose why")
    page.get_by_label("Their life is at risk").check()
    page.get_by_label("What has happened?").fill("Collapsed in the waiting room.")
    page.get_by_role("button", name="Break the glass").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You may see this")
    expect(page.get_by_text("Somebody else reviews why you did this.")).to_be_visible()
    assert_accessible(page)
    picture(page, "ask-override")


def test_a_privacy_officer_reviews_a_broken_glass(server: Server, scene: Scene, page: Page) -> None:
    officer = member(Role.PRIVACY_OFFICER, at=scene.trust)
    account(officer, "an.officer")
    with unit_of_work(scene.clinician) as work:
        open_override(
            work,
            patient_id=scene.patient_id,
            organisation_id=scene.trust,
            reason_code=OverrideReason.UNCONSCIOUS,
            reason="Found in the street.",
        )
    scene.ask(category=Category.LETTERS)  # No agreement covers letters, and care goes on.
    db.session.remove()

    sign_in(page, "an.officer", PASSWORD)
    page.get_by_role("link", name="broke the glass").click()
    expect(page.get_by_text("Found in the street.")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Close the review").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose whether it was justified")
    page.get_by_label("Yes").check()
    page.get_by_label("What did you find?").fill("Seen in the emergency department.")
    page.get_by_role("button", name="Close the review").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Reviews")
    expect(page.get_by_text("Justified")).to_be_visible()
    expect(page.get_by_text("although no agreement covered it")).to_be_visible()
    assert_accessible(page)
    picture(page, "reviews")
