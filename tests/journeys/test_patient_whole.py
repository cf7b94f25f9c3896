"""A patient's whole way on a phone: asked, agrees, proves it, takes it back, sees who looked."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ledger.access.rules.words import OverrideReason
from ledger.access.service import open_override
from ledger.consent.asking import service as asking
from ledger.consent.notices.rules import Format
from ledger.core import sequencer
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.vocabulary.categories import Category
from tests.given.access import Scene
from tests.given.access import scene as made
from tests.given.directory import member
from tests.given.identity import PASSWORD, account
from tests.given.notices import authored
from tests.journeys.conftest import Server, assert_accessible, picture, sign_in

pytestmark = pytest.mark.real_time


@pytest.fixture
def scene(server: Server) -> Scene:
    here = made()
    account(here.patient, "iris")
    db.session.remove()
    return here


def asked(here: Scene) -> None:
    """Have the council ask the patient, for research."""
    steward = member(Role.STEWARD, at=here.council)
    authored(steward)
    with unit_of_work(steward) as work:
        asking.ask(
            work,
            patient_ids=[here.patient_id],
            agreement_id=here.agreement_id,
            choice=here.choice(categories=frozenset({Category.MEDICINES, Category.MENTAL_HEALTH})),
            notice_id="sharing",
            language="en-GB",
            how=Format.STANDARD,
            awaited_to=work.today + timedelta(days=28),
        )
    db.session.remove()


def seen(page: Page, name: str, heading: str) -> None:
    """Expect a page by its heading, without anything that axe finds."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
    assert_accessible(page)
    picture(page, f"whole-{name}")


def go_on(page: Page, *labels: str) -> None:
    for label in labels:
        page.get_by_label(label, exact=True).check()
    page.get_by_role("button", name="Continue").click()


def test_asked_agreed_proved_taken_back_and_seen_who_looked(
    server: Server, scene: Scene, phone: Page, tmp_path: Path
) -> None:
    asked(scene)
    sign_in(phone, "iris", PASSWORD)
    seen(phone, "start", "Your start page")
    phone.get_by_role("link", name="asks you something").click()
    seen(phone, "asked", "asks you")
    phone.get_by_role("button", name="Answer").click()
    seen(phone, "answer", "May they use information about you for this?")
    phone.get_by_role("link", name="Read this in").click()
    seen(phone, "form", "How would you like to read about it?")
    go_on(phone, "Cymraeg, hawdd ei ddeall")
    expect(phone.locator("[lang=cy]")).to_contain_text("What we share, cy, easy-read")
    go_on(phone, "Yes, and let me choose who and what")
    phone.get_by_label("Demonstration Trust").first.check()
    go_on(phone)
    go_on(phone, "Your medicines")
    go_on(phone, "Until I change my mind")
    seen(phone, "check", "Check your answers")
    expect(phone.get_by_role("main")).to_contain_text("Who can see more")
    phone.get_by_role("button", name="I agree").click()
    seen(phone, "done", "Recorded")

    sequencer.drain(db.engine, server.app.extensions["signers"])
    db.session.remove()
    phone.get_by_role("link", name="See how it was recorded").click()
    for name in ("receipt", "entry"):
        with phone.expect_download() as download:
            phone.get_by_role("link", name=f"Download the {name}").click()
        download.value.save_as(tmp_path / name)
    phone.get_by_role("link", name="Check them in this browser").click()
    phone.get_by_label("receipt", exact=False).first.set_input_files(tmp_path / "receipt")
    phone.get_by_label("entry", exact=False).first.set_input_files(tmp_path / "entry")
    phone.get_by_role("button", name="Check it here").click()
    expect(phone.get_by_role("status")).to_contain_text("It verifies")
    picture(phone, "whole-receipt")

    phone.goto("/my/choices")
    seen(phone, "choices", "Your choices")
    phone.get_by_role("link", name="Research").click()
    expect(phone.get_by_role("main")).to_contain_text("Cymraeg, hawdd ei ddeall")
    phone.get_by_role("button", name="Take this back").click()
    seen(phone, "take-back", "Take back: Research")
    expect(phone.get_by_role("main")).to_contain_text("Who can see less")
    phone.get_by_role("button", name="Take this back").click()
    seen(phone, "taken-back", "Recorded")
    phone.get_by_role("link", name="See who has said that they know").click()
    expect(phone.get_by_text("Not acknowledged yet")).to_be_visible()
    seen(phone, "choice", "Research")


