"""A person is invited, signs in, chooses a role and signs out, on a phone and on a desktop."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page

from ledger.core import clock
from ledger.core.actor import Role
from ledger.edge import accounts, providers
from tests.conftest import NOW
from tests.edge.asking import asked, register
from tests.given import directory as given
from tests.given.identity import PASSWORD, account
from tests.journeys.conftest import Server, assert_accessible, picture, sign_in


def test_from_invitation_to_signing_out(server: Server, page: Page) -> None:
    steward = given.member(Role.STEWARD)
    assert steward.organisation_id
    given.another_role(steward, Role.SIGNATORY, at=steward.organisation_id)
    token = accounts.invite(steward.id, "two.roles")

    page.goto(f"/invitation/{token}")
    assert_accessible(page)
    picture(page, "invitation")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_label("The same password again").fill("short")
    page.get_by_role("button", name="Set password").click()
    page.wait_for_selector("text=There is a problem")
    assert_accessible(page)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Set password").click()
    page.wait_for_selector("text=Your password is set")
    assert_accessible(page)
    picture(page, "sign-in")

    page.get_by_label("Name").fill("two.roles")
    page.get_by_label("Password", exact=True).fill("not this one")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_selector("text=The name or the password is wrong")
    assert_accessible(page)
    picture(page, "sign-in-wrong")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()

    page.wait_for_selector("text=What are you here as?")
    assert_accessible(page)
    picture(page, "role")
    page.get_by_label("Steward").check()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"{server.url}/")

    page.goto("/programs")
    assert_accessible(page)
    picture(page, "programs")
    page.get_by_label("What people call it").fill("Ward screen")
    page.get_by_label("Ask whether somebody may see").check()
    page.get_by_role("button", name="Register").click()
    page.wait_for_selector("text=Ward screen is registered")
    assert_accessible(page)
    picture(page, "program")

    page.get_by_role("button", name="Sign out").click()
    page.wait_for_selector("text=You are signed out")
    assert_accessible(page)
    picture(page, "signed-out")
    page.goto("/programs")
    page.wait_for_selector("input[name=username]")


def test_no_sign_in_is_a_page_too(server: Server, page: Page) -> None:
    page.goto("/sign-in/local/callback?state=forged&code=x")
    page.wait_for_selector("text=You are not signed in")
    assert_accessible(page)
    page.goto("/oauth/end-session")
    page.wait_for_selector("text=Do you want to sign out?")
    assert_accessible(page)


def test_a_program_asks_for_leave(server: Server, phone: Page) -> None:
    account(given.member(Role.AUDITOR), "an.auditor")
    client_id, _ = register(
        name="Trail reader",
        organisation_id=given.organisation("Demonstration Council"),
        scopes=["log:read", "log:export"],
        grant_types=["authorization_code"],
        redirect_uris=[f"{server.url}/signed-out"],
    )
    mine = {"scope": "log:read log:export", "redirect_uri": f"{server.url}/signed-out"}
    sign_in(phone, "an.auditor", PASSWORD)
    phone.goto(asked((str(client_id), ""), **mine))
    phone.wait_for_selector("text=Let Trail reader act for you?")
    assert_accessible(phone)
    picture(phone, "consent")
    phone.get_by_role("button", name="Let it act for me").click()
    phone.wait_for_url("**/signed-out?code=*")


def test_a_lost_password_and_where_one_is_signed_in(server: Server, page: Page) -> None:
    steward = given.member(Role.STEWARD)
    nurse = given.member(Role.CLINICIAN, at=steward.organisation_id, name="Nia Nurse")
    account(steward, "a.steward")
    account(nurse, "a.nurse")
    sign_in(page, "a.nurse", PASSWORD)
    page.goto("/account")
    assert_accessible(page)
    picture(page, "account")
    page.get_by_role("button", name="Make new recovery codes").click()
    page.wait_for_selector("text=Your recovery codes")
    assert_accessible(page)
    picture(page, "recovery-codes")
    code = page.locator("#codes li").first.inner_text()
    page.get_by_role("button", name="Sign out").click()

    page.goto("/sign-in")
    page.get_by_role("link", name="I have lost my password").click()
    assert_accessible(page)
    page.get_by_label("Name").fill("a.nurse")
    page.get_by_label("Recovery code").fill("0000-0000-0000")
    page.get_by_role("button", name="Go on").click()
    page.wait_for_selector("text=The name or the code is wrong")
    assert_accessible(page)
    picture(page, "recover-wrong")
    page.get_by_label("Recovery code").fill(code)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_selector("text=Choose a new password")
    assert_accessible(page)
    picture(page, "recover-password")
    another = "a quite different sentence"
    page.get_by_label("Password", exact=True).fill(another)
    page.get_by_label("The same password again").fill(another)
    page.get_by_role("button", name="Set password").click()
    page.wait_for_selector("text=Your new password is set")
    assert_accessible(page)
    sign_in(page, "a.nurse", another)
    page.wait_for_selector("text=Your password was chosen anew")
    assert_accessible(page)
    picture(page, "told")
    page.get_by_role("button", name="Sign out").click()

    sign_in(page, "a.steward", PASSWORD)
    page.goto(f"/staff/{nurse.id}")
    assert_accessible(page)
    picture(page, "staff-person")
    page.get_by_role("button", name="They lost their password").click()
    page.wait_for_selector("text=Give them this address")
    assert_accessible(page)
    picture(page, "recovery-link")


def test_a_sign_in_that_is_not_sure_enough(server: Server, phone: Page) -> None:
    _, patient = given.patient()
    account(patient, "a.patient")
    settings = server.app.extensions["settings"]
    object.__setattr__(settings, "local_level", "low")
    server.app.extensions["providers"] = {one.slug: one for one in providers.read(settings)}
    sign_in(phone, "a.patient", PASSWORD)
    phone.goto("/my/looked")
    phone.wait_for_selector("text=You need to sign in more strongly")
    assert_accessible(phone)
    picture(phone, "not-enough")
    phone.goto("/my/choices")
    phone.wait_for_selector("text=Your choices")


def test_a_form_waits_for_a_sign_in(
    server: Server, phone: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    steward = given.member(Role.STEWARD)
    nurse = given.member(Role.CLINICIAN, at=steward.organisation_id)
    account(steward, "a.steward")
    account(nurse, "a.nurse")
    sign_in(phone, "a.steward", PASSWORD)
    phone.goto(f"/staff/{nurse.id}")
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=6))
    phone.get_by_role("button", name="They lost their password").click()
    phone.get_by_label("Name").fill("a.steward")
    phone.get_by_label("Password", exact=True).fill(PASSWORD)
    phone.get_by_role("button", name="Sign in", exact=True).click()
    phone.wait_for_selector("text=Carry on where you were")
    assert_accessible(phone)
    picture(phone, "carry-on")
    phone.get_by_role("button", name="Send it now").click()
    phone.wait_for_selector("text=Give them this address")
