"""A clinician asks what they may see, is told why, and breaks the glass: phone and desktop."""

import pytest
from playwright.sync_api import Page, expect

from ledger.core.db import db
from tests.given.access import Scene
from tests.given.access import scene as made
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

    page.get_by_role("button", name="Break the glass").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose why")
    page.get_by_label("Their life is at risk").check()
    page.get_by_label("What has happened?").fill("Collapsed in the waiting room.")
    page.get_by_role("button", name="Break the glass").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You may see this")
    expect(page.get_by_text("Somebody else reviews why you did this.")).to_be_visible()
    assert_accessible(page)
    picture(page, "ask-override")