def test_who_looked_emergencies_first_and_by_which_rule(
    server: Server, scene: Scene, phone: Page
) -> None:
    scene.ask()
    scene.ask(category=Category.SEXUAL_HEALTH)
    with unit_of_work(scene.clinician) as work:
        open_override(
            work,
            patient_id=scene.patient_id,
            organisation_id=scene.trust,
            reason_code=OverrideReason.RISK_TO_LIFE,
            reason="Collapsed.",
        )
    scene.ask(category=Category.SEXUAL_HEALTH, purpose="BTG")
    db.session.remove()
    sign_in(phone, "iris", PASSWORD)
    phone.get_by_role("link", name="looked in an emergency").click()
    seen(phone, "looked", "Who has asked about you")
    headings = phone.get_by_role("heading", level=2).all_inner_texts()
    assert headings.index("In an emergency") < headings.index("Every time")
    expect(phone.locator("svg.cl-chart--narrow")).to_be_visible()
    phone.get_by_label("Which organisation").select_option(index=1)
    phone.get_by_role("button", name="Show these").click()
    expect(phone.get_by_role("link", name="Show all again")).to_be_visible()
    phone.get_by_role("link", name="Which rule decided this").last.click()
    seen(phone, "look", "Which rule decided this")
    expect(phone.get_by_role("main")).to_contain_text("it gives the same answer")
    phone.emulate_media(media="print")
    phone.goto("/my/looked")
    expect(phone.get_by_role("button", name="Show these")).not_to_be_visible()
    picture(phone, "whole-looked-print")


def test_everything_is_stopped_by_keyboard_alone(server: Server, scene: Scene, phone: Page) -> None:
    scene.grant()
    db.session.remove()
    sign_in(phone, "iris", PASSWORD)
    phone.goto("/my/stop")
    seen(phone, "stop", "What do you want to stop?")
    for _ in range(40):
        phone.keyboard.press("Tab")
        if phone.evaluate("document.activeElement.type") == "checkbox":
            phone.keyboard.press("Space")
        elif phone.evaluate("document.activeElement.innerText.trim()") == "Continue":
            break
    phone.keyboard.press("Enter")
    seen(phone, "stop-keep", "May people who treat you in an emergency")
    _reach(phone, "radio")
    phone.keyboard.press("Space")
    _reach(phone, "submit", words="Continue")
    phone.keyboard.press("Enter")
    seen(phone, "stop-check", "Check what you stop")
    _reach(phone, "submit", words="Stop this")
    phone.keyboard.press("Enter")
    seen(phone, "stopped", "Stopped")
    assert phone.get_by_role("link", name="Get receipt").count() == 4


def test_sharing_less_and_the_smaller_choices(server: Server, scene: Scene, phone: Page) -> None:
    both = frozenset({Category.MEDICINES, Category.MENTAL_HEALTH})
    consent_id = scene.grant(categories=both)
    db.session.remove()
    sign_in(phone, "iris", PASSWORD)
    phone.goto(f"/my/choices/{consent_id}")
    phone.get_by_role("button", name="Share less").click()
    go_on(phone)
    expect(phone.get_by_role("alert")).to_contain_text("Untick what they may not have")
    phone.get_by_label("Your mental health").uncheck()
    go_on(phone)
    seen(phone, "less-check", "Check what you still share")
    expect(phone.get_by_role("main")).to_contain_text("Your mental health")
    phone.get_by_role("button", name="Share less").click()
    seen(phone, "less-done", "Recorded")
    for path, heading in (
        ("hidden", "When something is kept back"),
        ("contact", "Where do we tell you"),
        ("systems", "Connected systems"),
        ("mistakes", "Mistakes with your information"),
        ("receipts", "Your receipts"),
        ("people", "People who can act"),
    ):
        phone.goto(f"/my/{path}")
        seen(phone, path, heading)


def test_no_can_be_said_without_signing_in(server: Server, phone: Page) -> None:
    phone.goto("/")
    phone.get_by_role("link", name="Say no without signing in").click()
    seen(phone, "say-no", "Say no without signing in")
    phone.get_by_role("button", name="Get the form").click()
    seen(phone, "say-no-form", "I say no to sharing")
    phone.emulate_media(media="print")
    picture(phone, "whole-say-no-print")


def _reach(page: Page, kind: str, *, words: str = "") -> None:
    """Tab on until a control of that kind has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        found = page.evaluate("[document.activeElement.type, document.activeElement.innerText]")
        if found[0] == kind and words in (found[1] or ""):
            return
    pytest.fail(f"no {kind} {words!r} is reached by keyboard")
