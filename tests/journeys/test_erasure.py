"""A patient asks to be erased, on a phone; an officer answers, and the patient is gone."""

import pytest
from playwright.sync_api import Page, expect

from ledger.core.actor import Role
from ledger.core.db import db
from tests.given.directory import member, organisation, patient
from tests.given.identity import PASSWORD, account
from tests.journeys.conftest import Server, assert_accessible, picture, sign_in

pytestmark = pytest.mark.real_time


def test_asked_on_a_phone_and_answered_at_a_desk(
    server: Server, phone: Page, desktop: Page
) -> None:
    trust = organisation("Northmoor Community Trust")
    _, actor = patient(at=trust)
    account(actor, "iris")
    account(member(Role.PRIVACY_OFFICER, at=trust), "olga")
    db.session.remove()

    sign_in(phone, "iris", PASSWORD)
    phone.goto(f"{server.url}/my/choices")
    phone.get_by_role("link", name="Ask to erase your data").click()
    assert_accessible(phone)
    picture(phone, "erasure-ask")
    phone.get_by_label("Anything you want to add").fill("I have moved away")
    phone.get_by_role("button", name="Ask to erase my data").click()
    expect(phone.get_by_text("Being looked at")).to_be_visible()

    sign_in(desktop, "olga", PASSWORD)
    desktop.get_by_role("link", name="A patient asks to be erased").click()
    expect(desktop.get_by_text("I have moved away")).to_be_visible()
    assert_accessible(desktop)
    picture(desktop, "retention")
    desktop.get_by_label("Erase the patient, for ever").check()
    desktop.get_by_role("button", name="Answer", exact=True).click()
    expect(desktop.get_by_text("The patient is erased")).to_be_visible()

    phone.goto(f"{server.url}/my/choices")
    expect(phone.get_by_role("heading", name="Your choices")).to_have_count(0)
