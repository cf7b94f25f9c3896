"""People sign in and find what is theirs to do, on a phone and on a desktop."""

import pytest
from playwright.sync_api import Page, expect

from ledger.core.actor import Role
from ledger.core.db import db
from tests.given.directory import another_role, member, organisation, patient
from tests.given.identity import PASSWORD, account
from tests.journeys.conftest import Server, assert_accessible, picture, sign_in

pytestmark = pytest.mark.real_time


def test_a_finance_lead_finds_their_start_page(server: Server, page: Page) -> None:
    account(member(Role.FINANCE_LEAD, at=organisation("Northmoor Council")), "finance")
    db.session.remove()

    page.goto("/sign-in")
    page.wait_for_selector("input[name=username]")
    picture(page, "sign-in")
    assert_accessible(page)
    sign_in(page, "finance", PASSWORD)

    expect(page.get_by_role("heading", level=1)).to_contain_text("Your start page")
    expect(page.get_by_role("banner")).to_contain_text("Finance lead, Northmoor Council")
    picture(page, "home-finance")
    assert_accessible(page)

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    assert_accessible(page)


def test_a_patient_finds_their_start_page(server: Server, page: Page) -> None:
    _, actor = patient(at=organisation("Northmoor Trust"))
    account(actor, "iris")
    db.session.remove()

    sign_in(page, "iris", PASSWORD)

    expect(page.get_by_role("heading", level=1)).to_contain_text("Your start page")
    picture(page, "home-patient")
    assert_accessible(page)


def test_somebody_with_two_roles_chooses_and_changes(server: Server, phone: Page) -> None:
    trust = organisation("Northmoor Trust")
    actor = member(Role.AUDITOR, at=trust)
    another_role(actor, Role.STEWARD, at=trust)
    account(actor, "both")
    db.session.remove()

    phone.goto("/sign-in")
    phone.fill("input[name=username]", "both")
    phone.fill("input[name=password]", PASSWORD)
    phone.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("What are you here as?")
    picture(phone, "choose-role")
    assert_accessible(phone)
    phone.get_by_label("Auditor").check()
    phone.get_by_role("button", name="Continue").click()
    expect(phone.get_by_role("banner")).to_contain_text("Auditor, Northmoor Trust")

    phone.get_by_role("link", name="Change role").click()
    phone.get_by_label("Steward").check()
    phone.get_by_role("button", name="Continue").click()
    expect(phone.get_by_role("banner")).to_contain_text("Steward, Northmoor Trust")
    assert_accessible(phone)


def test_a_wrong_password_is_said_at_the_field(server: Server, phone: Page) -> None:
    account(member(Role.AUDITOR), "auditor")
    db.session.remove()

    phone.goto("/sign-in")
    phone.fill("input[name=username]", "auditor")
    phone.fill("input[name=password]", "no such password at all")
    phone.get_by_role("main").get_by_role("button", name="Sign in").click()

    expect(phone.get_by_role("heading", name="There is a problem")).to_be_visible()
    picture(phone, "wrong-password")
    assert_accessible(phone)
    assert phone.title().startswith("Error: ")
